import type { Hook } from './types.ts'
import type { ProtectedReply, ProtectedRequest } from './request.ts'

/** Form bodies that may carry the token (RFC 6750 §2.2) are parsed after `onRequest`. */
export interface LateForms {
  /** Whether the judgement has to wait for the body: only on routes that are sure to come back to it. */
  readonly awaits: (request: ProtectedRequest) => boolean
  readonly put: (request: ProtectedRequest, judge: Hook) => void
  /** For `onRoute`: the route comes back to it before its handler, in `preValidation`. */
  readonly prepare: (route: LateRoute) => void
}

interface LateRoute {
  config?: object
  preValidation?: unknown
}

export function createLateForms(formBody: 'ignored' | 'accepted'): LateForms {
  const comesBack = Symbol('comes back to form bodies')
  const waiting = new WeakMap<ProtectedRequest, readonly Hook[]>()

  async function judgeAll(request: ProtectedRequest, reply: ProtectedReply): Promise<unknown> {
    for (const judge of waiting.get(request) ?? []) {
      await judge(request, reply)
      if (reply.sent) {
        return reply
      }
    }
    return undefined
  }

  return {
    awaits: (request) =>
      formBody === 'accepted' &&
      request.body === undefined &&
      /^application\/x-www-form-urlencoded *(;|$)/i.test(request.headers['content-type'] ?? '') &&
      comesBack in request.routeOptions.config,
    put: (request, judge) => waiting.set(request, [...(waiting.get(request) ?? []), judge]),
    prepare: (route) => {
      if (formBody === 'accepted') {
        route.preValidation = [judgeAll, route.preValidation ?? []].flat()
        route.config = { ...route.config, [comesBack]: true }
      }
    },
  }
}
