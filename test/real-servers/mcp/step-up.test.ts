/**
 * Which side forms the union of the scopes. The client of v2 does: it requests its earlier scopes, those of its token and
 * those of the challenge. The client of v1 requests the scopes of the challenge alone, so that our challenge has the union.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openMcpAuthorizationServer } from '../../harness/mcp-authorization-server.ts'
import { mcpClients } from '../../harness/mcp-clients.ts'
import { scopesOf } from './scopes-of.ts'
import { customScopes, customServers } from './servers.ts'

const works: (() => void | Promise<void>)[] = []
let issuer = ''
beforeAll(async () => {
  issuer = (await openMcpAuthorizationServer(customScopes, (work) => void works.unshift(work))).url
})
afterAll(async () => {
  for (const work of works) {
    await work()
  }
})

const rows = customServers.flatMap((server) =>
  Object.entries(mcpClients).map(([client, open]) => ({
    name: `${server.name} · client of ${client}`,
    server,
    client,
    open,
  })),
)

describe.each(rows)('$name', ({ server, open }) => {
  test('a second step-up does not lose the scope of the first one', async () => {
    const client = open(await server.open({ issuer }))
    await client.connect()
    for (const tool of ['write', 'purge', 'write', 'purge', 'read']) {
      expect(await client.callTool(tool)).toBe(`did ${tool}`)
    }
    expect(scopesOf(client)).toEqual([['mcp'], ['mcp', 'write'], ['mcp', 'purge', 'write']])
  })
})

describe.each(rows.filter(({ server }) => server.sdk === 'v2'))('$name', ({ server, open }) => {
  test('a challenge of the SDK names our metadata, and the client is stepped up', async () => {
    const url = await server.open({ issuer })
    const client = open(url)
    await client.connect()
    expect(await client.callTool('audit')).toBe('did audit')
    expect(scopesOf(client)).toEqual([['mcp'], ['audit', 'mcp']])
    const refusal = client.refusals.at(-1)
    expect(refusal?.status).toBe(403)
    const metadataUrl = `${new URL(url).origin}/.well-known/oauth-protected-resource/mcp`
    expect(refusal?.headers.get('www-authenticate')).toContain(`resource_metadata="${metadataUrl}"`)
  })
})

// For every challenge, the client of v1 uses its refresh token if it has one. So it gets the same scopes again, and fails.
describe.each(rows.filter(({ client }) => client !== 'SDK v1'))('$name', ({ server, open }) => {
  test('a client with a refresh token is stepped up, too', async () => {
    const client = open(await server.open({ issuer }), { refreshes: true })
    await client.connect()
    expect(client.log.hasRefreshToken()).toBe(true)
    expect(await client.callTool('write')).toBe('did write')
    expect(client.log.authorizations).toHaveLength(2)
    expect(scopesOf(client)).toEqual([['mcp'], ['mcp', 'write']])
  })
})
