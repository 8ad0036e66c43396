import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js'
import { createProtect, scopes, type ProtectOptions } from '@tollgate/express'
import { createBearerAuth } from '@tollgate/express/mcp'
import type { Express } from 'express'
import { serve } from './tools.ts'

export function createApp(url: string, options: Omit<ProtectOptions, 'audience'>): Express {
  const { hostname } = new URL(url)
  const app = createMcpExpressApp({ host: hostname, allowedHosts: [hostname] })
  const protect = createProtect({ ...options, audience: url })
  const auth = createBearerAuth(requireBearerAuth, protect, {
    requiredScopes: ['files:read'],
    expectedResource: new URL(url),
    tools: { 'delete-file': scopes('files:write') },
  })
  app.use(protect.metadata())
  app.all('/mcp', auth, serve)
  return app
}
