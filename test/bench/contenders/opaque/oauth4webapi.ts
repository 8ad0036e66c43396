import {
  allowInsecureRequests,
  ClientSecretBasic,
  introspectionRequest,
  processIntrospectionResponse,
} from 'oauth4webapi'
import type { OpaqueContender } from './contender.ts'

export const oauth4webapi: OpaqueContender = {
  name: 'oauth4webapi',
  remembers: false,
  start: async ({ issuer, endpoint, clientId, clientSecret }) => {
    const server = { issuer, introspection_endpoint: endpoint }
    const client = { client_id: clientId }
    const authentication = ClientSecretBasic(clientSecret)
    const options = { [allowInsecureRequests]: true }
    return async (token) => {
      const response = await introspectionRequest(server, client, authentication, token, options)
      const { active } = await processIntrospectionResponse(server, client, response)
      if (!active) {
        throw new Error('The token is not active')
      }
    }
  },
}
