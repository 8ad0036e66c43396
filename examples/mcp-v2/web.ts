import { createMcpHandler } from '@modelcontextprotocol/server'
import { createProtect, scopes, type ProtectOptions } from '@tollgate/hono'
import { createMcpFetch } from '@tollgate/hono/mcp'
import { Hono } from 'hono'
import { createServer } from './tools.ts'

export function createApp(url: string, options: Omit<ProtectOptions, 'audience'>): Hono {
  const app = new Hono()
  const protect = createProtect({ ...options, audience: url })
  const tools = { 'delete-file': scopes('files:write') }
  const mcp = createMcpFetch(protect.validator, createMcpHandler(createServer), { tools }, scopes('files:read'))
  app.use(protect.metadata())
  app.all('/mcp', (c) => mcp(c.req.raw))
  return app
}
