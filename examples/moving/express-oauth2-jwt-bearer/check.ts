import express from 'express'
import { challenges, compareServers } from '../compare.ts'
import { claimsText, issuer, sendWrongTokens, setting, token, unavailable, unverifiableToken } from '../issuers.ts'
import { dpopHeaders } from '../dpop.ts'
import * as after from './after.ts'
import * as before from './before.ts'

// Outside of tests, the error handler of Express prints every error.
const apis = await compareServers(before.createApp(setting).set('env', 'test'), after.createApp(setting))
const { same, differs } = apis
const messages = 'GET /api/messages'

// The same.
const admin = await issuer.accessToken({ scope: 'read:admin write:admin', isAdmin: true })
await same(messages, { token }, { status: 200, body: { claims: JSON.parse(claimsText), token } })
await same('GET /api/admin/edit', { token: admin }, { status: 200, body: { edited: true } })
await same('GET /api/admin', { token: admin }, { status: 200, body: { admin: true } })
await same(messages, {}, { status: 401 })
await same(messages, { headers: { authorization: 'Bearer' } }, { status: 400 })
await same('GET /api/admin/edit', { token: await issuer.accessToken({ scope: 'read:admin' }) }, { status: 403 })
await same('OPTIONS /api/messages', {}, { status: 401 })
await sendWrongTokens(apis, messages, {}, { idToken: 200, logoutToken: 200 })

// Different.
await differs('GET /api/admin', { token }, { status: 401 }, { status: 403 })
await differs(`${messages}?access_token=${token}`, {}, { status: 200 }, { status: 401 })
await differs(messages, { headers: { authorization: 'Basic eDp5' } }, { status: 400 }, { status: 401 })
const dpop = 'DPoP algs="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES256K ES384 ES512 EdDSA"'
await differs(messages, {}, { challenge: `Bearer realm="api", ${dpop}` }, { challenge: challenges.absent, body: {} })

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const withForms = await compareServers(
  express().use(express.urlencoded(), before.createApp(setting)),
  express().use(express.urlencoded(), after.createApp(setting)),
)
const post = { headers: form, body: `access_token=${token}` }
await withForms.differs('POST /api/messages', post, { status: 404 }, { status: 401 }) // There is no such route.

const behindProxy = await compareServers(
  before.createApp(setting).set('trust proxy', true),
  after.createApp(setting).set('trust proxy', true),
)
const bound = await dpopHeaders('http://api.example.com/api/messages')
const forwarded = { headers: { ...bound, 'x-forwarded-host': 'api.example.com' } }
await behindProxy.differs(messages, forwarded, { status: 200 }, { status: 401 })

const optional = await compareServers(before.createOptionalApp(setting), after.createOptionalApp(setting))
await optional.same(messages, {}, { status: 200, body: { for: 'everybody' } })
await optional.same(messages, { token }, { status: 200, body: { for: 'alice' } })
const expired = await issuer.wrongToken('expired')
await optional.differs(messages, { token: expired }, { status: 200, body: { for: 'everybody' } }, { status: 401 })

// `issuerBaseURL` leads to metadata, which names the issuer. `issuer` is the name itself.
const slash = { ...setting, issuer: `${setting.issuer}/` }
const withSlash = await compareServers(before.createApp(slash), after.createApp(slash))
await withSlash.differs(messages, { token }, { status: 200 }, { status: 401 })

const down = await compareServers(before.createApp(unavailable).set('env', 'test'), after.createApp(unavailable))
await down.differs(messages, { token: unverifiableToken }, { status: 401 }, { status: 503, challenge: undefined })

for (const one of [apis, withForms, behindProxy, optional, withSlash, down]) one.close()
