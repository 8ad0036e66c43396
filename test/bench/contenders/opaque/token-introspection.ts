// @ts-expect-error It has no types.
import createIntrospect from 'token-introspection'
import type { OpaqueContender, Verify } from './contender.ts'

interface Options {
  readonly endpoint: string
  readonly client_id: string
  readonly client_secret: string
}

export const tokenIntrospection: OpaqueContender = {
  name: 'token-introspection',
  remembers: false,
  start: async ({ endpoint, clientId, clientSecret }) =>
    (createIntrospect as (options: Options) => Verify)({ endpoint, client_id: clientId, client_secret: clientSecret }),
}
