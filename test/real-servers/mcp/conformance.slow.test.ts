/**
 * The conformance tests of MCP (`@modelcontextprotocol/conformance` 0.1.16, `conformance list`), against the examples.
 *
 * No scenario of this version is about a server's authorization. All 22 scenarios `auth/*` test a client, against an
 * authorization server and an MCP server of their own. So these tests run the scenarios for servers that authorization
 * can break, through a proxy that adds a token, because the client of the program sends none:
 *
 * - `dns-rebinding-protection`: the check of `Origin`. A foreign one is 4xx, that of the server itself is 2xx.
 * - `server-initialize`, `ping` and `tools-list`: each message of a connection is authorized, and passes.
 *
 * The others (`tools-call-*`, `resources-*`, `prompts-*`, `logging-set-level`, `completion-complete`, `elicitation-*`,
 * `json-schema-2020-12`, `server-sse-*`) need tools, resources and prompts of certain names, or they test the SDK's
 * streams. They do not concern us.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { openMcpAuthorizationServer } from '../../harness/mcp-authorization-server.ts'
import { mcpClients } from '../../harness/mcp-clients.ts'
import { allScopes, mcpServers } from './servers.ts'
import { openTokenProxy } from './token-proxy.ts'

const program = fileURLToPath(import.meta.resolve('@modelcontextprotocol/conformance/dist/index.js'))
const run = promisify(execFile)

const scenarios = ['dns-rebinding-protection', 'server-initialize', 'ping', 'tools-list']

describe.each(mcpServers)('$name', (server) => {
  test.each(scenarios)('%s', async (scenario) => {
    const target = { origin: '', token: '' }
    const proxy = await openTokenProxy(() => target)
    const { url: issuer } = await openMcpAuthorizationServer(allScopes)
    const url = await server.open({ issuer, origins: [proxy] })
    Object.assign(target, { origin: new URL(url).origin, token: await mcpClients['SDK v2'](url).authorize() })
    const args = [program, 'server', '--url', `${proxy}/mcp`, '--scenario', scenario]
    // The program ends with a code when a check fails. `run` then rejects with what the program has written.
    const { stdout } = await run(process.execPath, args, { timeout: 120_000 })
    expect(stdout).toMatch(/Passed: (\d+)\/\1, 0 failed, 0 warnings/)
  })
})
