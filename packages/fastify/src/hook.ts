import { type Authenticate, type AuthResult, type ErrorResponse, writeErrorResponse } from '@tollgate/core/adapter'
import type { Hook } from './augment.ts'
import { readForm, resumeBody } from './form.ts'
import type { ProtectedReply, ProtectedRequest, RouteAuth } from './request.ts'

/** What the hooks of a scope depend on. */
export interface ScopeRules {
  /** The `config: { auth }` of the route. `undefined` too when a nearer scope is responsible for it. */
  readonly authOf: (request: ProtectedRequest) => RouteAuth | undefined
  readonly formBody: 'ignored' | 'accepted'
}

interface HookOptions<Claims> extends ScopeRules {
  readonly authenticate: Authenticate<ProtectedRequest, Claims>
  /** The same, for a route whose config says `'optional'`. */
  readonly optional: Authenticate<ProtectedRequest, Claims>
}

/**
 * The hook of `app.protect(…)`: the request continues or gets its response. Errors are for Fastify's error handling.
 */
export function toHook<Claims>({ authenticate, optional, authOf, formBody }: HookOptions<Claims>): Hook {
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
    return token === undefined ? respondOrContinue(await chosen(request), request, reply) : setAuth(request, token)
  }
}

/** The response of a refusal passes the `onSend` hooks. A hook of ours among them must not refuse again. */
const refused = new WeakSet<ProtectedRequest>()

function setAuth(request: ProtectedRequest, token: unknown): undefined {
  request.auth = token
}

async function respondOrContinue<Claims>(
  result: AuthResult<Claims>,
  request: ProtectedRequest,
  reply: ProtectedReply,
): Promise<unknown> {
  if (result.error !== undefined) {
    resumeBody(request.raw)
    throw result.error
  }
  if (result.response === undefined) {
    return setAuth(request, result.token)
  }
  if (reply.sent) {
    return reply
  }
  refused.add(request)
  respond(reply, result.response)
  resumeBody(request.raw)
  return sent(request, reply)
}

/** The body is sent as text, because a response schema of the application does not apply to it. */
function respond(reply: ProtectedReply, response: ErrorResponse): void {
  writeErrorResponse(response, {
    set: (name, value) => reply.header(name, value),
    append: (name, value) => {
      const existing = [reply.getHeader(name) ?? []].flat()
      reply.header(name, existing.length === 0 ? value : [...existing, value])
    },
    end: (status, body) => {
      reply.code(status)
      reply.send(body)
    },
  })
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
