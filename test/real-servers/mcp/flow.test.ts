/** The clients of both MCP SDKs, each with nothing but a URL; the examples; and oidc-provider as the authorization server. */
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type McpAuthorizationServer, openMcpAuthorizationServer } from '../../harness/mcp-authorization-server.ts'
import { mcpClients } from '../../harness/mcp-clients.ts'
import { scopesOf } from './scopes-of.ts'
import { exampleScopes, exampleServers } from './servers.ts'

const works: (() => void | Promise<void>)[] = []
let authorizationServer: McpAuthorizationServer
let issuer = ''
beforeAll(async () => {
  authorizationServer = await openMcpAuthorizationServer(exampleScopes, (work) => void works.unshift(work))
  issuer = authorizationServer.url
})
afterAll(async () => {
  for (const work of works) {
    await work()
  }
})

const rows = exampleServers.flatMap((server) =>
  Object.entries(mcpClients).map(([client, open]) => ({ name: `${server.name} · client of ${client}`, server, open })),
)

describe.each(rows)('$name', ({ server, open }) => {
  test('the client discovers, registers, gets a token for this resource, and calls a tool', async () => {
    const url = await server.open({ issuer })
    const client = open(url)
    await client.connect()
    expect(await client.callTool('list-files')).toBe('the files of alice')
    expect(client.requests.slice(0, 5)).toEqual([
      'POST /mcp 401',
      'GET /.well-known/oauth-protected-resource/mcp 200',
      'GET /.well-known/oauth-authorization-server 200',
      'POST /reg 201',
      'POST /token 200',
    ])
    expect(client.log.authorizations.map((parameters) => parameters.get('resource'))).toEqual([url])
    expect(client.log.tokens.map((token) => decodeJwt(token).aud)).toEqual([url])
    expect(scopesOf(client)).toEqual([['files:read']])
  })

  test('a client with a metadata document does not register', async () => {
    const { clientMetadataUrl } = authorizationServer
    const client = open(await server.open({ issuer }), { clientMetadataUrl })
    await client.connect()
    expect(await client.callTool('list-files')).toBe('the files of alice')
    expect(client.requests).not.toContain('POST /reg 201')
    expect(client.log.tokens.map((token) => decodeJwt(token)['client_id'])).toEqual([clientMetadataUrl])
  })

  test('a client that lacks a scope is stepped up, and comes back with the union of the scopes', async () => {
    const client = open(await server.open({ issuer }))
    await client.connect()
    expect(await client.callTool('delete-file')).toBe('deleted')
    expect(await client.callTool('list-files')).toBe('the files of alice')
    expect(scopesOf(client)).toEqual([['files:read'], ['files:read', 'files:write']])
  })

  test('a client with a token for another resource is refused', async () => {
    const client = open(await server.open({ issuer }), { resource: 'https://other.example/mcp' })
    await expect(client.connect()).rejects.toThrow()
    expect(client.log.tokens.map((token) => decodeJwt(token).aud)).toEqual(['https://other.example/mcp'])
    expect(client.refusals.map(({ status }) => status)).toEqual([401, 401])
    expect(client.refusals.at(-1)?.headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_token"/)
  })
})
