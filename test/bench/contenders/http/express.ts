import type { Server } from 'node:http'
import express, { type RequestHandler } from 'express'
import { listening } from './contender.ts'

/** The Express application that all have, behind these gates. */
export function serveExpress(...gates: readonly RequestHandler[]): Promise<Server> {
  const app = express()
  app.get('/', ...gates, (_request, response) => {
    response.json({ ok: true })
  })
  return listening(app.listen(0, '127.0.0.1'))
}
