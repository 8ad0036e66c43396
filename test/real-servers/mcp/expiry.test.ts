/** The token of a client expires while it is connected. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openMcpAuthorizationServer } from '../../harness/mcp-authorization-server.ts'
import { type McpClient, mcpClients } from '../../harness/mcp-clients.ts'
import { scopesOf } from './scopes-of.ts'
import { exampleScopes, exampleServers } from './servers.ts'

const works: (() => void | Promise<void>)[] = []
let issuer = ''
beforeAll(async () => {
  issuer = (await openMcpAuthorizationServer(exampleScopes, (work) => void works.unshift(work))).url
})
afterAll(async () => {
  for (const work of works) {
    await work()
  }
})

const rows = exampleServers.flatMap((server) =>
  Object.entries(mcpClients).flatMap(([client, open]) =>
    [false, true].map((refreshes) => ({
      name: `${server.name} · client of ${client}${refreshes ? ' that refreshes' : ''}`,
      server,
      open,
      refreshes,
    })),
  ),
)

test.each(rows)('$name: it gets another token with the same scopes', async ({ server, open, refreshes }) => {
  const state: { client?: McpClient } = {}
  // Tokens live for five minutes. The time of the server is right again when the client has the refusal.
  let ahead = 0
  const clock = () => Date.now() + (state.client?.refusals.at(-1)?.status === 401 ? 0 : ahead)
  const url = await server.open({ issuer, clock })
  const client = open(url, { refreshes })
  await client.connect()
  expect(await client.callTool('list-files')).toBe('the files of alice')
  state.client = client
  client.refusals.length = 0
  ahead = 400_000
  expect(await client.callTool('list-files')).toBe('the files of alice')
  expect(client.refusals.map(({ status }) => status)).toEqual([401])
  const challenge = client.refusals.at(0)?.headers.get('www-authenticate')
  expect(challenge).toMatch(/error="invalid_token".*scope="files:read"/)
  expect(scopesOf(client)).toEqual([['files:read'], ['files:read']])
  const isRefreshed = refreshes && client.log.hasRefreshToken()
  expect(client.log.authorizations).toHaveLength(isRefreshed ? 1 : 2)
})
