import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler } from '@modelcontextprotocol/server'
import { type Protect, scopes } from '@tollgate/express'
import { protectMcp } from '@tollgate/express/mcp'
import express, { type Express } from 'express'
import { createServer } from './tools.ts'

export function createApp(protect: Protect): Express {
  const app = express()
  const tools = { 'delete-file': scopes('files:write') }
  const handler = toNodeHandler(createMcpHandler(createServer, { legacy: 'reject' }))
  app.use(protect.metadata())
  app.all('/mcp', protectMcp(protect, { tools, toolsFrom: 'verified-headers' }), (req, res) => void handler(req, res))
  return app
}
