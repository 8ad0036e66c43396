/** What the messages say about wrong arguments, which a caller without types can pass. */
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { createMcpFetch, createTokenVerifier, type McpOptions } from '@tollgate/core/mcp'
import * as express from '@tollgate/express'
import { protectMcp as protectByExpress } from '@tollgate/express/mcp'
import { protectMcp as protectByFastify } from '@tollgate/fastify/mcp'
import { protectMcp as protectByKoa } from '@tollgate/koa/mcp'
import { expect, test } from 'vitest'

const protect = express.createProtect({ issuer: 'https://as.example', audience: 'https://api.example/mcp' })
const handler = createMcpHandler(() => new McpServer({ name: 'files', version: '1.0.0' }))
const layers: readonly (readonly [string, (protect: never) => unknown])[] = [
  ['express', protectByExpress],
  ['koa', protectByKoa],
  ['fastify', protectByFastify],
]

test.each(layers)('protectMcp of %s asks for the `protect` of createProtect', (_name, protectMcp) => {
  expect(() => protectMcp(protect.validator as never)).toThrow('Expected the `protect` of createProtect')
  expect(() => protectMcp({ issuer: 'https://as.example' } as never)).toThrow('Expected the `protect` of createProtect')
})

test('a guard in the place of the options is refused with the right order', () => {
  const guard = express.scopes('files:read') as McpOptions
  expect(() => protectByExpress(protect, guard)).toThrow('in front of the guards')
})

test('createMcpFetch and createTokenVerifier ask for the validator', () => {
  const invalidToken = (message: string): Error => new Error(message)
  expect(() => createMcpFetch(protect as never, handler)).toThrow('protect.validator')
  expect(() => createTokenVerifier(protect as never, { invalidToken })).toThrow('protect.validator')
})

test('leaseResponse asks for a lease', () => {
  expect(() => express.leaseResponse(new Response(), undefined as never)).toThrow('the lease of the token')
  expect(() => express.leaseResponse(new Response(), {} as never)).toThrow('the lease of the token')
})
