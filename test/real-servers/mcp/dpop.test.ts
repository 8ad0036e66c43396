/** The client of the SDK v2 binds its tokens to a key (SEP-1932, a draft). The verifiers of both SDKs take no such token. */
import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import { openMcpAuthorizationServer } from '../../harness/mcp-authorization-server.ts'
import { mcpClients } from '../../harness/mcp-clients.ts'
import { allScopes, mcpServers, tools } from './servers.ts'

const secrets = 'a secret of the tests, and of nothing else'

const rows = mcpServers
  .filter(({ name }) => name.endsWith('protect'))
  .flatMap((server) =>
    (['SDK v2', 'SDK v2, negotiating'] as const).map((client) => ({
      name: `${server.name} · ${client}`,
      server,
      client,
    })),
  )

describe.each(rows)('$name', ({ server, client: sdk }) => {
  test.each([
    ['without nonces', { mode: 'required' }],
    ['with nonces', { mode: 'required', nonces: 'required', secrets }],
  ] as const)('the client gets a bound token, proves its key, and is stepped up, %s', async (_name, dpop) => {
    const { url: issuer } = await openMcpAuthorizationServer(allScopes)
    const client = mcpClients[sdk](await server.open({ issuer, dpop }), { dpop: true })
    await client.connect()
    expect(await client.callTool(tools.guarded)).toBe('written')
    expect(client.log.tokens.map((token) => decodeJwt(token)['cnf'])).toEqual([
      { jkt: expect.any(String) },
      { jkt: expect.any(String) },
    ])
    for (const { headers } of client.refusals.filter(({ status }) => status === 401 || status === 403)) {
      expect(headers.get('www-authenticate')).toMatch(/^DPoP .*resource_metadata=/)
    }
  })
})
