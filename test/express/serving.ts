import { createServer, type RequestListener } from 'node:http'
import express5 from 'express'
import express4 from 'express4'
import { listen } from '../harness/api.ts'

export function bearer(token: string): { headers: readonly (readonly [string, string])[] } {
  return { headers: [['Authorization', `Bearer ${token}`]] }
}

export async function serve(app: RequestListener): Promise<string> {
  return listen(createServer(app))
}

export const versions: readonly (readonly [string, typeof express5])[] = [
  ['Express 5', express5],
  ['Express 4', express4],
]
