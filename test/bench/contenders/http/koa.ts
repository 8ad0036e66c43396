import type { Server } from 'node:http'
import Koa, { type Middleware } from 'koa'
import { listening } from './contender.ts'

/** The Koa application that all have, behind these gates. */
export function serveKoa(...gates: readonly Middleware[]): Promise<Server> {
  const app = new Koa()
  for (const gate of gates) {
    app.use(gate)
  }
  app.use((context) => {
    context.body = { ok: true }
  })
  return listening(app.listen(0, '127.0.0.1'))
}
