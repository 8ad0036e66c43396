import { allowInsecureRequests, ClientSecretBasic, Configuration, tokenIntrospection } from 'openid-client'
import type { OpaqueContender } from './contender.ts'

export const openidClient: OpaqueContender = {
  name: 'openid-client',
  remembers: false,
  start: async ({ issuer, endpoint, clientId, clientSecret }) => {
    const server = { issuer, introspection_endpoint: endpoint }
    const configuration = new Configuration(server, clientId, undefined, ClientSecretBasic(clientSecret))
    // oxlint-disable-next-line typescript/no-deprecated -- The authority of the bench is on loopback.
    allowInsecureRequests(configuration)
    return async (token) => {
      const { active } = await tokenIntrospection(configuration, token)
      if (!active) {
        throw new Error('The token is not active')
      }
    }
  },
}
