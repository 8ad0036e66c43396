import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { AccessToken, RawClaims } from '../access-token.ts'
import { reportBug } from '../diagnostics/channels.ts'
import { deferredOf } from '../guards/deferred.ts'
import type { Guard } from '../guards/guard.ts'
import { type Lease, lease } from '../leases/lease.ts'
import { expectOneOf, expectOptions } from '../lib/invalid-option.ts'
import { expectAllowedOrigins } from '../request/allowed-origins.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { noteOpener } from '../request/same-origin.ts'
import { invalidRequest } from '../responses/refusal.ts'
import type { Validator } from '../validator-methods.ts'
import { bufferMessages, connectionOf, type EarlyMessages, type WebSocket } from './early-messages.ts'
import type { RequestAuth } from './request-auth.ts'
import { cutOffRefused, expectHandshakes, type IoSocket, publicError, tokenOfHandshake } from './socket-io.ts'
import { respondToUpgrade } from './upgrade-response.ts'
import { verifyOrigin } from './verify-origin.ts'

/** The options of `protect.upgrade`. */
export interface UpgradeOptions {
  /**
   * The origins whose pages may connect, each as browsers write it, such as `https://app.example.com`. A connection of
   * another page is 403 `cross-origin`. Clients that are no browsers send no origin. Default: pages of any origin, if
   * they have a token.
   */
  readonly origins?: string | readonly string[] | undefined
  /**
   * `'accepted'`: a WebSocket whose upgrade has no token can send it as its first message, as text, within 5 s. It is
   * open until then. Default: `'ignored'`.
   */
  readonly firstMessage?: 'ignored' | 'accepted' | undefined
}

/** What begins when a connection is accepted. The lease is bound to it. An error closes the WebSocket with 1011. */
type Accept<Claims> = (lease: Lease<Claims>) => unknown

/** Authenticates connections. It closes those that it refuses, and those whose lease has ended. */
export interface Upgrade<Request, Claims = RawClaims> {
  /**
   * A listener for `server.on('upgrade', …)`, with a `WebSocketServer` of `ws` that has `noServer: true`. It responds to a
   * refused upgrade with the status and the challenge of any other request. `accept` is called with each WebSocket.
   */
  listen<Socket extends WebSocket>(
    sockets: WebSocketServer<Socket>,
    accept: (socket: Socket, lease: Lease<Claims>, request: IncomingMessage) => unknown,
  ): (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /**
   * Authenticates a WebSocket that a library has opened already, by the request of its upgrade. Then it calls `accept`.
   * Messages that come before are delivered after it. It never rejects: a refused WebSocket is closed with 1008.
   */
  open(socket: WebSocket, request: Request, accept: Accept<Claims>): Promise<void>
  /**
   * A middleware for `io.use(…)` of Socket.IO. The token is `auth.token` of the handshake, or in the request. The lease is
   * in `socket.data.lease`. A refused client gets `connect_error` with a fixed sentence, and `data` with the status.
   */
  readonly handshake: (socket: IoSocket, next: (error?: Error) => void) => void
}

/** The part of `WebSocketServer` of `ws` that counts. */
interface WebSocketServer<Socket> {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, opened: (socket: Socket) => void): void
}

interface UpgradeParts<Request extends object, Claims> {
  readonly validator: Validator<Claims>
  readonly guard: Guard
  /** Each authenticates a request once, also behind `protect()`. */
  readonly framework: Authentication<Request, Claims>
  /** For requests of Node, which no framework has seen. */
  readonly node: Authentication<IncomingMessage, Claims>
}

type Authentication<Request extends object, Claims> = Pick<
  RequestAuth<Request, Claims>,
  'authenticate' | 'toHttpRequest'
>

type Token<Claims> = AccessToken<Claims> | undefined

