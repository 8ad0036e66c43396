import { type AuthResult, type Authenticate, type Answer, isLater, type Soon, writeErrorResponse } from '@tollgate/core/adapter'
import { letGo, readForm } from './form.ts'
import type { ProtectedReply, ProtectedRequest } from './request.ts'
import type { RouteAuth } from './route-auth.ts'
import type { Hook } from './augment.ts'

/** What the hooks of a scope go by. */
export interface ScopeRules {
  /** What the route says in `config: { auth }`; `undefined` as well when that is for a nearer scope to hear. */
  readonly authOf: (request: ProtectedRequest) => RouteAuth | undefined
  readonly formBody: 'ignored' | 'accepted'
}

interface Judging<Claims> extends ScopeRules {
  readonly admit: Authenticate<ProtectedRequest, Claims>
  readonly admitOptional: Authenticate<ProtectedRequest, Claims>
}

/** What `app.protect(…)` gives: it lets the request on, or answers it. Errors are for Fastify's error handling. */
export function toHook<Claims>({ admit, admitOptional, authOf, formBody }: Judging<Claims>): Hook {
  return (request, reply, ...rest) => {
    const auth = authOf(request)
    if (auth === false) {
      return letOn(rest)
    }
    const judge = auth === 'optional' ? admitOptional : admit
    if (formBody === 'accepted') {
      return readForm(request, reply).then(() => proceed(judge(request), request, reply))
    }
    const admission = judge(request)
    if (isLater(admission) || admission.failure !== undefined || admission.answer !== undefined) {
      return proceed(admission, request, reply)
    }
    request.auth = admission.token
    return letOn(rest)
  }
}

/** Who calls the hook by hand, without a callback, has a promise as well. */
function letOn(rest: readonly unknown[]): Promise<unknown> | undefined {
  const done = rest.at(-1)
  if (typeof done !== 'function') {
    return Promise.resolve()
  }
  done()
  return undefined
}

async function proceed<Claims>(
  judged: Soon<AuthResult<Claims>>,
  request: ProtectedRequest,
  reply: ProtectedReply,
): Promise<unknown> {
  const admission = await judged
  if (admission.failure !== undefined) {
    letGo(request.raw)
    throw admission.failure
  }
  if (admission.answer === undefined) {
    request.auth = admission.token
    return undefined
  }
  if (reply.sent) {
    return reply
  }
  send(reply, admission.answer)
  letGo(request.raw)
  return sent(request, reply)
}

/** As text, for a response schema of the app is not for it. */
function send(reply: ProtectedReply, answer: Answer): void {
  writeErrorResponse(answer, {
    set: (name, value) => reply.header(name, value),
    append: (name, value) => {
      const there = [reply.getHeader(name) ?? []].flat()
      reply.header(name, there.length === 0 ? value : [...there, value])
    },
    end: (status, body) => {
      reply.code(status)
      reply.send(body)
    },
  })
}

/**
 * A client that leaves while `onSend` hooks still work on the answer makes Fastify take the reply for done and, since it was not sent, go on to
 * the handler. Nothing may follow a refusal: that hook never ends.
 */
async function sent({ raw }: ProtectedRequest, reply: ProtectedReply): Promise<ProtectedReply> {
  await new Promise((resolve) => {
    reply.then(() => resolve(undefined), resolve)
  })
  if (raw.upgrade === true) {
    // Of an upgrade a socket is left that nobody reads. @fastify/websocket closes those that have come as far as its own hook.
    raw.socket.destroySoon()
  }
  return reply.sent ? reply : new Promise(() => undefined)
}
