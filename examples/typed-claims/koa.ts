import { createProtect, type ProtectOptions } from '@tollgate/koa'
import { Router } from '@koa/router'
import Koa from 'koa'
import { claims } from './claims.ts'

export function createApp(options: ProtectOptions): Koa {
  const protect = createProtect({ ...options, claims })
  const router = new Router()
  router.get('/orders', protect(), (ctx) => {
    const { tenant, auth_time: since } = ctx.state.auth.claims
    ctx.body = { tenant: tenant.toUpperCase(), since: since.toISOString() }
  })
  const app = new Koa()
  app.use(router.routes())
  return app
}
