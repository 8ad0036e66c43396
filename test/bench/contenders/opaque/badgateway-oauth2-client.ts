import { OAuth2Client } from '@badgateway/oauth2-client'
import type { OpaqueContender } from './contender.ts'

export const badgatewayOauth2Client: OpaqueContender = {
  name: '@badgateway/oauth2-client',
  remembers: false,
  start: async ({ issuer, endpoint, clientId, clientSecret }) => {
    const client = new OAuth2Client({ server: issuer, introspectionEndpoint: endpoint, clientId, clientSecret })
    return async (token) => {
      const { active } = await client.introspect({ accessToken: token, refreshToken: null, expiresAt: null })
      if (!active) {
        throw new Error('The token is not active')
      }
    }
  },
}
