import passport, { type Strategy } from 'passport'
// @ts-expect-error It has no types.
import IntrospectStrategy from 'passport-oauth2-introspect'
import { calling } from '../middleware.ts'
import type { OpaqueContender } from './contender.ts'

interface Options {
  readonly introspect_url: string
  readonly client_id: string
  readonly client_secret: string
  /** Without it the strategy throws a ReferenceError. */
  readonly scope: string
}

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
      .authenticate('introspect', { session: false })
    const pass = calling(authenticate)
    return (token) => pass(`Bearer ${token}`)
  },
}
