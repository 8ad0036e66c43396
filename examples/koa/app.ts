import { Router } from '@koa/router'
import { createProtect, scopes, type ProtectOptions } from '@tollgate/koa'
import Koa from 'koa'

export function createApp(options: ProtectOptions): Koa {
  const app = new Koa()
  const router = new Router()
  const protect = createProtect(options)
  router.get('/orders', protect(scopes('orders:read')), (ctx) => {
    ctx.body = { for: ctx.state.auth.subject }
  })
  app.use(protect())
  app.use(router.routes())
  return app
}
