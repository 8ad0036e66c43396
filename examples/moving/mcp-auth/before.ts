import express, { type Express } from 'express'
import { fetchServerConfig, MCPAuth } from 'mcp-auth'
import type { Setting } from '../issuers.ts'
import { serveMcp } from './server.ts'

// The code of the README of mcp-auth 0.2, with the sample server `whoami` of its repository behind it. The issuer is an
// argument.
export async function createApp({ issuer }: Setting): Promise<Express> {
  const mcpAuth = new MCPAuth({
    server: await fetchServerConfig(issuer, { type: 'oidc' }),
  })
  const app = express()

  app.use(mcpAuth.bearerAuth('jwt', { requiredScopes: ['read', 'write'] }))

  app.post('/', (req, res) => serveMcp(req, res, (authInfo) => authInfo?.claims))
  return app
}
