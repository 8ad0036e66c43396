/** Bodies that could name one tool to Tollgate and another one to the SDK. */
import { scopes } from '@tollgate/core'
import { describe, expect, test } from 'vitest'
import { modernCall, openMcp } from './open-mcp.ts'
import { mcpServers, serversWithoutParser } from './servers.ts'

const tools = { 'delete-file': scopes('files:delete') }
const { body, headers } = modernCall('read-file')
const meta = JSON.stringify((body as { readonly params: Record<string, unknown> }).params['_meta'])
const callWith = (params: string): string => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`

const unnamed: readonly string[] = [
  callWith('{"__proto__":{"name":"delete-file"},"arguments":{}}'),
  callWith(`{"__proto__":{"name":"delete-file"},"arguments":{},"_meta":${meta}}`),
  callWith('{"name":["delete-file"],"arguments":{}}'),
  callWith('[{"name":"delete-file"}]'),
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","__proto__":{"params":{"name":"delete-file"}}}',
  `[${callWith('{"name":"read-file"}')},${callWith('{"__proto__":{"name":"delete-file"}}')}]`,
]

const hidden: readonly string[] = [
  callWith('{"name":"read-file","name":"delete-file"}'),
  callWith(String.raw`{"n\u0061me":"d\u0065lete-file"}`),
  '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"delete-file"}}',
  '{"jsonrpc":"2.0","id":1,"result":{},"method":"tools/call","params":{"name":"delete-file"}}',
  `[${callWith('{"name":"delete-file"}')}]`,
  callWith('{"name":"read-file","__proto__":{"name":"delete-file"}}'),
  callWith('{"name":" delete-file"}'),
  `[[${callWith('{"name":"delete-file"}')}]]`,
  '{"jsonrpc":"2.0","id":1,"result":{},"__proto__":{"method":"tools/call","params":{"name":"delete-file"}}}',
]

describe.each(mcpServers)('hostile bodies: $name', (framework) => {
  test('a call that names no tool is 400', async () => {
    const mcp = await openMcp(framework, { options: { tools } })
    const token = await mcp.token('files:read')
    for (const text of unnamed) {
      expect((await mcp.send({ token, body: text })).status, text).toBe(400)
    }
    expect(mcp.calls).toEqual([])
  })

  test('no spelling of a name opens a tool', async () => {
    const mcp = await openMcp(framework, { options: { tools } })
    const token = await mcp.token('files:read')
    for (const text of [...hidden, ...unnamed]) {
      for (const more of [{}, headers, { 'content-type': 'text/plain' }, { 'X-HTTP-Method-Override': 'GET' }]) {
        await mcp.send({ token, body: text, headers: more })
      }
    }
    expect(mcp.calls.map(({ name }) => name)).not.toContain('delete-file')
  })
})

describe.each(serversWithoutParser)('hostile bodies with verified headers: $name', (framework) => {
  test('no body runs another tool than the headers name', async () => {
    const options = { tools, toolsFrom: 'verified-headers' } as const
    const mcp = await openMcp(framework, { options, parser: 'none', legacy: 'reject' })
    const token = await mcp.token('files:read')
    const encoded = Buffer.from('delete-file').toString('base64')
    const names = ['read-file', `=?BASE64?${encoded}?=`, '=?base64?=', `=?base64?${encoded.replace('=', '')}?=`]
    for (const text of [...hidden, ...unnamed, JSON.stringify(modernCall('delete-file').body)]) {
      for (const name of names) {
        await mcp.send({ token, body: text, headers: { ...headers, 'Mcp-Name': name } })
      }
    }
    expect(mcp.calls.map(({ name }) => name)).not.toContain('delete-file')
  })
})
