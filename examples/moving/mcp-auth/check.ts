import assert from 'node:assert/strict'
import type { MockIssuer } from '@tollgate/mock-issuer'
import type { Express } from 'express'
import { type Apis, challenges, compareServers } from '../compare.ts'
import {
  claimsText,
  issuer,
  sendWrongTokens,
  type Setting,
  setting,
  token,
  unavailable,
  unavailableIssuer,
  unverifiableToken,
} from '../issuers.ts'
import { createApp } from './after.ts'

/**
 * mcp-auth gives `req.auth` a type of its own in the whole program. Therefore this program does not contain `before.ts`,
 * which has a `tsconfig.json` of its own.
 */
const before = (await import(new URL('before.ts', import.meta.url).href)) as {
  readonly createApp: (setting: Setting) => Promise<Express>
}

/** mcp-auth fetches the metadata at start-up, and demands more of it than a resource server needs. */
async function compare(of: MockIssuer, values: Setting): Promise<Apis> {
  const metadata = {
    issuer: of.url,
    jwks_uri: values.jwksUri,
    authorization_endpoint: `${of.url}/authorize`,
    token_endpoint: `${of.url}/token`,
    registration_endpoint: `${of.url}/register`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code'],
    code_challenge_methods_supported: ['S256'],
  }
  of.misbehave('metadata', { status: 200, body: metadata })
  const { warn } = console
  console.warn = () => undefined // The mode of the README is deprecated, and mcp-auth prints that.
  try {
    return await compareServers(await before.createApp(values), createApp(values))
  } finally {
    console.warn = warn
    of.behave('metadata')
  }
}

const apis = await compare(issuer, setting)
const { same, differs } = apis
const call = {
  headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami' } }),
}

// The same: the tool gets the claims.
const body = { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: claimsText }] } }
await same('POST /', { ...call, token }, { status: 200, body })
const reader = await issuer.accessToken({ scope: 'read' })
await same('POST /', { ...call, token: reader }, { status: 403 })

// Different.
const missing = 'Missing `Authorization` header. Please provide a valid bearer token.'
await differs(
  'POST /',
  call,
  { status: 401, challenge: `Bearer error="missing_auth_header", error_description="${missing}"` },
  { status: 401, challenge: `${challenges.absent}, scope="read write"`, body: {} },
)
const lacking = 'The token does not contain the necessary scopes for this request.'
const lackingScope = 'error="insufficient_scope", error_description="The access token lacks a required scope"'
await differs(
  'POST /',
  { ...call, token: reader },
  { challenge: `Bearer error="missing_required_scopes", error_description="${lacking}"` },
  { challenge: `${challenges.absent}, ${lackingScope}, scope="read write"` },
)
const empty = { ...call, headers: { ...call.headers, authorization: 'Bearer' } }
await differs('POST /', empty, { status: 401 }, { status: 400 })
await sendWrongTokens(apis, 'POST /', call, {
  withoutExpiry: 200,
  wrongAudience: 200,
  senderConstrained: 200,
  idToken: 200,
  logoutToken: 200,
})

// mcp-auth fetches the metadata when the process starts.
await assert.rejects(before.createApp(unavailable))
createApp(unavailable)

const down = await compare(unavailableIssuer, unavailable)
await down.differs(
  'POST /',
  { ...call, token: unverifiableToken },
  { status: 401 },
  { status: 503, challenge: undefined },
)

for (const one of [apis, down]) one.close()
