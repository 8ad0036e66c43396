import { wrongTokens } from '@tollgate/mock-issuer'
import { type Apis, challenges, compareRoutes } from '../compare.ts'
import { issuer, sendWrongTokens, type Setting, setting, token, unavailable, unverifiableToken } from '../issuers.ts'
import { dpopHeaders } from '../dpop.ts'
import * as after from './after.ts'
import * as before from './before.ts'

type Routes = ReturnType<typeof after.createRoutes>

/** Frameworks such as Next.js respond with 500 to an error that a route throws. The body says what the error was. */
function serve(routes: Routes): (request: Request) => Promise<Response> {
  return async (request) => {
    try {
      return await routes[request.method === 'POST' ? 'POST' : 'GET'](request)
    } catch (error) {
      const { status, headers } = error as { status?: unknown; headers?: Record<string, string> }
      const challenge = new Headers(headers).get('www-authenticate')
      return Response.json({ thrown: status ?? 'another error', challenge }, { status: 500 })
    }
  }
}

function compare(values: Setting): Apis {
  return compareRoutes(serve(before.createRoutes(values)), serve(after.createRoutes(values)))
}

const thrown = (status: string, challenge: string | null = null) => ({
  status: 500,
  body: { thrown: status, challenge },
})
const apis = compare(setting)
const { same, differs } = apis

// The same.
await same('GET /posts', { token }, { status: 200, body: { for: 'alice' } })
await same('POST /posts', { token }, { status: 200, body: { for: 'alice' } })

const allThrown = Object.fromEntries(wrongTokens.map((name) => [name, 500]))

// Different: `better-auth/oauth2` throws an error without a challenge, and the plugin throws an error with one.
const absent = { status: 401, challenge: `${challenges.absent}, scope="read:post"`, body: {} }
await differs('GET /posts', {}, thrown('UNAUTHORIZED'), absent)
const metadata = 'resource_metadata="https://api.example.com/.well-known/oauth-protected-resource"'
await differs('POST /posts', {}, thrown('UNAUTHORIZED', `Bearer ${metadata}`), { status: 401 })
const guest = await issuer.accessToken()
await differs('GET /posts', { token: guest }, thrown('FORBIDDEN'), { status: 403 })
await differs('GET /posts', { headers: { authorization: 'Bearer' } }, thrown('UNAUTHORIZED'), { status: 400 })
await sendWrongTokens(apis, 'GET /posts', {}, { ...allThrown, withoutExpiry: 200, idToken: 200, logoutToken: 200 })

const bound = await dpopHeaders('https://api.example.com/posts')
await differs('GET /posts', { headers: bound }, { status: 200 }, { status: 401 })

const down = compare(unavailable)
await down.differs('GET /posts', { token: unverifiableToken }, thrown('another error'), { status: 503 })
