import { createServer, type RequestListener } from 'node:http'
import express5 from 'express'
import express4 from 'express4'
import { listen } from '../harness/api.ts'
import { type Received, send, type Sent } from '../harness/send.ts'

export const versions: readonly (readonly [string, typeof express5])[] = [
  ['Express 5', express5],
  ['Express 4', express4],
]

export function bearer(token: string): { headers: readonly (readonly [string, string])[] } {
  return { headers: [['Authorization', `Bearer ${token}`]] }
}

/** Serves the app until the test ends. */
export async function serve(app: RequestListener): Promise<(path: string, sent?: Sent) => Promise<Received>> {
  const origin = await listen(createServer(app))
  return (path, sent = {}) => send(origin, { path, ...sent })
}
