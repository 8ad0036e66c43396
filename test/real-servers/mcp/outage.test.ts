/** The authorization server is down, and no key of it is cached. The error mapping of the SDKs must not change our response. */
import { describe, expect, test } from 'vitest'
import { openMcpAuthorizationServer } from '../../harness/mcp-authorization-server.ts'
import { mcpClients } from '../../harness/mcp-clients.ts'
import { exampleScopes, exampleServers } from './servers.ts'

describe.each(exampleServers)('$name', (server) => {
  test.each(Object.entries(mcpClients))('client of %s: 503 with Retry-After, and no challenge', async (_name, open) => {
    const authorizationServer = await openMcpAuthorizationServer(exampleScopes)
    const client = open(await server.open({ issuer: authorizationServer.url }))
    await client.authorize()
    authorizationServer.fail()
    await expect(client.connect()).rejects.toThrow(/503|temporarily_unavailable/)
    expect(client.log.authorizations, 'the client does not request another token').toHaveLength(1)
    expect(client.refusals).toHaveLength(1)
    for (const { status, headers } of client.refusals) {
      expect(status).toBe(503)
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
      expect(headers.get('www-authenticate')).toBe(null)
      expect(headers.get('cache-control')).toBe('no-store')
    }
  })
})
