import type { IncomingHttpHeaders } from 'node:http'
import type { ExecutionContext } from '@nestjs/common'
import type { Connection, HttpRequest } from '@tollgate/core'
import {
  createServerRequest,
  expressTrustsPeer,
  fastifyTrustsPeer,
  memberOf,
  nodeHeaders,
} from '@tollgate/core/adapter'
import { isUpgraded, type RawRequest, socketOfMercurius } from './mercurius-socket.ts'
import { upgradeRequestOf } from './upgrade-requests.ts'

/** The parts of a request of Express, Fastify or Node that Tollgate uses. Fastify has `rawHeaders` in `raw`. */
export interface NestRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly originalUrl?: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders?: readonly string[] | undefined
  readonly raw?: RawRequest | undefined
  readonly socket?: unknown
  readonly body?: unknown
  /** The parameters of the route, after Express or Fastify has matched it. */
  readonly params?: unknown
}

/** The calls of handlers that Tollgate can authenticate. */
export type CallType = 'http' | 'graphql' | 'ws'

/** The request that carries the credentials of a call. */
export interface CallRequest {
  readonly request: NestRequest
  /** The socket over which the call came. It lives longer than the request that opened it. */
  readonly socket?: Socket
}

/** A call over a socket. */
export type SocketCall = Required<CallRequest>

export interface Socket {
  /** The object that stands for it. */
  readonly connection: object
  /** `undefined` if the server does not say how to close it. */
  readonly closable: Connection | undefined
  /** Credentials beside the headers: the `auth` of a Socket.IO handshake, or the `connectionParams` of graphql-ws. */
  readonly handshake: unknown
  /** The header lines that the client sent, if the headers of the request have others too. */
  readonly headers?: HttpRequest['headers']
}

export function typeOf(context: ExecutionContext): CallType {
  const type = context.getType<string>()
  if (type !== 'http' && type !== 'graphql' && type !== 'ws') {
    throw new TypeError(
      `Expected a call by HTTP, GraphQL or WebSocket, or a handler that is @Public(), got ${type === 'rpc' ? 'a message of a microservice, which carries no HTTP credentials' : 'a call of an unknown type'}`,
    )
  }
  return type
}

/** The object that stands for a call: the request, the `info` of a GraphQL field, or the client of a socket. */
export function callOf(context: ExecutionContext): object | undefined {
  const type = typeOf(context)
  const call: unknown = type === 'graphql' ? graphqlArgsOf(context).info : context.getArgByIndex(0)
  return typeof call === 'object' && call !== null ? call : undefined
}

export function requestOf(context: ExecutionContext): CallRequest {
  switch (typeOf(context)) {
    case 'http':
      return { request: expectRequest(context.getArgByIndex(0), 'request') }
    case 'graphql':
      return requestOfGraphql(graphqlArgsOf(context).context)
    case 'ws':
      return requestOfSocket(context.getArgByIndex(0))
  }
}

export function toHttpRequest(request: NestRequest): HttpRequest {
  const { method = 'GET', originalUrl, url = '/', headers, rawHeaders, raw, body } = request
  const lines = nodeHeaders({ rawHeaders: rawHeaders ?? raw?.rawHeaders, headers })
  const socket = raw?.socket ?? request.socket
  const init = { method, url: originalUrl ?? url, headers: lines, form: body, native: request, socket }
  return createServerRequest(init, raw === undefined ? expressTrustsPeer : fastifyTrustsPeer)
}

/** The GraphQL context and `info` of a call. Reference resolvers get no `args`. */
export function graphqlArgsOf(context: ExecutionContext): { readonly context: unknown; readonly info: unknown } {
  const args: readonly unknown[] = context.getArgs()
  return args.length === 3 ? { context: args[1], info: args[2] } : { context: args[2], info: args[3] }
}

interface GraphqlContext {
  readonly req?: unknown
  readonly reply?: { readonly request?: unknown } | undefined
  /** mercurius, for a query over a socket. */
  readonly request?: unknown
  readonly extra?: { readonly request?: unknown; readonly socket?: unknown } | undefined
  readonly connectionParams?: unknown
}

/** The drivers of Nest put the request into `req`. In a subscription, `req` is the context of graphql-ws. */
function requestOfGraphql(graphql: unknown): CallRequest {
  const context = asContext(graphql)
  const socket = [context, asContext(context.req)].find(({ extra }) => isRequest(extra?.request))
  if (socket !== undefined) {
    const request = expectRequest(socket.extra?.request, 'upgrade request')
    const closable = closableOf(socket.extra?.socket)
    return { request, socket: { connection: request, closable, handshake: socket.connectionParams } }
  }
  const request = expectRequest(
    context.req ?? context.reply?.request ?? context.request,
    'request as `req` of the GraphQL context',
  )
  return isUpgraded(request) ? { request, socket: socketOfMercurius(request) } : { request }
}

function asContext(value: unknown): GraphqlContext {
  return typeof value === 'object' && value !== null ? value : {}
}

interface SocketIoClient {
  readonly request?: unknown
  readonly handshake?: { readonly auth?: unknown } | undefined
}

/** Socket.IO has the request of the handshake. For `ws`, Tollgate records the request of the upgrade. */
export function requestOfSocket(client: SocketIoClient): SocketCall {
  const request = upgradeRequestOf(client) ?? client.request
  return {
    request: expectRequest(request, 'upgrade request of the socket (a gateway must not assign `handleConnection`)'),
    socket: { connection: client, closable: closableOf(client), handshake: client.handshake?.auth },
  }
}

/** The clients of another `WebSocketAdapter` may have other methods. */
function closableOf(socket: unknown): Connection | undefined {
  const isKnown = ['close', 'disconnect'].some((name) => typeof memberOf(socket, name) === 'function')
  return isKnown ? (socket as Connection) : undefined
}

function expectRequest(request: unknown, what: string): NestRequest {
  if (!isRequest(request)) {
    throw new TypeError(`Expected the ${what}, got another value: a call without its request cannot be authenticated`)
  }
  return request
}

function isRequest(value: unknown): value is NestRequest {
  const { headers, method } = (typeof value === 'object' && value !== null ? value : {}) as Partial<NestRequest>
  return typeof headers === 'object' && typeof method === 'string'
}
