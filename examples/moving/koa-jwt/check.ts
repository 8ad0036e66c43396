import { challenges, compareServers } from '../compare.ts'
import { claimsText, issuer, sendWrongTokens, setting, token, unavailable, unverifiableToken } from '../issuers.ts'
import * as after from './after.ts'
import * as before from './before.ts'

const apis = await compareServers(before.createApp(setting).callback(), after.createApp(setting).callback())
const { same, differs } = apis

// The same.
await same('GET /api', { token }, { status: 200, body: 'protected\n' })
await same('GET /api/me', { token }, { status: 200, body: JSON.parse(claimsText) })
await same('GET /public', {}, { status: 200, body: 'unprotected\n' })
await same('GET /api', { headers: { authorization: 'Basic eDp5' } }, { status: 401 })
await same('OPTIONS /api', {}, { status: 401 })

// Different.
await differs(
  'GET /api',
  {},
  { status: 401, challenge: undefined, body: 'Protected resource, use Authorization header to get access\n' },
  { status: 401, challenge: challenges.absent, body: {} },
)
await differs('GET /api', { headers: { authorization: 'Bearer' } }, { status: 401 }, { status: 400 })
await sendWrongTokens(
  apis,
  'GET /api',
  {},
  {
    withoutExpiry: 200,
    senderConstrained: 200,
    idToken: 200,
    logoutToken: 200,
    criticalHeader: 200,
  },
)

const optional = await compareServers(
  before.createPassthroughApp(setting).callback(),
  after.createOptionalApp(setting).callback(),
)
await optional.same('GET /api', { token }, { status: 200, body: { for: 'alice' } })
await optional.same('GET /api', {}, { status: 200, body: { for: 'everybody' } })
const expired = await issuer.wrongToken('expired')
await optional.differs('GET /api', { token: expired }, { status: 200, body: { for: 'everybody' } }, { status: 401 })

const unless = await compareServers(
  before.createUnlessApp(setting).callback(),
  after.createUnlessApp(setting).callback(),
)
await unless.same('GET /public/news', {}, { status: 200, body: 'served\n' })
await unless.same('GET /api', { token }, { status: 200, body: 'served\n' })
await unless.same('GET /api', {}, { status: 401 })
await unless.differs('GET /publicity', {}, { status: 200 }, { status: 401 })

const down = await compareServers(before.createApp(unavailable).callback(), after.createApp(unavailable).callback())
await down.differs('GET /api', { token: unverifiableToken }, { status: 401 }, { status: 503, challenge: undefined })

for (const one of [apis, optional, unless, down]) one.close()
