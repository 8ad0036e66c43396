/** What an MCP client can see of a refusal, whichever SDK serves. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openMcpAuthorizationServer } from '../../harness/mcp-authorization-server.ts'
import { mcpClients } from '../../harness/mcp-clients.ts'
import { customScopes, customServers, exampleScopes, exampleServers } from './servers.ts'

const works: (() => void | Promise<void>)[] = []
let issuer = ''
beforeAll(async () => {
  const scopes = [...exampleScopes, ...customScopes]
  issuer = (await openMcpAuthorizationServer(scopes, (work) => void works.unshift(work))).url
})
afterAll(async () => {
  for (const work of works) {
    await work()
  }
})

const ping = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })

async function send(url: string, method: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const accept = 'application/json, text/event-stream'
  return fetch(url, {
    method,
    headers: { accept, 'content-type': 'application/json', ...headers },
    ...(method === 'POST' ? { body: ping } : {}),
  })
}

describe.each(exampleServers)('$name', (server) => {
  test.each(['POST', 'GET', 'DELETE'])(
    '%s without a token is 401, and the challenge leads to the metadata',
    async (method) => {
      const url = await server.open({ issuer })
      const { status, headers } = await send(url, method, { 'mcp-session-id': 'that of another client' })
      expect(status).toBe(401)
      const challenge = headers.get('www-authenticate') ?? ''
      expect(challenge).toMatch(/^Bearer (?!.*error).*scope="files:read"/)
      const [, metadataUrl = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? []
      const response = await fetch(metadataUrl)
      expect(await response.json()).toMatchObject({
        resource: url,
        authorization_servers: [issuer],
        scopes_supported: exampleScopes,
      })
    },
  )

  test('a token for another resource of the same authorization server is 401', async () => {
    const [url, other] = [await server.open({ issuer }), await server.open({ issuer })]
    const authorization = `Bearer ${await mcpClients['SDK v2'](other).authorize()}`
    expect((await send(other, 'POST', { authorization })).status).toBe(200)
    const { status, headers } = await send(url, 'POST', { authorization })
    expect([status, headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/error="invalid_token"/)])
  })
})

describe.each(customServers)('$name', (server) => {
  test('a page of another origin is 403, also on loopback, with and without a token', async () => {
    const url = await server.open({ issuer }, { origins: ['http://localhost:6274'] })
    const authorization = `Bearer ${await mcpClients['SDK v1'](url).authorize()}`
    // The SDK itself accepts each port of loopback.
    const [foreign, own] = [{ origin: 'http://localhost:1' }, { origin: 'http://localhost:6274' }]
    const requests = [foreign, { ...foreign, authorization }, own, { ...own, authorization }]
    const statuses = await Promise.all(requests.map(async (headers) => (await send(url, 'POST', headers)).status))
    expect(statuses).toEqual([403, 403, 401, 200])
  })
})
