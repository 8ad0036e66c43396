import { scopes } from '@tollgate/core'
import { describe, expect, test } from 'vitest'
import { call, metadataUrl, modern, modernCall, openMcp, type McpSetting } from './open-mcp.ts'
import { mcpServers, serversWithoutParser, serversWithParser } from './servers.ts'

const tools = {
  'delete-file': scopes('files:delete'),
  'drop-table': [scopes('files:write'), scopes('files:drop')],
  'größe-löschen': scopes('files:delete'),
}
const ruled: McpSetting = { options: { tools } }
const missing = 'error="insufficient_scope", error_description="The access token lacks a required scope"'
const challenge = (scope: string): string =>
  `Bearer realm="api", ${missing}, scope="${scope}", resource_metadata="${metadataUrl}"`
const malformed = `Bearer realm="api", error="invalid_request", error_description="The message of the request is malformed", resource_metadata="${metadataUrl}"`

describe.each(mcpServers)('the scopes of a tool: $name', (framework) => {
  test('a call without the scope of the tool is 403, and the challenge names all scopes of the operation', async () => {
    const mcp = await openMcp(framework, ruled)
    const token = await mcp.token('files:read')
    for (const sent of [{ body: call('drop-table') }, modernCall('drop-table')]) {
      const { status, challenges } = await mcp.send({ token, ...sent })
      expect([status, challenges]).toEqual([403, [challenge('files:read files:write files:drop')]])
    }
    expect(mcp.calls).toEqual([])
  })

  test('a call with the scopes runs the tool, and a tool without an entry needs the scopes of the route', async () => {
    const mcp = await openMcp(framework, ruled)
    const token = await mcp.token('files:read files:delete')
    for (const name of ['delete-file', 'read-file']) {
      expect((await mcp.send({ token, body: call(name) })).status).toBe(200)
      expect((await mcp.send({ token, ...modernCall(name) })).status).toBe(200)
    }
    expect(mcp.calls.map(({ name }) => name)).toEqual(['delete-file', 'delete-file', 'read-file', 'read-file'])
    const reader = await mcp.token('files:read')
    expect((await mcp.send({ token: reader, body: call('read-file') })).status).toBe(200)
  })

  test('the headers of a harmless tool do not open another one', async () => {
    const mcp = await openMcp(framework, ruled)
    const reader = await mcp.token('files:read')
    const { headers: harmless } = modernCall('read-file')
    const { headers: listing } = modern('tools/list', {})
    for (const headers of [
      harmless,
      listing,
      { 'Mcp-Method': 'tools/call', 'Mcp-Name': 'read-file' },
      { 'Mcp-Name': 'read-file' },
      { 'Mcp-Method': 'ping' },
    ]) {
      for (const { body } of [{ body: call('delete-file') }, modernCall('delete-file')]) {
        const { status, challenges } = await mcp.send({ token: reader, headers, body })
        expect([status, challenges], JSON.stringify(headers)).toEqual([400, [malformed]])
      }
      const batch = [call('read-file', 1), call('delete-file', 2)]
      expect((await mcp.send({ token: reader, headers, body: batch })).status).toBe(400)
    }
    expect(mcp.calls).toEqual([])
  })

  test('without the headers, a message of the newest revision needs the scope all the same', async () => {
    const mcp = await openMcp(framework, ruled)
    const token = await mcp.token('files:read')
    const { body } = modernCall('delete-file')
    expect((await mcp.send({ token, body })).status).toBe(403)
    expect(mcp.calls).toEqual([])
  })

  test('a batch needs the scopes of all its tools', async () => {
    const mcp = await openMcp(framework, ruled)
    const batch = [call('read-file', 1), call('delete-file', 2), call('drop-table', 3)]
    const reader = await mcp.token('files:read files:delete')
    const refused = await mcp.send({ token: reader, body: batch })
    expect([refused.status, refused.challenges]).toEqual([
      403,
      [challenge('files:read files:delete files:write files:drop')],
    ])
    expect(mcp.calls).toEqual([])
    const all = await mcp.token('files:read files:delete files:write files:drop')
    expect((await mcp.send({ token: all, body: batch })).status).toBe(200)
    expect(mcp.calls).toHaveLength(3)
  })

  test('the sentinel form of the header counts as the name that it encodes', async () => {
    const mcp = await openMcp(framework, ruled)
    const reader = await mcp.token('files:read')
    const deleter = await mcp.token('files:read files:delete')
    const sentinel = (text: string): string => `=?base64?${Buffer.from(text).toString('base64')}?=`
    const of = (value: string): Record<string, string> => modern('tools/call', {}, { 'Mcp-Name': value }).headers
    for (const name of ['größe-löschen', 'delete-file']) {
      const { body } = modernCall(name)
      const headers = of(sentinel(name))
      expect((await mcp.send({ token: reader, body, headers })).status).toBe(403)
      expect((await mcp.send({ token: deleter, body, headers })).status).toBe(200)
    }
    expect(mcp.calls.map(({ name }) => name)).toEqual(['delete-file'])
    const { body } = modernCall('delete-file')
    for (const wrong of ['ZGVsZXRlLWZpbGU=', '=?base64?ZGVsZXRlLWZpbGU?=', '=?base64??=', sentinel('read-file')]) {
      expect((await mcp.send({ token: deleter, body, headers: of(wrong) })).status, wrong).toBe(400)
    }
    expect(mcp.calls).toHaveLength(1)
  })

  test('a body that is no message is 400, and 401 without a token', async () => {
    const mcp = await openMcp(framework, ruled)
    const token = await mcp.token('files:read')
    for (const body of [{}, [], [[call('delete-file')]], [call('read-file'), {}], { method: 7 }]) {
      const { status, challenges } = await mcp.send({ token, body })
      expect([status, challenges], JSON.stringify(body)).toEqual([400, [malformed]])
      expect((await mcp.send({ body })).status).toBe(401)
    }
    expect((await mcp.send({ token: await mcp.token(''), body: {} })).status).toBe(403)
    expect(mcp.calls).toEqual([])
  })

  test('responses, notifications and requests without a body pass', async () => {
    const mcp = await openMcp(framework, ruled)
    const token = await mcp.token('files:read')
    const messages = [
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { jsonrpc: '2.0', id: 7, result: {} },
    ]
    for (const body of messages) {
      expect((await mcp.send({ token, body })).status).toBe(202)
    }
    // The handler has no streams of older revisions.
    expect((await mcp.send({ token, method: 'GET' })).status).toBe(405)
    expect((await mcp.send({ token, method: 'DELETE' })).status).toBe(405)
  })

  test('the scopes of the SDK give the same challenge', async () => {
    const mcp = await openMcp(framework)
    const token = await mcp.token('files:read')
    for (const sent of [{ body: call('write-file') }, modernCall('write-file')]) {
      const { status, challenges } = await mcp.send({ token, ...sent })
      expect(status).toBe(403)
      expect(challenges.join(', ')).toContain('error="insufficient_scope"')
      expect(challenges.join(', ')).toContain('scope="files:read files:write"')
      expect(challenges.join(', ')).toContain(`resource_metadata="${metadataUrl}"`)
    }
    const writer = await mcp.token('files:read files:write')
    expect((await mcp.send({ token: writer, ...modernCall('write-file') })).status).toBe(200)
    expect(mcp.calls.map(({ name }) => name)).toEqual(['write-file'])
  })
})

