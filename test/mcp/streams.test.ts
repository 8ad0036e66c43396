import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { createMcpHandler, McpServer as Server2 } from '@modelcontextprotocol/server'
import { createProtect, createValidator } from '@tollgate/express'
import { createMcpFetch, protectMcp } from '@tollgate/express/mcp'
import { createMockIssuer } from '@tollgate/mock-issuer'
import express from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../harness/listen.ts'
import { modern, openMcp, resource } from './open-mcp.ts'
import { mcpServers } from './servers.ts'

const accept = { accept: 'application/json, text/event-stream' }

/** Reads a response to its end. Returns the time of the end, in milliseconds since the epoch. */
async function endOf(response: Response): Promise<number> {
  await response.text()
  return Date.now()
}

/** In seconds since the epoch. */
const soon = (): number => Math.floor(Date.now() / 1000) + 3

// The subject is real time. The upper bound allows for a slow machine.
function expectEndAt(ended: number, exp: number): void {
  expect(ended).toBeGreaterThanOrEqual(exp * 1000)
  expect(ended).toBeLessThan(exp * 1000 + 20_000)
}

describe.each(mcpServers)('a stream of $name', (framework) => {
  test('a stream of subscriptions/listen ends with its token', async () => {
    const mcp = await openMcp(framework)
    const { body, headers } = modern('subscriptions/listen', { notifications: { toolsListChanged: true } })
    const exp = soon()
    const response = await fetch(mcp.url, {
      method: 'POST',
      headers: {
        ...headers,
        ...accept,
        'content-type': 'application/json',
        authorization: `Bearer ${await mcp.token('files:read', { exp })}`,
      },
      body: JSON.stringify(body),
    })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    expectEndAt(await endOf(response), exp)
  })
})

test('the GET stream of version 1 of the SDK ends with its token, and the session needs another one', async () => {
  const issuer = await createMockIssuer({ audience: resource, port: 'none' })
  onTestFinished(() => issuer.close())
  const protect = createProtect({ ...issuer.validatorOptions, resource })
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID, enableJsonResponse: true })
  await new McpServer({ name: 'files', version: '1.0.0' }).connect(transport)
  const app = express().use(express.json())
  app.all('/mcp', protectMcp(protect), (req, res) => void transport.handleRequest(req, res, req.body))
  const url = `${await listen(createServer(app))}/mcp`

  async function request(method: string, exp: number, more: object = {}): Promise<Response> {
    const authorization = `Bearer ${await issuer.accessToken({ exp })}`
    const headers = { ...accept, 'content-type': 'application/json', authorization, ...session }
    return fetch(url, { method, headers, ...more })
  }

  let session = {}
  const exp = soon()
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1.0.0' } }
  const initialize = { jsonrpc: '2.0', id: 1, method: 'initialize', params }
  const opened = await request('POST', exp, { body: JSON.stringify(initialize) })
  session = { 'mcp-session-id': opened.headers.get('mcp-session-id') }
  const stream = await request('GET', exp)
  expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
  expectEndAt(await endOf(stream), exp)

  const ping = { body: JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'ping' }) }
  expect((await fetch(url, { method: 'POST', headers: { ...accept, ...session }, ...ping })).status).toBe(401)
  expect((await request('POST', soon(), ping)).status).toBe(200)
  expect((await fetch(url, { method: 'DELETE', headers: session })).status).toBe(401)
})

test('a revocation ends the streams of its sign-in, and no others', async () => {
  const issuer = await createMockIssuer({ audience: resource, port: 'none' })
  onTestFinished(() => issuer.close())
  const validator = createValidator(issuer.validatorOptions)
  onTestFinished(() => validator.close())
  const mcp = createMcpFetch(
    validator,
    createMcpHandler(() => {
      const server = new Server2({ name: 'files', version: '1.0.0' })
      // Without a tool there is nothing to subscribe to, and the stream ends at once.
      server.registerTool('list', {}, async () => ({ content: [] }))
      return server
    }),
  )
  const { body, headers } = modern('subscriptions/listen', { notifications: { toolsListChanged: true } })

  async function openStream(sid: string): Promise<{ readonly isOpen: () => boolean; readonly ended: Promise<void> }> {
    const authorization = `Bearer ${await issuer.accessToken({ sid })}`
    const more = { ...headers, ...accept, 'content-type': 'application/json', authorization }
    const response = await mcp(new Request(resource, { method: 'POST', headers: more, body: JSON.stringify(body) }))
    expect(response.status).toBe(200)
    let isOpen = true
    const ended = response.text().then(() => {
      isOpen = false
    })
    return { isOpen: () => isOpen, ended }
  }

  const [revoked, other] = [await openStream('a'), await openStream('b')]
  await validator.revoke({ sid: 'a' })
  await revoked.ended
  expect(other.isOpen()).toBe(true)
  await validator.revoke({ sid: 'b' })
  await other.ended
})
