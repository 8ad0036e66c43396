import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { bodyParser } from '@koa/bodyparser'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer, requireScopes } from '@modelcontextprotocol/server'
import type { Guard } from '@tollgate/core'
import type { ProtectOptions } from '@tollgate/core/adapter'
import { createMcpFetch, type McpOptions } from '@tollgate/core/mcp'
import { createProtect as createExpressProtect } from '@tollgate/express'
import { protectMcp as protectExpress } from '@tollgate/express/mcp'
import tollgate from '@tollgate/fastify'
import { protectMcp as protectFastify } from '@tollgate/fastify/mcp'
import { createProtect as createHonoProtect } from '@tollgate/hono'
import { createProtect as createKoaProtect } from '@tollgate/koa'
import { protectMcp as protectKoa } from '@tollgate/koa/mcp'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'

/** The SDK has its own type of the request of Node. */
type NodeRequest = Parameters<ReturnType<typeof toNodeHandler>>[0]

export interface McpServing {
  readonly protection: Omit<ProtectOptions, 'claims'>
  readonly options: McpOptions
  readonly guards: readonly Guard[]
  /** Each tool calls it. The texts of the result are what it returns. */
  readonly onCall: (name: string, authInfo: unknown) => string
  /** `'none'`: no parser of bodies is in front, and the SDK reads the body. Default: `'in front'`. */
  readonly parser?: 'none' | 'in front' | undefined
  readonly legacy?: 'reject' | 'stateless' | undefined
  /** The route `/other` has the protection of other routes. Its response is what this function returns. */
  readonly onOther: (request: { readonly auth?: unknown }) => unknown
}

export interface McpFramework {
  readonly name: string
  readonly serve: (serving: McpServing) => Server
}

/** A server of the SDK, version 2. The scopes of `write-file` are those that the SDK itself checks. */
function createHandler({ onCall, legacy }: McpServing): ReturnType<typeof createMcpHandler> {
  const createServerOfTools = (): McpServer => {
    const server = new McpServer({ name: 'files', version: '1.0.0' })
    const add = (name: string, config: Parameters<McpServer['registerTool']>[1] = {}): void => {
      server.registerTool(name, config, (...args: readonly unknown[]) => {
        const { http } = args.at(-1) as { readonly http?: { readonly authInfo?: unknown } }
        return { content: [{ type: 'text' as const, text: onCall(name, http?.authInfo) }] }
      })
    }
    add('read-file')
    add('delete-file')
    add('drop-table')
    add('write-file', { scopeChallenge: requireScopes('files:read', 'files:write') })
    return server
  }
  return createMcpHandler(createServerOfTools, legacy === undefined ? {} : { legacy })
}

const expressServer: McpFramework = {
  name: 'Express',
  serve: (serving) => {
    const { protection, options, guards, parser, onOther } = serving
    const protect = createExpressProtect(protection)
    const handler = toNodeHandler(createHandler(serving))
    const app = express()
    app.set('env', 'test')
    if (parser !== 'none') {
      app.use(express.json())
    }
    app.all('/mcp', protectExpress(protect, options, ...guards), (req, res) => void handler(req, res, req.body))
    app.all('/other', protect(...guards), (req, res) => void res.json(onOther(req)))
    return createServer(app)
  },
}

const koaServer: McpFramework = {
  name: 'Koa',
  serve: (serving) => {
    const { protection, options, guards, parser, onOther } = serving
    const protect = createKoaProtect(protection)
    const handler = toNodeHandler(createHandler(serving))
    const app = new Koa()
    app.silent = true
    if (parser !== 'none') {
      app.use(bodyParser())
    }
    const protectRoute = protectKoa(protect, options, ...guards)
    const protectOther = protect(...guards)
    app.use((ctx, next) => (ctx.path === '/mcp' ? protectRoute(ctx as never, next) : protectOther(ctx as never, next)))
    app.use(async (ctx) => {
      if (ctx.path === '/other') {
        ctx.body = onOther({ auth: ctx.state['auth'] as unknown })
        return
      }
      ctx.respond = false
      await handler(ctx.req as NodeRequest, ctx.res, ctx.request.body)
    })
    return createServer(app.callback())
  },
}

const fastifyServer: McpFramework = {
  name: 'Fastify',
  serve: (serving) => {
    const { protection, options, guards, onOther } = serving
    const handler = toNodeHandler(createHandler(serving))
    const app = fastify()
    app.register(async (scope) => {
      await scope.register(tollgate, protection)
      scope.all('/mcp', protectFastify(scope.protect, options, ...guards), (request, reply) => {
        reply.hijack()
        return handler(request.raw as NodeRequest, reply.raw, request.body)
      })
      scope.all('/other', { onRequest: scope.protect(...guards) }, async (request) => onOther(request as object))
    })
    const ready = app.ready()
    return createServer((request, response) => void ready.then(() => app.routing(request, response))).on(
      'close',
      () => void app.close(),
    )
  },
}

const webServer: McpFramework = {
  name: 'Request',
  serve: (serving) => {
    const { protection, options, guards, onOther } = serving
    const protect = createHonoProtect(protection)
    const mcp = createMcpFetch(protect.validator, createHandler(serving), options, ...guards)
    const app = new Hono()
    app.all('/mcp', (c) => mcp(c.req.raw))
    app.all('/other', protect(...guards), (c) => c.json(onOther({ auth: c.var.auth })))
    const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
    return createServer((request, response) => void listener(request, response))
  },
}

export const mcpServers: readonly McpFramework[] = [expressServer, koaServer, fastifyServer, webServer]
/** Those whose parser is another package. */
export const serversWithParser: readonly McpFramework[] = [expressServer, koaServer]
/** Those whose route can be without a parser of bodies. Fastify has one of its own. */
export const serversWithoutParser: readonly McpFramework[] = [...serversWithParser, webServer]
