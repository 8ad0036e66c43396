import { clientSecretBasic, createValidator, trustedIssuer } from '@tollgate/core'
import type { OpaqueContender } from './contender.ts'

export const tollgate: OpaqueContender = {
  name: 'tollgate',
  remembers: true,
  start: async ({ issuer, endpoint, audience, clientId, clientSecret }) => {
    const introspection = { client: clientSecretBasic(clientId, clientSecret), endpoint }
    const validator = createValidator({ issuer: trustedIssuer(issuer, { formats: 'opaque', introspection }), audience })
    return (token) =>
      validator.authenticate({ method: 'GET', url: '/', headers: [['authorization', `Bearer ${token}`]] })
  },
}
