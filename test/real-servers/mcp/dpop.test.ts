/** The client of the SDK v2 binds its tokens to a key (SEP-1932, a draft). The verifiers of both SDKs take no such token. */
import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import { openMcpAuthorizationServer } from '../../harness/mcp-authorization-server.ts'
import { mcpClients } from '../../harness/mcp-clients.ts'
import { customScopes, customServers } from './servers.ts'

const secrets = 'a secret of the tests, and of nothing else'

const rows = customServers
  .filter(({ by }) => by === 'protect')
  .flatMap((server) =>
    (['SDK v2', 'SDK v2, negotiating'] as const).map((client) => ({
      name: `${server.name} · client of ${client}`,
      server,
      open: mcpClients[client],
    })),
  )

describe.each(rows)('$name', ({ server, open }) => {
  test.each([
    ['without nonces', { mode: 'required' }],
    ['with nonces', { mode: 'required', nonces: 'required', secrets }],
  ] as const)('the client gets a bound token, proves its key, and is stepped up, %s', async (_name, dpop) => {
    const { url: issuer } = await openMcpAuthorizationServer(customScopes)
    const client = open(await server.open({ issuer, dpop }), { dpop: true })
    await client.connect()
    expect(await client.callTool('write')).toBe('did write')
    const bound = { jkt: expect.any(String) }
    expect(client.log.tokens.map((token) => decodeJwt(token)['cnf'])).toEqual([bound, bound])
    const challenged = client.refusals.filter(({ status }) => status === 401 || status === 403)
    expect(challenged.map(({ status }) => status)).toEqual(expect.arrayContaining([401, 403]))
    for (const { headers } of challenged) {
      expect(headers.get('www-authenticate')).toMatch(/^DPoP .*resource_metadata=/)
    }
  })
})
