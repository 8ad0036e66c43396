/** A server for each library of WebSockets, protected in each way. */
import { createServer, type Server } from 'node:http'
import { promisify } from 'node:util'
import websocket from '@fastify/websocket'
import { type Guard, lease, type Lease, type Validator } from '@tollgate/core'
import * as forExpress from '@tollgate/express'
import tollgate from '@tollgate/fastify'
import * as forKoa from '@tollgate/koa'
import express from 'express'
import expressWs from 'express-ws'
import fastify from 'fastify'
import Koa from 'koa'
import koaWebsocket from 'koa-websocket'
import { onTestFinished } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { listen } from '../harness/listen.ts'

export interface Protection {
  readonly validator: Validator
  readonly guards?: readonly Guard[]
  /** The options of `protect.upgrade`. */
  readonly options?: { readonly origins?: string; readonly firstMessage?: 'accepted' }
  readonly accept: (socket: WebSocket, lease: Lease) => unknown
}

/** Serves WebSockets under `/live` until the test ends. */
export type Serve = (protection: Protection) => Promise<Server>

/** The functions that respond to a refused upgrade. The others close an open WebSocket. */
export const beforeTheUpgrade: ReadonlySet<string> = new Set(['ws', '@fastify/websocket'])

/** `protect()` in front of a handler. */
export const byMiddleware: Readonly<Record<string, Serve>> = {
  '@fastify/websocket': async ({ validator, guards = [], accept }) => {
    const app = fastify()
    await app.register(websocket)
    await app.register(tollgate, { validator })
    app.get('/live', { websocket: true, onRequest: app.protect(...guards) }, (socket, request) => {
      accept(socket, lease(app.auth(request)).bind(socket))
    })
    await app.ready()
    onTestFinished(() => app.close())
    return started(app.server)
  },
  'koa-websocket': async ({ validator, guards = [], accept }) => {
    const protect = forKoa.createProtect(validator)
    const app = koaWebsocket(new Koa())
    app.ws.use(protect(...guards))
    app.ws.use((ctx) => void accept(ctx.websocket, lease(protect.auth(ctx)).bind(ctx.websocket)))
    return startedKoa(app)
  },
  'express-ws': async ({ validator, guards = [], accept }) => {
    const protect = forExpress.createProtect(validator)
    const { app, server } = expressApp()
    app.use(protect(...guards))
    app.ws('/live', (socket, req) => void accept(socket, lease(protect.auth(req)).bind(socket)))
    return started(server)
  },
}

/** `protect.upgrade(…)`. */
export const byUpgrade: Readonly<Record<string, Serve>> = {
  ws: async ({ validator, options = {}, guards = [], accept }) => {
    const server = createServer()
    const upgrade = forExpress.createProtect(validator).upgrade(options, ...guards)
    server.on('upgrade', upgrade.listen(new WebSocketServer({ noServer: true }), accept))
    return started(server)
  },
  'upgrade.open of @fastify/websocket': async ({ validator, options = {}, guards = [], accept }) => {
    const app = fastify()
    await app.register(websocket)
    await app.register(tollgate, { validator })
    const upgrade = app.protect.upgrade(options, ...guards)
    app.get('/live', { websocket: true, config: { auth: false } }, (socket, request) =>
      upgrade.open(socket, request, (opened) => accept(socket, opened)),
    )
    await app.ready()
    onTestFinished(() => app.close())
    return started(app.server)
  },
  'upgrade.open of koa-websocket': async ({ validator, options = {}, guards = [], accept }) => {
    const upgrade = forKoa.createProtect(validator).upgrade(options, ...guards)
    const app = koaWebsocket(new Koa())
    app.ws.use((ctx) => upgrade.open(ctx.websocket, ctx, (opened) => accept(ctx.websocket, opened)))
    return startedKoa(app)
  },
  'upgrade.open of express-ws': async ({ validator, options = {}, guards = [], accept }) => {
    const upgrade = forExpress.createProtect(validator).upgrade(options, ...guards)
    const { app, server } = expressApp()
    app.ws('/live', (socket, req) => void upgrade.open(socket, req, (opened) => accept(socket, opened)))
    return started(server)
  },
}

export const libraries: Readonly<Record<string, Serve>> = { ...byMiddleware, ...byUpgrade }

/** The number of connections that the server has not closed. */
export async function connectionsOf(server: Server): Promise<number> {
  return promisify(server.getConnections.bind(server))()
}

function expressApp(): { app: expressWs.Application; server: Server } {
  const plain = express()
  const server = createServer(plain)
  const { app } = expressWs(plain, server)
  return { app, server }
}

async function started(server: Server): Promise<Server> {
  await listen(server)
  return server
}

async function startedKoa(app: koaWebsocket.App): Promise<Server> {
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise((resolve) => void server.once('listening', resolve))
  return server
}
