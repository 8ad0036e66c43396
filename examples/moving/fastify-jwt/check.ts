import { createMockIssuer } from '@tollgate/mock-issuer'
import type { FastifyInstance } from 'fastify'
import { type Apis, challenges, compareServers } from '../compare.ts'
import { claimsText, sendWrongTokens, setting, token, unavailable, unverifiableToken } from '../issuers.ts'
import * as after from './after.ts'
import * as before from './before.ts'

async function compareApps(...apps: readonly FastifyInstance[]): Promise<Apis> {
  await Promise.all(apps.map((app) => app.ready()))
  const [first, second] = apps.map(
    (app): typeof app.routing =>
      (request, response) =>
        app.routing(request, response),
  )
  if (!first || !second) throw new Error('There are two apps')
  return compareServers(first, second)
}

const apis = await compareApps(await before.createApp(setting), await after.createApp(setting))
const { same, differs } = apis

// The same.
await same('GET /', { token }, { status: 200, body: JSON.parse(claimsText) })
await same('GET /', { headers: { authorization: 'Basic eDp5' } }, { status: 401 })
await same('GET /nowhere', {}, { status: 401 })

// Different.
await differs(
  'GET /',
  {},
  { status: 401, challenge: undefined },
  { status: 401, challenge: challenges.absent, body: {} },
)
await differs('GET /', { headers: { authorization: 'Bearer' } }, { status: 401 }, { status: 400 })
await sendWrongTokens(
  apis,
  'GET /',
  {},
  {
    notYetValid: 500,
    withoutExpiry: 200,
    wrongAudience: 200,
    wrongIssuer: 'not sent', // get-jwks would look for the host of this issuer in the network.
    senderConstrained: 200,
    idToken: 200,
    logoutToken: 200,
    criticalHeader: 500,
    unsigned: 500,
    unknownKey: 500,
    embeddedKey: 500,
    publicKeyAsSecret: 500,
  },
)

// The token of an issuer that the API does not know.
const stranger = await createMockIssuer({ algorithms: ['RS256'] })
await differs('GET /', { token: await stranger.accessToken() }, { status: 200 }, { status: 401 })

const down = await compareApps(await before.createApp(unavailable), await after.createApp(unavailable))
await down.differs('GET /', { token: unverifiableToken }, { status: 500 }, { status: 503, challenge: undefined })

// fastify-jwt-jwks.
const jwks = await compareApps(await before.createJwksApp(setting), await after.createJwksApp(setting))
const verify = 'GET /verify'
await jwks.same(verify, { token }, { status: 200, body: JSON.parse(claimsText) })
await jwks.differs(verify, {}, { status: 401, challenge: undefined }, { status: 401, challenge: challenges.absent })
await sendWrongTokens(jwks, verify, {}, { withoutExpiry: 200, senderConstrained: 200, idToken: 200, logoutToken: 200 })
const jwksDown = await compareApps(await before.createJwksApp(unavailable), await after.createJwksApp(unavailable))
await jwksDown.differs(verify, { token: unverifiableToken }, { status: 500 }, { status: 503, challenge: undefined })

for (const one of [apis, down, jwks, jwksDown]) one.close()
await stranger.close()
