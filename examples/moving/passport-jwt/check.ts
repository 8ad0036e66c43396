import { challenges, compareServers } from '../compare.ts'
import { issuer, sendWrongTokens, setting, token, unavailable, unverifiableToken } from '../issuers.ts'
import * as after from './after.ts'
import * as before from './before.ts'

const apis = await compareServers(before.createApp(setting), after.createApp(setting))
const { same, differs } = apis
const profile = 'POST /profile'

// The same.
await same(profile, { token }, { status: 200, body: { name: 'Alice' } })
await same(profile, { token: await issuer.accessToken({ sub: 'bob' }) }, { status: 401, body: 'Unauthorized' })
await same(profile, { headers: { authorization: 'Basic eDp5' } }, { status: 401 })

// Different.
await differs(
  profile,
  {},
  { status: 401, challenge: undefined, body: 'Unauthorized' },
  { status: 401, challenge: challenges.absent, body: {} },
)
await differs(profile, { headers: { authorization: 'Bearer' } }, { status: 401 }, { status: 400 })
await sendWrongTokens(
  apis,
  profile,
  {},
  {
    withoutExpiry: 200,
    senderConstrained: 200,
    idToken: 200,
    logoutToken: 200,
    criticalHeader: 200,
  },
)

const down = await compareServers(before.createApp(unavailable), after.createApp(unavailable))
await down.differs(profile, { token: unverifiableToken }, { status: 401 }, { status: 503, challenge: undefined })

for (const one of [apis, down]) one.close()
