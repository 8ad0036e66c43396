/** The clients of both MCP SDKs, each with nothing but a URL; the examples; and oidc-provider as the authorization server. */
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type McpAuthorizationServer, openMcpAuthorizationServer } from '../../harness/mcp-authorization-server.ts'
import { type McpClient, mcpClients } from '../../harness/mcp-clients.ts'
import { allScopes, mcpServers, scopeOfSdk, tools } from './servers.ts'

const works: (() => void | Promise<void>)[] = []
let authorizationServer: McpAuthorizationServer
beforeAll(async () => {
  authorizationServer = await openMcpAuthorizationServer([...allScopes, scopeOfSdk], (work) => void works.unshift(work))
})
afterAll(async () => {
  for (const work of works) {
    await work()
  }
})

const rows = mcpServers.flatMap((server) =>
  Object.entries(mcpClients).map(([client, open]) => ({ name: `${server.name} · ${client}`, server, client, open })),
)

/** The scopes of each token that the client got. */
const scopesOf = ({ log }: McpClient): readonly string[][] =>
  log.tokens.map((token) => String(decodeJwt(token)['scope']).split(' ').toSorted())

describe.each(rows)('$name', ({ server, open }) => {
  const openServer = async () => server.open({ issuer: authorizationServer.url })

  test('the client discovers, registers, gets a token for this resource, and calls a tool', async () => {
    const url = await openServer()
    const client = open(url)
    await client.connect()
    expect(await client.callTool(tools.open)).toBe('read')
    expect(client.requests.slice(0, 5)).toEqual([
      'POST /mcp 401',
      'GET /.well-known/oauth-protected-resource/mcp 200',
      'GET /.well-known/oauth-authorization-server 200',
      'POST /reg 201',
      'POST /token 200',
    ])
    expect(client.log.authorizations.map((parameters) => parameters.get('resource'))).toEqual([url])
    expect(client.log.tokens.map((token) => decodeJwt(token).aud)).toEqual([url])
    expect(scopesOf(client)).toEqual([['mcp']])
  })

  test('a client with a metadata document does not register', async () => {
    const { clientMetadataUrl } = authorizationServer
    const client = open(await openServer(), { clientMetadataUrl })
    await client.connect()
    expect(await client.callTool(tools.open)).toBe('read')
    expect(client.requests).not.toContain('POST /reg 201')
    expect(client.log.clientId()).toBe(clientMetadataUrl)
    expect(client.log.tokens.map((token) => decodeJwt(token)['client_id'])).toEqual([clientMetadataUrl])
  })

  test('a client that lacks a scope is stepped up, and has the union of the scopes', async () => {
    const client = open(await openServer())
    await client.connect()
    expect(await client.callTool(tools.guarded)).toBe('written')
    expect(await client.callTool(tools.open)).toBe('read')
    expect(scopesOf(client)).toEqual([['mcp'], ['mcp', 'write']])
    expect(await client.callTool(tools.other)).toBe('purged')
    expect(scopesOf(client).at(-1)).toEqual(['mcp', 'purge', 'write'])
    expect(await client.callTool(tools.guarded)).toBe('written')
    expect(client.log.tokens, 'no further authorization').toHaveLength(3)
  })

  test('a client with a token for another resource is refused', async () => {
    const client = open(await openServer(), { resource: 'https://other.example/mcp' })
    await expect(client.connect()).rejects.toThrow()
    expect(client.log.tokens.map((token) => decodeJwt(token).aud)).toEqual(['https://other.example/mcp'])
    expect(client.refusals.map(({ status }) => status)).toEqual([401, 401])
    expect(client.refusals.at(-1)?.headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_token"/)
  })
})

describe.each(rows.filter(({ server }) => server.sdk === 'v2'))('$name', ({ server, open }) => {
  test('a challenge of the SDK names our metadata, and the client is stepped up', async () => {
    const client = open(await server.open({ issuer: authorizationServer.url }))
    await client.connect()
    expect(await client.callTool('audit')).toBe('audited')
    expect(scopesOf(client)).toEqual([['mcp'], ['audit', 'mcp']])
    const refusal = client.refusals.at(-1)
    expect(refusal?.status).toBe(403)
    const challenge = refusal?.headers.get('www-authenticate')
    expect(challenge).toMatch(
      /error="insufficient_scope".*resource_metadata="http:[^"]+\/\.well-known\/oauth-protected-resource\/mcp"/,
    )
  })
})

// The client of v1 uses its refresh token for every challenge, and so gets the same scopes again. No server can change that.
describe.each(rows.filter(({ client }) => client !== 'SDK v1'))('$name', ({ server, open }) => {
  test('a client with a refresh token is stepped up, too', async () => {
    const client = open(await server.open({ issuer: authorizationServer.url }), { refreshes: true })
    await client.connect()
    expect(client.log.hasRefreshToken()).toBe(true)
    expect(await client.callTool(tools.guarded)).toBe('written')
    expect(client.log.authorizations).toHaveLength(2)
    expect(scopesOf(client)).toEqual([['mcp'], ['mcp', 'write']])
  })
})
