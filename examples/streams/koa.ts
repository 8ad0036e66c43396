import { Readable } from 'node:stream'
import { Router } from '@koa/router'
import { createProtect, lease, type ValidatorOptions } from '@tollgate/koa'
import Koa from 'koa'
import { prices } from './prices.ts'

export function createApp(options: ValidatorOptions): Koa {
  const protect = createProtect(options)
  const router = new Router()
  router.get('/prices', protect(), (ctx) => {
    lease(protect.auth(ctx)).bind(ctx.res)
    ctx.type = 'text/event-stream'
    ctx.body = Readable.from(prices())
  })
  const app = new Koa()
  // By default Koa prints each stream that stops before its source.
  app.silent = true
  app.use(router.routes())
  return app
}
