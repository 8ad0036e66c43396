/**
 * MCP servers on loopback: the examples, and one with more tools. In Express, each exists for both SDKs, with `protectMcp`
 * and with our validator as the verifier of `requireBearerAuth`.
 */
import { createServer, type RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { createMcpExpressApp, requireBearerAuth } from '@modelcontextprotocol/express'
import { requireBearerAuth as requireBearerAuthV1 } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { createProtect, type ProtectOptions, scopes } from '@tollgate/express'
import { createBearerAuth, type McpOptions, protectMcp } from '@tollgate/express/mcp'
import type { TollgateOptions } from '@tollgate/fastify'
import type { RequestHandler } from 'express'
import { createApp as createAppV1 } from '../../../examples/mcp-v1/app.ts'
import { createApp as createAppV1ByVerifier } from '../../../examples/mcp-v1/verifier.ts'
import { createApp as createAppV2 } from '../../../examples/mcp-v2/app.ts'
import { createApp as createFastifyApp } from '../../../examples/mcp-v2/fastify.ts'
import { createApp as createKoaApp } from '../../../examples/mcp-v2/koa.ts'
import { createApp as createAppV2ByVerifier } from '../../../examples/mcp-v2/verifier.ts'
import { createApp as createWebApp } from '../../../examples/mcp-v2/web.ts'
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

type CreateExample = (url: string, options: Options) => RequestListener | Promise<RequestListener>

const examples: readonly (ServerUnderTest & { readonly create: CreateExample })[] = [
  { name: 'mcp-v1/app.ts', sdk: 'v1', by: 'protect', create: createAppV1 },
  { name: 'mcp-v1/verifier.ts', sdk: 'v1', by: 'verifier', create: createAppV1ByVerifier },
  { name: 'mcp-v2/app.ts', sdk: 'v2', by: 'protect', create: createAppV2 },
  { name: 'mcp-v2/verifier.ts', sdk: 'v2', by: 'verifier', create: createAppV2ByVerifier },
  {
    name: 'mcp-v2/koa.ts',
    sdk: 'v2',
    by: 'protect',
    create: (url, options) => {
      const respond = createKoaApp(url, options).callback()
      return (request, response) => void respond(request, response)
    },
  },
  {
    name: 'mcp-v2/fastify.ts',
    sdk: 'v2',
    by: 'protect',
    create: async (url, options) => {
      const app = await createFastifyApp(url, options as Partial<TollgateOptions>)
      await app.ready()
      return (request, response) => app.routing(request, response)
    },
  },
  {
    name: 'mcp-v2/web.ts',
    sdk: 'v2',
    by: 'protect',
    create: (url, options) => {
      const respond = getRequestListener(createWebApp(url, options).fetch, { overrideGlobalObjects: false })
      return (request, response) => void respond(request, response)
    },
  },
]

/** Their tools are `list-files`, for `files:read`, and `delete-file`, for `files:write` too. */
export const exampleServers: readonly ExampleServer[] = examples.map(({ create, ...server }) => ({
  ...server,
  open: async (options, url) => openApp((own) => create(url ?? own, options)),
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
async function openApp(create: (url: string) => RequestListener | Promise<RequestListener>): Promise<string> {
  const state: { app?: RequestListener } = {}
  const origin = await listen(createServer((request, response) => state.app?.(request, response)))
  state.app = await create(`${origin}/mcp`)
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
