import { describe, expect, test } from 'vitest'
import { call, openMcp } from './open-mcp.ts'
import { mcpServers } from './servers.ts'

describe.each(mcpServers)('the origins of an MCP route: $name', (framework) => {
  test('a foreign origin is 403 for every method, with a token, with a bad one, and without', async () => {
    const mcp = await openMcp(framework, { options: { origins: ['https://app.example'] } })
    const tokens = [undefined, 'garbage', await mcp.token('files:read')]
    for (const origin of [
      'https://evil.example',
      'null',
      'https://app.example.evil.example',
      'https://APP.example',
      '',
    ]) {
      for (const token of tokens) {
        for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS', 'PUT']) {
          const { status, headers } = await mcp.send({ token, method, body: call('read-file'), headers: { origin } })
          expect([status, headers['access-control-allow-origin']], `${method} ${origin}`).toEqual([403, undefined])
        }
      }
    }
    expect(mcp.calls).toEqual([])
  })

  test('a listed origin, and a client that is no browser, need a token', async () => {
    const mcp = await openMcp(framework, { options: { origins: 'https://app.example' } })
    const token = await mcp.token('files:read')
    for (const headers of [{}, { origin: 'https://app.example' }]) {
      expect((await mcp.send({ headers, body: call('read-file') })).status).toBe(401)
      expect((await mcp.send({ token, headers, body: call('read-file') })).status).toBe(200)
    }
  })

  test('by default, no origin is allowed, and that of the server itself is none', async () => {
    const mcp = await openMcp(framework)
    const token = await mcp.token('files:read')
    for (const origin of [mcp.url.origin, 'https://files.example']) {
      const response = await mcp.send({ token, body: call('read-file'), headers: { origin } })
      expect(response.status).toBe(403)
    }
  })

  test('a known token does not open the route to a foreign origin', async () => {
    const mcp = await openMcp(framework)
    const token = await mcp.token('files:read')
    expect((await mcp.send({ token, body: call('read-file') })).status).toBe(200)
    const foreign = { token, body: call('read-file'), headers: { origin: 'https://evil.example' } }
    expect((await mcp.send(foreign)).status).toBe(403)
    expect(mcp.calls).toHaveLength(1)
  })
})
