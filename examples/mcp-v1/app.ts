import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js'
import { createProtect, scopes, type ProtectOptions } from '@tollgate/express'
import { protectMcp } from '@tollgate/express/mcp'
import type { Express } from 'express'
import { serve } from './tools.ts'

export function createApp(url: string, options: Omit<ProtectOptions, 'audience'>): Express {
  const { hostname } = new URL(url)
  const app = createMcpExpressApp({ host: hostname, allowedHosts: [hostname] }) // it parses JSON bodies
  const protect = createProtect({ ...options, audience: url })
  const tools = { 'delete-file': scopes('files:write') }
  app.use(protect.metadata()) // a client starts from this document
  app.all('/mcp', protectMcp(protect, { tools }, scopes('files:read')), serve)
  return app
}
