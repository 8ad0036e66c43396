/** The option `challengeScopes`: which scopes a client requests after a 403. */
import { anyScope, scopes } from '@tollgate/core'
import type { McpOptions } from '@tollgate/core/mcp'
import { createProtect } from '@tollgate/express'
import { protectMcp } from '@tollgate/express/mcp'
import { describe, expect, test } from 'vitest'
import { call, openMcp } from './open-mcp.ts'
import { mcpServers } from './servers.ts'

const tools = { 'delete-file': scopes('files:delete'), 'drop-table': [scopes('files:drop'), anyScope('admin', 'root')] }

describe.each(mcpServers)('the scopes in a challenge: $name', (framework) => {
  /** Calls a tool with a token with these scopes. Returns the status, and the scopes that the challenge names. */
  async function challenged(tool: string, granted: string, given: McpOptions = {}): Promise<readonly unknown[]> {
    const mcp = await openMcp(framework, { options: { tools, ...given } })
    const { status, challenges } = await mcp.send({ token: await mcp.token(granted), body: call(tool) })
    const [, named] = /, scope="([^"]*)"/.exec(challenges.join()) ?? []
    return [status, named?.split(' ').toSorted()]
  }

  test('they are those of the operation, and those of other tools that the token has', async () => {
    const granted = 'files:read files:drop root'
    const named = ['files:delete', 'files:drop', 'files:read', 'root']
    expect(await challenged('delete-file', granted)).toEqual([403, named])
  })

  test('a granted scope that no tool knows is not among them', async () => {
    const granted = 'files:read offline_access openid'
    expect(await challenged('delete-file', granted)).toEqual([403, ['files:delete', 'files:read']])
  })

  test("with 'needed', they are those of the operation", async () => {
    const options = { challengeScopes: 'needed' } as const
    const named = ['files:delete', 'files:read']
    expect(await challenged('delete-file', 'files:read files:drop root', options)).toEqual([403, named])
  })

  test('a token with the scopes of the operation needs no others', async () => {
    expect(await challenged('delete-file', 'files:read files:delete')).toEqual([200, undefined])
  })
})

test('any other value is an error at start-up', () => {
  const protect = createProtect({ issuer: 'https://as.example', audience: 'https://files.example/mcp' })
  const options = { challengeScopes: 'all' as 'needed' }
  expect(() => protectMcp(protect, options)).toThrow('challengeScopes')
})
