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
import { customScopes, customServers, exampleScopes, exampleServers } from './servers.ts'
import { openTokenProxy } from './token-proxy.ts'

const program = fileURLToPath(import.meta.resolve('@modelcontextprotocol/conformance/dist/index.js'))
const run = promisify(execFile)

/**
 * Runs a scenario against a server, which clients know under the URL of the proxy. Returns the output of the program. It
 * rejects with the output when a check fails, because the program then ends with a code.
 */
async function runScenario(
  scenario: string,
  scopes: readonly string[],
  open: (issuer: string, url: string) => Promise<string>,
): Promise<string> {
  const target = { origin: '', token: '' }
  const url = `${await openTokenProxy(() => target)}/mcp`
  const { url: issuer } = await openMcpAuthorizationServer(scopes)
  target.origin = new URL(await open(issuer, url)).origin
  target.token = await mcpClients['SDK v2'](url).authorize()
  const args = [program, 'server', '--url', url, '--scenario', scenario]
  return (await run(process.execPath, args, { timeout: 300_000 })).stdout
}

const isPassed = /Passed: (\d+)\/\1, 0 failed, 0 warnings/

describe.each(exampleServers)('$name', (server) => {
  test.each(['server-initialize', 'ping', 'tools-list'])('%s', async (scenario) => {
    const output = await runScenario(scenario, exampleScopes, async (issuer, url) => server.open({ issuer }, url))
    expect(output).toMatch(isPassed)
  })
})

describe.each(customServers)('$name', (server) => {
  test('dns-rebinding-protection', async () => {
    const output = await runScenario('dns-rebinding-protection', customScopes, async (issuer, url) =>
      server.open({ issuer }, { origins: new URL(url).origin }, url),
    )
    expect(output).toMatch(isPassed)
  })
})
