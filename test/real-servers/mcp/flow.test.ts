import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import { openMcpAuthorizationServer } from '../../harness/mcp-authorization-server.ts'
import { mcpClients } from '../../harness/mcp-clients.ts'
import { openServer } from './servers.ts'

describe.each(['v1', 'v2'] as const)('server %s', (sdk) => {
  describe.each(Object.entries(mcpClients))('%s', (_name, open) => {
    test('flow', async () => {
      const as = await openMcpAuthorizationServer(['mcp', 'read', 'write'])
      const url = await openServer(sdk, as.url)
      const client = open(url)
      try {
      await client.connect()
      expect(await client.callTool('read')).toBe('read')
      expect(await client.listTools()).toEqual(['read', 'write'])
      expect(await client.callTool('write')).toBe('written')
      } finally {
      console.log(client.requests, client.log.authorizations.map(String), client.log.tokens.map(decodeJwt))}
    })
  })
})
