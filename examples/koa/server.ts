import cors from '@koa/cors'
import { Router } from '@koa/router'
import { createProtect, type ProtectOptions, Refusal, scopes, Unavailable } from '@tollgate/koa'
import Koa from 'koa'

export function createApp(options: ProtectOptions): Koa {
  const protect = createProtect(options)
  const router = new Router()
  router.get('/orders', protect(scopes('orders:read')), (ctx) => {
    ctx.body = { for: ctx.state.auth.subject }
  })

  // A token is optional here. An invalid token is refused.
  router.get('/catalogue', protect.optional(), (ctx) => {
    ctx.body = { prices: ctx.state.auth === undefined ? 'list' : `for ${ctx.state.auth.subject}` }
  })

  const app = new Koa()
  app.use(cors({ exposeHeaders: ['WWW-Authenticate'] }))
  app.use(router.routes())
  return app
}

/** Every route needs a valid token. A middleware of the app responds to refusals and outages. */
export function createStrictApp(options: ProtectOptions): Koa {
  const app = new Koa()
  app.silent = true
  app.use(async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof Unavailable)) {
        throw error
      }
      ctx.set({ ...error.headers })
      ctx.status = error.status
      ctx.body = { title: error.expose ? error.message : 'Try again later', status: error.status }
    }
  })
  const protect = createProtect({ ...options, errors: 'throw' })
  app.use(protect()).use((ctx) => {
    ctx.body = { for: ctx.state.auth.subject }
  })
  return app
}
