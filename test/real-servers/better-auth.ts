import { createServer, type RequestListener } from 'node:http'
import { oauthProvider } from '@better-auth/oauth-provider'
import { betterAuth, type BetterAuthPlugin } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { toNodeHandler } from 'better-auth/node'
import { jwt } from 'better-auth/plugins'
import { cookieLine, cookiesOf } from '../harness/application.ts'
import { redirectUri, secret } from '../harness/authorization-server.ts'
import { type CleanUp, listen } from '../harness/listen.ts'

/** The APIs. An access token for one of them has it as its audience. */
export const resources = ['https://api.example', 'https://other.example'] as const

export interface Credentials {
  readonly id: string
  readonly secret: string
}

export interface BetterAuth {
  readonly issuer: string
  /** The application. It can request tokens for each API. */
  readonly app: Credentials
  /** The first API. It can introspect tokens for itself. */
  readonly api: Credentials
  /** Logs alice in. Returns the cookies of her browser, and a function that logs her out. */
  readonly logIn: () => Promise<{ cookies: ReadonlyMap<string, string>; logOut: () => Promise<void> }>
}

/** Starts better-auth with its OAuth provider, and with everything in memory. */
export async function startBetterAuth(cleanUp: CleanUp, tokens: 'jwt' | 'opaque'): Promise<BetterAuth> {
  const routes: { respond: RequestListener } = { respond: (_request, response) => response.end() }
  const origin = await listen(
    createServer((request, response) => routes.respond(request, response)),
    cleanUp,
  )
  const auth = createAuth(origin, tokens)
  const handle = toNodeHandler(auth)
  routes.respond = (request, response) => void handle(request, response)

  const password = 'a password of the tests'
  const alice = { email: 'alice@example.com', password, name: 'alice' }
  await auth.api.signUpEmail({ body: alice })
  async function logIn() {
    const signedIn = await auth.api.signInEmail({ body: alice, asResponse: true })
    const cookies = cookiesOf(signedIn.headers.getSetCookie())
    const headers = new Headers({ cookie: cookieLine(cookies) })
    return { cookies, headers, logOut: async () => void (await auth.api.signOut({ headers })) }
  }

  const { headers } = await logIn()
  async function register(body: object): Promise<Credentials> {
    const { client_id: id, client_secret = '' } = await auth.api.adminCreateOAuthClient({ headers, body })
    for (const identifier of resources) {
      await auth.api.adminLinkClientResource({ headers, params: { identifier, client_id: id } })
    }
    return { id, secret: client_secret }
  }
  const app = await register({
    redirect_uris: [redirectUri],
    scope: 'openid offline_access read write',
    grant_types: ['authorization_code', 'client_credentials', 'refresh_token'],
    client_credentials_scopes: ['read', 'write'],
    skip_consent: true,
  })
  const api = await register({ redirect_uris: [redirectUri] })
  return { issuer: `${origin}/api/auth`, app, api, logIn }
}

function createAuth(origin: string, tokens: 'jwt' | 'opaque') {
  const provider = oauthProvider({
    loginPage: '/login',
    consentPage: '/consent',
    scopes: ['openid', 'offline_access', 'read', 'write'],
    resources: [...resources],
    clientPrivileges: () => true,
    resourcePrivileges: () => true,
    disableJwtPlugin: tokens === 'opaque',
  })
  const auth = betterAuth({
    baseURL: origin,
    secret,
    database: memoryAdapter(Object.fromEntries(models.map((model) => [model, []]))),
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
    // Its types do not agree with `exactOptionalPropertyTypes`.
    plugins: [jwt(), provider as object as BetterAuthPlugin],
  })
  return { handler: auth.handler, api: { ...auth.api, ...(auth.api as object as typeof provider.endpoints) } }
}

const models = [
  'user',
  'session',
  'account',
  'verification',
  'jwks',
  'oauthClient',
  'oauthAccessToken',
  'oauthRefreshToken',
  'oauthConsent',
  'oauthResource',
  'oauthClientResource',
]
