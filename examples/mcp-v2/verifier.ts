import { createMcpExpressApp, requireBearerAuth } from '@modelcontextprotocol/express'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler } from '@modelcontextprotocol/server'
import { createProtect, scopes, type ProtectOptions } from '@tollgate/express'
import { createBearerAuth } from '@tollgate/express/mcp'
import type { Express } from 'express'
import { createServer } from './tools.ts'

export function createApp(url: string, options: Omit<ProtectOptions, 'audience'>): Express {
  const { hostname } = new URL(url)
  const app = createMcpExpressApp({ host: hostname, allowedHosts: [hostname] })
  const protect = createProtect({ ...options, audience: url })
  const auth = createBearerAuth(requireBearerAuth, protect, {
    requiredScopes: ['files:read'],
    expectedResource: new URL(url),
    tools: { 'delete-file': scopes('files:write') },
  })
  const handler = toNodeHandler(createMcpHandler(createServer))
  app.use(protect.metadata())
  app.all('/mcp', auth, (req, res) => void handler(req, res, req.body))
  return app
}
