import { createHmac } from 'node:crypto'
import { challenges, compareServers } from '../compare.ts'
import { issuer, sendWrongTokens, setting, token, unavailable, unverifiableToken } from '../issuers.ts'
import * as after from './after.ts'
import * as before from './before.ts'

const apis = await compareServers(before.createApp(setting).set('env', 'test'), after.createApp(setting))
const { same, differs } = apis
const route = 'GET /protected'

// The same.
await same(route, { token }, { status: 200 })
await same(route, { token: await issuer.accessToken() }, { status: 401, challenge: undefined })
await same('GET /token', {}, { status: 200, body: { public: true } })
await same(route, { headers: { authorization: 'Basic eDp5' } }, { status: 401 })

// Different.
await differs(
  route,
  {},
  { status: 401, challenge: undefined, body: 'invalid token...' },
  { status: 401, challenge: challenges.absent, body: {} },
)
await differs(route, { headers: { authorization: 'Bearer' } }, { status: 401 }, { status: 400 })
const preflight = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' }
const headers = { origin: 'https://app.example.com', ...preflight }
await differs('OPTIONS /protected', { headers }, { status: 200 }, { status: 401 })
await sendWrongTokens(
  apis,
  route,
  {},
  {
    withoutExpiry: 200,
    senderConstrained: 200,
    idToken: 200,
    logoutToken: 200,
    criticalHeader: 200,
    embeddedKey: 500, // The second unknown key id is the third fetch in a minute.
  },
)

const down = await compareServers(before.createApp(unavailable).set('env', 'test'), after.createApp(unavailable))
await down.differs(route, { token: unverifiableToken }, { status: 500 }, { status: 503, challenge: undefined })

// The shared secret, `credentialsRequired: false` and `isRevoked`.
const secret = 'shhhhhhared-secret of thirty-two bytes'
const sign = (claims: object): string => {
  const input = [{ alg: 'HS256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}
const exp = Math.floor(Date.now() / 1000) + 300
const claims = { iss: 'http://issuer', aud: 'http://myapi/protected', sub: 'alice', jti: 'fine', exp }
const isRevoked = async (of: unknown): Promise<boolean> => (of as typeof claims).jti === 'gone'
const shared = await compareServers(
  before.createSecretApp(secret, isRevoked).set('env', 'test'),
  after.createSecretApp(secret, isRevoked),
)
await shared.same(route, { token: sign(claims) }, { status: 200, body: { for: 'alice' } })
await shared.same(route, {}, { status: 200, body: { for: 'everybody' } })
await shared.same(route, { token: sign({ ...claims, exp: 1 }) }, { status: 401 })
await shared.same(route, { token: sign({ ...claims, jti: 'gone' }) }, { status: 401 })

for (const one of [apis, down, shared]) one.close()
