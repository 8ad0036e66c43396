import type { FastifyInstance } from 'fastify'
import type { ProtectedRequest } from './request.ts'
import type { Hook } from './types.ts'

/** Form bodies that may carry the token (RFC 6750 §2.2) are parsed after `onRequest`. */
export interface LateForms {
  /** Whether the judgement has to wait for the body: only of a request that is sure to come back to it. */
  readonly awaits: (request: ProtectedRequest) => boolean
  readonly put: (request: ProtectedRequest, judge: Hook) => void
}

/**
 * What comes back is told by hooks of the scope, which a request passes both or neither. Nothing on the route would do: whoever copies or changes
 * a route could take the coming back away and leave the waiting.
 */
export function createLateForms(app: FastifyInstance, formBody: 'ignored' | 'accepted'): LateForms {
  const waiting = new WeakMap<ProtectedRequest, Hook[]>()

  if (formBody === 'accepted') {
    app.addHook('onRequest', async (request) => void waiting.set(request, []))
    app.addHook('preValidation', async (request, reply) => {
      const judges = waiting.get(request) ?? []
      // From here on nothing waits: there is a body, or there will be none.
      waiting.delete(request)
      for (const judge of judges) {
        await judge(request, reply)
        if (reply.sent) {
          return reply
        }
      }
      return undefined
    })
  }

  return {
    awaits: (request) =>
      waiting.has(request) &&
      request.body === undefined &&
      /^application\/x-www-form-urlencoded *(;|$)/i.test(request.headers['content-type'] ?? ''),
    put: (request, judge) => void waiting.get(request)?.push(judge),
  }
}
