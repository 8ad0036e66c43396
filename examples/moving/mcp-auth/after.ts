import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js'
import { type AccessToken, createProtect, scopes } from '@tollgate/express'
import express, { type Express } from 'express'
import type { Setting } from '../issuers.ts'
import { serveMcp } from './server.ts'

export function createApp({ issuer, audience }: Setting): Express {
  const protect = createProtect({ issuer, audience })
  const app = express()

  app.use(protect(scopes('read', 'write')), (req, _res, next) => {
    Object.assign(req, { auth: toAuthInfo(protect.auth(req)) })
    next()
  })

  app.post('/', (req, res) => serveMcp(req, res, (authInfo) => authInfo?.extra?.['claims']))
  return app
}

/** The form in which the MCP SDK passes a token to the tools. */
function toAuthInfo(token: AccessToken): AuthInfo {
  const { clientId = '', expiresAt, subject, claims } = token
  return {
    token: token.raw(),
    clientId,
    scopes: [...token.scopes],
    ...(expiresAt && { expiresAt: expiresAt.getTime() / 1000 }),
    extra: { subject, claims },
  }
}