export function createUpgrade<Request extends object, Claims>(
  options: UpgradeOptions,
  parts: UpgradeParts<Request, Claims>,
): Upgrade<Request, Claims> {
  const { validator, guard, framework, node } = parts
  const checked = expectOptions(options, 'the options of protect.upgrade', ['origins', 'firstMessage'])
  const origins = checked.origins === undefined ? undefined : expectAllowedOrigins(checked.origins)
  const firstMessage = expectOneOf(checked.firstMessage ?? 'ignored', 'firstMessage', ['ignored', 'accepted'])
  const inRequest = firstMessage === 'accepted' ? 'optional' : 'required'

  /** The origin comes first, because the token of a refused page must not count. */
  async function authenticate<Native extends object>(
    by: Authentication<Native, Claims>,
    request: Native,
    credentials: 'required' | 'optional',
  ): Promise<Token<Claims>> {
    await verifyOrigin(validator, by.toHttpRequest(request), origins)
    return by.authenticate(request, guard, credentials)
  }

  /** A token that came beside the request. The guards see the request. */
  async function validate(text: unknown, request: HttpRequest): Promise<AccessToken<Claims>> {
    const token = await validator.validate(text, deferredOf(guard))
    return validator.authorize(token, request, guard)
  }

  async function serve(
    socket: WebSocket,
    request: HttpRequest,
    work: { readonly token: () => Promise<Token<Claims>>; readonly accept: Accept<Claims> },
  ): Promise<void> {
    const messages = bufferMessages(socket, connectionOf(request))
    try {
      const token = (await work.token()) ?? (await validate(await firstOf(messages), request))
      const accepted = openLease(token).bind(socket)
      // The client can have left meanwhile.
      accepted.signal.throwIfAborted()
      await begin(work.accept, accepted, messages)
    } catch (error) {
      messages.refuse(error)
    }
  }

  async function firstOf(messages: EarlyMessages): Promise<string | undefined> {
    return firstMessage === 'accepted' ? messages.first() : undefined
  }

  return {
    listen: (sockets, accept) => (request, socket, head) => {
      // Without this listener, a connection that breaks in the meantime ends the process.
      const destroy = (): void => void socket.destroy()
      socket.on('error', destroy)
      authenticate(node, request, inRequest)
        .then(
          (token) => {
            socket.off('error', destroy)
            sockets.handleUpgrade(request, socket, head, (opened) => {
              void serve(opened, node.toHttpRequest(request), {
                token: async () => token,
                accept: (accepted) => accept(opened, accepted, request),
              })
            })
          },
          (error: unknown) => respondToUpgrade(request, socket, error),
        )
        // An option of `ws`, such as `handleProtocols`, can throw.
        .catch((error: unknown) => {
          reportBug(error)
          socket.destroy()
        })
    },
    open: async (socket, request, accept) => {
      const token = async (): Promise<Token<Claims>> => authenticate(framework, request, inRequest)
      await serve(socket, framework.toHttpRequest(request), { token, accept })
    },
    handshake: (socket, next) => {
      const { request } = socket
      async function authenticated(): Promise<AccessToken<Claims>> {
        expectHandshakes(socket)
        noteOpener(node.toHttpRequest(request))
        const text = tokenOfHandshake(socket)
        const token = await authenticate(node, request, text === undefined ? 'required' : 'optional')
        if (text !== undefined && token !== undefined) {
          throw invalidRequest('repeated-credentials')
        }
        return token ?? validate(text, node.toHttpRequest(request))
      }
      authenticated()
        .then((token) => {
          socket.data['lease'] = openLease(token).bind(socket)
        })
        .then(
          () => next(),
          (error: unknown) => {
            next(publicError(error))
            cutOffRefused(socket)
          },
        )
    },
  }
}

/** With the `clockTolerance`, the validator accepts a token that has no time left. */
function openLease<Claims>(token: AccessToken<Claims>): Lease<Claims> {
  const opened = lease(token)
  opened.signal.throwIfAborted()
  return opened
}

/** An error of the application closes its WebSocket, and must not end the process. */
async function begin<Claims>(accept: Accept<Claims>, accepted: Lease<Claims>, messages: EarlyMessages): Promise<void> {
  try {
    const begun: unknown = accept(accepted)
    messages.replay()
    await begun
  } catch (error) {
    reportBug(error)
    throw error
  }
}
