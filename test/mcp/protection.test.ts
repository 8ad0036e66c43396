import { createServer } from 'node:http'
import { scopes, subscribe } from '@tollgate/core'
import { createMcpFetch, type McpOptions } from '@tollgate/core/mcp'
import { createProtect, type ProtectOptions } from '@tollgate/express'
import { createBearerAuth, protectMcp } from '@tollgate/express/mcp'
import { expectProtected } from '@tollgate/express/testing'
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import express, { type ErrorRequestHandler, type Express } from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../harness/listen.ts'
import { send } from '../harness/send.ts'
import { call, modernCall, openMcp, resource } from './open-mcp.ts'
import { mcpServers } from './servers.ts'

async function openIssuer(): Promise<MockIssuer> {
  const issuer = await createMockIssuer({ audience: resource, port: 'none' })
  onTestFinished(() => issuer.close())
  return issuer
}

async function createApp(options: Partial<ProtectOptions> = {}, mcp: McpOptions = {}): Promise<Express> {
  const issuer = await openIssuer()
  const protect = createProtect({ ...issuer.validatorOptions, ...options })
  const app = express()
  app.set('env', 'test')
  app.all('/mcp', express.json(), protectMcp(protect, mcp), (_req, res) => void res.json({ ok: true }))
  return app
}

test('expectProtected finds the MCP route protected', async () => {
  const app = await createApp({}, { tools: { 'delete-file': scopes('files:delete') } })
  expect(await expectProtected(app)).toContain('POST /mcp')
})

test("with errors: 'throw', the error handling of the app gets the refusals of the route", async () => {
  const app = await createApp({ errors: 'throw' })
  const errors: unknown[] = []
  const handle: ErrorRequestHandler = (error, _req, res, _next) => {
    errors.push((error as { readonly reason?: unknown }).reason)
    res.status(418).end()
  }
  app.use(handle)
  const origin = await listen(createServer(app))
  const foreign = await send(origin, { path: '/mcp', headers: [['Origin', 'https://evil.example']] })
  expect([foreign.status, (await send(origin, { path: '/mcp' })).status]).toEqual([418, 418])
  expect(errors).toEqual(['cross-origin', 'no-credentials'])
})

describe.each(mcpServers)('$name', (framework) => {
  test('each refusal is published once, with its explanation', async () => {
    const explained: string[] = []
    const mcp = await openMcp(framework, {
      protection: { explain: ({ reason, step }) => void explained.push(`${reason} ${step}`) },
      options: { tools: { 'delete-file': scopes('files:delete') } },
    })
    const published: string[] = []
    const { issuer } = mcp
    const stop = subscribe('tollgate:refusal', ({ refusal }) => {
      if (refusal.token === undefined || refusal.token.issuer === issuer.url) {
        published.push(refusal.reason)
      }
    })
    onTestFinished(stop)
    const token = await mcp.token('files:read')
    await mcp.send({ token, body: call('delete-file'), headers: { origin: 'https://evil.example' } })
    await mcp.send({ token, body: call('delete-file'), headers: modernCall('read-file').headers })
    await mcp.send({ token, body: call('delete-file') })
    expect(explained).toEqual(['cross-origin credentials', 'malformed-message guards', 'missing-scope guards'])
    expect(published.filter((reason) => reason !== 'no-credentials')).toEqual(
      expect.arrayContaining(['cross-origin', 'malformed-message', 'missing-scope']),
    )
  })

  test('a tool with the name of a member of every object needs the scopes of the route', async () => {
    const mcp = await openMcp(framework, { options: { tools: { 'delete-file': scopes('files:delete') } } })
    const token = await mcp.token('files:read')
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect((await mcp.send({ token, body: call(name) })).status).toBe(200)
    }
    expect(mcp.calls).toEqual([])
  })

  test('a long body is no 5xx, and calls no tool', async () => {
    const mcp = await openMcp(framework, { options: { tools: { 'delete-file': scopes('files:delete') } } })
    const token = await mcp.token('files:read files:delete')
    const body = { ...call('delete-file'), padding: 'x'.repeat(5 * 1024 * 1024) }
    const { status } = await mcp.send({ token, body })
    expect([400, 413]).toContain(status)
    expect(mcp.calls).toEqual([])
  })
})

describe('a mistake of the developer is an error at start-up', () => {
  const wrongOptions: readonly (readonly [string, unknown])[] = [
    ['an unknown option', { origin: 'https://app.example' }],
    ['an origin with a path', { origins: ['https://app.example/'] }],
    ['a wildcard', { origins: '*' }],
    ['tools as a list', { tools: [scopes('a')] }],
    ['a scope in place of a guard', { tools: { 'delete-file': 'files:delete' } }],
    ['no guard', { tools: { 'delete-file': [] } }],
    ['an unknown word', { toolsFrom: 'headers' }],
    ['no object', 'https://app.example'],
  ]

  test.each(wrongOptions)('%s', async (_name, options) => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' }) as Error
    expect(() => protectMcp(protect, options as McpOptions)).toThrow(wrong)
    const handler = { fetch: async () => new Response() }
    expect(() => createMcpFetch(protect.validator, handler, options as McpOptions)).toThrow(wrong)
    expect(() => createBearerAuth(() => () => undefined, protect, options as McpOptions)).toThrow(TypeError)
  })

  test('a validator in place of protect, a string in place of a guard, and a handler without `fetch`', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    expect(() => protectMcp(protect.validator as never)).toThrow(TypeError)
    expect(() => protectMcp(protect, {}, 'files:read' as never)).toThrow(TypeError)
    expect(() => createMcpFetch(protect.validator, {} as never)).toThrow(TypeError)
    await expect(Promise.resolve(protectMcp(protect) as unknown)).rejects.toThrow(TypeError)
  })
})
