/** The option `challengeScopes`: which scopes a client requests after a 403. */
import { createServer } from 'node:http'
import { anyScope, createProtect, scopes } from '@tollgate/express'
import { type McpOptions, protectMcp } from '@tollgate/express/mcp'
import { createMockIssuer } from '@tollgate/mock-issuer'
import express from 'express'
import { describe, expect, test } from 'vitest'
import { listen } from '../harness/listen.ts'

/** The scopes that the challenge names when a token with these scopes calls a tool, and the status. */
async function challenged(tool: string, granted: string, options: McpOptions = {}): Promise<readonly unknown[]> {
  const issuer = await createMockIssuer({ port: 'none' })
  const protect = createProtect(issuer.validatorOptions)
  const tools = { write: scopes('write'), purge: [scopes('purge'), anyScope('admin', 'root')] }
  const app = express().all(
    '/mcp',
    express.json(),
    protectMcp(protect, { tools, ...options }, scopes('read')),
    (_req, res) => void res.json({}),
  )
  const origin = await listen(createServer(app))
  const { status, headers } = await fetch(`${origin}/mcp`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${await issuer.accessToken({ scope: granted })}`,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool } }),
  })
  const [, named] = /[ ,]scope="([^"]*)"/.exec(headers.get('www-authenticate') ?? '') ?? []
  return [status, named?.split(' ').toSorted()]
}

describe('the challenge for a token that lacks a scope', () => {
  test('names what the call needs, and the scopes of other tools that the token has', async () => {
    expect(await challenged('write', 'read purge root')).toEqual([403, ['purge', 'read', 'root', 'write']])
  })

  test('names no scope that no tool knows', async () => {
    expect(await challenged('write', 'read offline_access openid')).toEqual([403, ['read', 'write']])
  })

  test("with 'needed', names what the call needs", async () => {
    const options = { challengeScopes: 'needed' } as const
    expect(await challenged('write', 'read purge root', options)).toEqual([403, ['read', 'write']])
  })

  test('is absent when the scopes suffice', async () => {
    expect(await challenged('write', 'read write')).toEqual([200, undefined])
  })
})

test('any other value is an error at start-up', async () => {
  await expect(challenged('write', 'read', { challengeScopes: 'all' as 'needed' })).rejects.toThrow('challengeScopes')
})
