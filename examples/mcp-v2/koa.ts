import { bodyParser } from '@koa/bodyparser'
import { Router } from '@koa/router'
import { createProtect, scopes, type ProtectOptions } from '@tollgate/koa'
import { protectMcp } from '@tollgate/koa/mcp'
import Koa from 'koa'
import { handler } from './handler.ts'

export function createApp(url: string, options: Omit<ProtectOptions, 'audience'>): Koa {
  const app = new Koa()
  const router = new Router()
  const protect = createProtect({ ...options, audience: url })
  const tools = { 'delete-file': scopes('files:write') }
  app.use(protect.metadata())
  router.all('/mcp', bodyParser(), protectMcp(protect, { tools }, scopes('files:read')), async (ctx) => {
    ctx.respond = false
    await handler(ctx.req, ctx.res, ctx.request.body)
  })
  app.use(router.routes())
  return app
}
