import passport, { type Strategy } from 'passport'
// @ts-expect-error It has no types.
import IntrospectStrategy from 'passport-oauth2-introspect'
import type { OpaqueContender } from './contender.ts'

interface Options {
  readonly introspect_url: string
  readonly client_id: string
  readonly client_secret: string
  /** Without it the strategy throws a ReferenceError. */
  readonly scope: string
}

type Middleware = (request: unknown, response: unknown, next: (error?: Error) => void) => void

export const passportOauth2Introspect: OpaqueContender = {
  name: 'passport-oauth2-introspect',
  remembers: true,
  start: async ({ endpoint, clientId, clientSecret }) => {
    const strategy = new (IntrospectStrategy as new (options: Options) => Strategy)({
      introspect_url: endpoint,
      client_id: clientId,
      client_secret: clientSecret,
      scope: 'orders:read',
    })
    const authenticate = new passport.Passport()
      .use('introspect', strategy)
      .authenticate('introspect', { session: false }) as Middleware
    return (token) => pass(authenticate, token)
  },
}

/** The middleware goes on, or it answers. */
function pass(authenticate: Middleware, token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const response = { setHeader: () => {}, end: () => reject(new Error('The token is not active')) }
    const request = { headers: { authorization: `Bearer ${token}` } }
    authenticate(request, response, (error) => (error === undefined ? resolve() : reject(error)))
  })
}
