/** MCP servers on loopback: the examples, and one with more tools. Each exists for both SDKs, with `protect` and with the verifier. */
import { createServer, type RequestListener } from 'node:http'
import { createMcpExpressApp, requireBearerAuth } from '@modelcontextprotocol/express'
import { requireBearerAuth as requireBearerAuthV1 } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { createProtect, type ProtectOptions, scopes } from '@tollgate/express'
import { createBearerAuth, type McpOptions, protectMcp } from '@tollgate/express/mcp'
import type { RequestHandler } from 'express'
import { createApp as createAppV1 } from '../../../examples/mcp-v1/app.ts'
import { createApp as createAppV1ByVerifier } from '../../../examples/mcp-v1/verifier.ts'
import { createApp as createAppV2 } from '../../../examples/mcp-v2/app.ts'
import { createApp as createAppV2ByVerifier } from '../../../examples/mcp-v2/verifier.ts'
import { listen } from '../../harness/listen.ts'
import { serveV1, serveV2 } from './more-tools.ts'

type Options = Omit<ProtectOptions, 'audience'>

interface ServerUnderTest {
  readonly name: string
  readonly sdk: 'v1' | 'v2'
  readonly by: 'protect' | 'verifier'
}

export interface ExampleServer extends ServerUnderTest {
  /** Starts the server. Returns its URL. `url` is another one, under which clients know it. */
  readonly open: (options: Options, url?: string) => Promise<string>
}

export interface CustomServer extends ServerUnderTest {
  readonly open: (options: Options, mcp?: McpOptions, url?: string) => Promise<string>
}

const variants = (['v1', 'v2'] as const).flatMap((sdk) =>
  (['protect', 'verifier'] as const).map((by) => ({ name: `server of SDK ${sdk} with ${by}`, sdk, by })),
)

const examples = {
  v1: { protect: createAppV1, verifier: createAppV1ByVerifier },
  v2: { protect: createAppV2, verifier: createAppV2ByVerifier },
}

/** Their tools are `list-files`, for `files:read`, and `delete-file`, for `files:write` too. */
export const exampleServers: readonly ExampleServer[] = variants.map(({ sdk, by, name }) => ({
  name: `example ${name}`,
  sdk,
  by,
  open: async (options, url) => openApp((own) => examples[sdk][by](url ?? own, options)),
}))

export const exampleScopes = ['files:read', 'files:write']

/** Their tools are `read`, for `mcp`, `write` and `purge`, which need a scope of that name too, and `audit` (v2). */
export const customServers: readonly CustomServer[] = variants.map(({ sdk, by, name }) => ({
  name,
  sdk,
  by,
  open: async (options, mcp, url) => openApp((own) => createCustomApp({ sdk, by }, url ?? own, options, mcp)),
}))

export const customScopes = ['mcp', 'write', 'purge', 'audit']

/** The app knows its URL before it is created. Returns that URL. */
async function openApp(create: (url: string) => RequestListener): Promise<string> {
  const state: { app?: RequestListener } = {}
  const origin = await listen(createServer((request, response) => state.app?.(request, response)))
  state.app = create(`${origin}/mcp`)
  return `${origin}/mcp`
}

function createCustomApp(
  { sdk, by }: Pick<ServerUnderTest, 'sdk' | 'by'>,
  url: string,
  options: Options,
  mcp: McpOptions = {},
): RequestListener {
  const app = createMcpExpressApp()
  const protect = createProtect({ ...options, audience: url })
  const given = { tools: { write: scopes('write'), purge: scopes('purge') }, ...mcp }
  const settings = { requiredScopes: ['mcp'], expectedResource: new URL(url), ...given }
  const protections: Readonly<Record<string, () => RequestHandler>> = {
    'v1 verifier': () => createBearerAuth(requireBearerAuthV1, protect, settings),
    'v2 verifier': () => createBearerAuth(requireBearerAuth, protect, settings),
  }
  const protection = protections[`${sdk} ${by}`]?.() ?? protectMcp(protect, given, scopes('mcp'))
  app.use(protect.metadata())
  return app.all('/mcp', protection, sdk === 'v1' ? serveV1 : serveV2)
}
