import type { Server } from 'node:http'
import Koa, { type Middleware } from 'koa'
import type { Setting } from '../world.ts'

/** The middleware of each contender, as its README shows it. Only the measured contender is imported. */
const middleware: Readonly<Record<string, (setting: Setting) => Promise<readonly Middleware[]>>> = {
  bare: async () => [],

  async Tollgate({ issuer, audience }) {
    const { createProtect } = await import('@tollgate/koa')
    return [createProtect({ issuer, audience })()]
  },

  async 'koa-jwt + jwks-rsa'({ issuer, jwksUri, audience }) {
    const { default: jwt } = await import('koa-jwt')
    const { default: jwksRsa } = await import('jwks-rsa')
    const secret = jwksRsa.koaJwtSecret({ jwksUri, cache: true, rateLimit: true })
    return [jwt({ secret, issuer, audience, algorithms: ['RS256'] })]
  },
}

export const names: readonly string[] = Object.keys(middleware)

/** Starts the server of a contender on a free port of 127.0.0.1. */
export async function start(name: string, setting: Setting): Promise<Server> {
  const app = new Koa()
  for (const one of (await middleware[name]?.(setting)) ?? []) {
    app.use(one)
  }
  app.use((context) => {
    context.body = { ok: true }
  })
  return new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server))
  })
}
