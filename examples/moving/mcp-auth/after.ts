import { createProtect, scopes } from '@tollgate/express'
import { accessTokenOf, protectMcp } from '@tollgate/express/mcp'
import express, { type Express } from 'express'
import type { Setting } from '../issuers.ts'
import { serveMcp } from './server.ts'

export function createApp({ issuer, audience }: Setting): Express {
  const protect = createProtect({ issuer, audience })
  const app = express()

  app.use(protectMcp(protect, {}, scopes('read', 'write')))

  app.post('/', (req, res) => serveMcp(req, res, (authInfo) => accessTokenOf(authInfo).claims))
  return app
}
