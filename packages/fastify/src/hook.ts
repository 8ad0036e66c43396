import {
  type Authenticate,
  type AuthResult,
  type ErrorResponse,
  type MetadataResponse,
  type ResponseWriter,
  writeErrorResponse,
  writeHeaders,
} from '@tollgate/core/adapter'
import type { Hook } from './app-protect.ts'
import { readForm, resumeBody } from './form.ts'
import type { ProtectedReply, ProtectedRequest, RouteAuth } from './request.ts'

/** What the hooks of a scope depend on. */
export interface ScopeRules {
  /** The `config: { auth }` of the route. `undefined` too when a nearer scope is responsible for it. */
  readonly authOf: (request: ProtectedRequest) => RouteAuth | undefined
  readonly formBody: 'ignored' | 'accepted'
  /** The name of the member of the request that receives the token. */
  readonly name: string
}

interface HookOptions<Claims> extends ScopeRules {
  readonly authenticate: Authenticate<ProtectedRequest, Claims>
  /** The same, for a route whose config says `'optional'`. */
  readonly optional: Authenticate<ProtectedRequest, Claims>
}

/**
 * The hook of `app.protect(…)`: the request continues or gets its response. Errors are for Fastify's error handling.
 */
export function toHook<Claims>({ authenticate, optional, authOf, formBody, name }: HookOptions<Claims>): Hook {
  return async (request, reply) => {
    if (refused.has(request)) {
      return undefined
    }
    if (reply.sent) {
      throw new TypeError('Expected app.protect(…) as `onRequest` of a scope or a route: it ran after the response')
    }
    const auth = authOf(request)
    if (auth === false) {
      return undefined
    }
    const chosen = auth === 'optional' ? optional : authenticate
    if (formBody === 'accepted') {
      await readForm(request, reply)
    }
    const token = chosen.known(request)
    if (token !== undefined) {
      return setAuth(request, name, token)
    }
    const result = await chosen(request)
    if (!isToken(result)) {
      return respond(result, request, reply)
    }
    writeHeaders(result.headers, writerOf(reply))
    return setAuth(request, name, result.token)
  }
}

/** The hook of `app.protect.metadata()`. */
export function toMetadataHook(respondTo: (request: ProtectedRequest) => Promise<MetadataResponse> | undefined): Hook {
  return async (request, reply) => {
    const response = await respondTo(request)
    return response === undefined || reply.sent ? undefined : writeMetadata(response, request, reply)
  }
}

/** The response of a refusal passes the `onSend` hooks. A hook of ours among them must not refuse again. */
const refused = new WeakSet<ProtectedRequest>()

function setAuth(request: ProtectedRequest, name: string, token: unknown): undefined {
  // The plugin decorated the request with this member.
  ;(request as unknown as Record<string, unknown>)[name] = token
}

function isToken<Claims>(result: AuthResult<Claims>): result is Extract<AuthResult<Claims>, { token: unknown }> {
  return result.error === undefined && result.response === undefined && result.metadata === undefined
}

async function respond<Claims>(
  result: Exclude<AuthResult<Claims>, { token: unknown }>,
  request: ProtectedRequest,
  reply: ProtectedReply,
): Promise<unknown> {
  if (result.error !== undefined) {
    resumeBody(request.raw)
    throw result.error
  }
  if (reply.sent) {
    return reply
  }
  if (result.metadata !== undefined) {
    return writeMetadata(result.metadata, request, reply)
  }
  refused.add(request)
  write(result.response, reply as WritableReply)
  resumeBody(request.raw)
  return sent(request, reply)
}

function writeMetadata(response: MetadataResponse, request: ProtectedRequest, reply: ProtectedReply): typeof reply {
  const { status, headers, body } = response
  const writable = reply as WritableReply
  Object.entries(headers).forEach(([name, value]) => writable.header(name, value))
  writable.code(status)
  writable.send(body ?? undefined)
  resumeBody(request.raw)
  return reply
}

/** Each route has its own types for these methods. */
interface WritableReply extends ProtectedReply {
  code(status: number): unknown
  send(payload: string | undefined): unknown
}

/** The body is sent as text, because a response schema of the application does not apply to it. */
function write(response: ErrorResponse, reply: WritableReply): void {
  writeErrorResponse(response, {
    ...writerOf(reply),
    end: (status, body) => {
      reply.code(status)
      reply.send(body)
    },
  })
}

function writerOf(reply: ProtectedReply): Pick<ResponseWriter, 'set' | 'append'> {
  return {
    set: (name, value) => reply.header(name, value),
    append: (name, value) => {
      const existing = [reply.getHeader(name) ?? []].flat()
      reply.header(name, existing.length === 0 ? value : [...existing, value])
    },
  }
}

/**
 * Waits until the response is sent. A client may leave while `onSend` hooks work on it. Then the reply counts as finished
 * but not as sent, and Fastify would continue to the handler. A hook that never ends prevents that.
 */
async function sent({ raw }: ProtectedRequest, reply: ProtectedReply): Promise<ProtectedReply> {
  await new Promise((resolve) => {
    reply.then(() => resolve(undefined), resolve)
  })
  if (raw.upgrade === true) {
    // Without this, a refused upgrade leaves an open socket. @fastify/websocket closes only sockets that its own hook
    // has seen.
    raw.socket.destroySoon()
  }
  return reply.sent ? reply : new Promise(() => undefined)
}
