import { createMcpExpressApp } from '@modelcontextprotocol/express'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler } from '@modelcontextprotocol/server'
import { createProtect, scopes, type ProtectOptions } from '@tollgate/express'
import { protectMcp } from '@tollgate/express/mcp'
import type { Express } from 'express'
import { createServer } from './tools.ts'

export function createApp(url: string, options: Omit<ProtectOptions, 'audience'>): Express {
  const { hostname } = new URL(url)
  const app = createMcpExpressApp({ host: hostname, allowedHosts: [hostname] }) // it parses JSON bodies
  const protect = createProtect({ ...options, audience: url })
  const tools = { 'delete-file': scopes('files:write') }
  const handler = toNodeHandler(createMcpHandler(createServer))
  app.use(protect.metadata()) // a client starts from this document
  app.all('/mcp', protectMcp(protect, { tools }, scopes('files:read')), (req, res) => void handler(req, res, req.body))
  return app
}