describe.each(serversWithParser)('without a parser in front: $name', (framework) => {
  test('by default, the route stays closed, because only the parsed body names the tool', async () => {
    const mcp = await openMcp(framework, { ...ruled, parser: 'none' })
    const token = await mcp.token('files:read files:delete')
    expect((await mcp.send({ token, ...modernCall('read-file') })).status).toBe(400)
    expect((await mcp.send({ token, body: call('read-file') })).status).toBe(400)
    expect(mcp.calls).toEqual([])
  })
})

describe.each(serversWithoutParser)('with verified headers: $name', (framework) => {
  const verified: McpSetting = {
    options: { tools, toolsFrom: 'verified-headers' },
    parser: 'none',
    legacy: 'reject',
  }

  test('they name the tool, and the server compares them with the body', async () => {
    const mcp = await openMcp(framework, verified)
    const reader = await mcp.token('files:read')
    expect((await mcp.send({ token: reader, ...modernCall('read-file') })).status).toBe(200)
    const refused = await mcp.send({ token: reader, ...modernCall('delete-file') })
    expect([refused.status, refused.challenges]).toEqual([403, [challenge('files:read files:delete')]])
    const { body } = modernCall('delete-file')
    const { headers } = modernCall('read-file')
    expect((await mcp.send({ token: reader, body, headers })).status).toBe(400)
    expect((await mcp.send({ token: reader, body: [body], headers })).status).toBe(400)
    expect((await mcp.send({ token: reader, body: call('delete-file'), headers })).status).toBe(400)
    expect(mcp.calls.map(({ name }) => name)).toEqual(['read-file'])
  })

  test('a request without them, or of an older revision, is 400', async () => {
    const mcp = await openMcp(framework, verified)
    const token = await mcp.token('files:read')
    const { body, headers } = modernCall('read-file')
    const { 'Mcp-Name': _name, ...unnamed } = headers
    const { 'Mcp-Method': _method, ...withoutMethod } = headers
    for (const wrong of [
      {},
      unnamed,
      withoutMethod,
      { ...headers, 'MCP-Protocol-Version': '2025-11-25' },
      { ...headers, 'MCP-Protocol-Version': 'x' },
      { ...headers, 'Mcp-Name': '=?base64?!?=' },
    ]) {
      const { status, challenges } = await mcp.send({ token, body, headers: wrong })
      expect([status, challenges], JSON.stringify(wrong)).toEqual([400, [malformed]])
    }
    expect(mcp.calls).toEqual([])
  })
})
