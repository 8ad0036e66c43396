// oxlint-disable typescript/no-unnecessary-type-arguments -- applications declare TypedClaims
import type { HttpRequest } from '@tollgate/core'
import {
  createProtectFor,
  createServerRequest,
  fastifyTrustsPeer,
  invalidOption,
  nodeHeaders,
  protectByOf,
  type ProtectSettings,
  setProtectBy,
} from '@tollgate/core/adapter'
import type { FastifyInstance } from 'fastify'
import { formOf } from './form.ts'
import { type ScopeRules, toHook, toMetadataHook } from './hook.ts'
import { markHook, markMetadataHook } from './hook-mistakes.ts'
import { noteRules } from './hook-rules.ts'
import type { ProtectedRequest } from './request.ts'
import type { Hook, Protect } from './app-protect.ts'
import type { TypedClaims } from './token-types.ts'

/** The `protect` of a scope, for the application and for the plugin itself. */
interface ScopeProtect {
  /** `app.protect`: it takes guards and returns a hook. It throws a `TypeError` once the app is ready. */
  readonly protect: Protect
  /** The same at any time. The plugin first sees a route from before its registration when a request comes. */
  readonly uncheckedProtect: Protect
}

/**
 * Creates `app.protect`. A route whose config says `'optional'` makes the hook of its scope optional. Fastify accepts no
 * routes and hooks once it is ready. A later `app.protect(…)` is a mistake: a handler calls it and stays open.
 */
export function createProtect(
  app: FastifyInstance,
  protection: ProtectSettings<TypedClaims>,
  rules: ScopeRules,
): ScopeProtect {
  const uncheckedProtect: Protect = createProtectFor(protection, {
    toHttpRequest,
    // The function below checks the calls of the application.
    expectAtStart: () => undefined,
    toMetadata: (respondTo) => markMetadataHook(toMetadataHook(respondTo)),
    isAt: ({ routeOptions }, path) => routeOptions.url === path,
    toMiddleware: (authenticate, optional) =>
      noteRules(markHook(toHook({ authenticate, optional, ...rules })), rules.authOf),
  })
  const state = { isReady: false }
  app.addHook('onReady', async () => {
    state.isReady = true
  })

  function atStart<Args extends readonly unknown[], Result>(create: (...args: Args) => Result): typeof create {
    return (...args) => {
      if (state.isReady) {
        throw invalidOption(
          'Expected app.protect(…) as `onRequest` of a route or of a scope, got a call after the app is ready: a handler or hook that calls it protects nothing',
        )
      }
      return create(...args)
    }
  }
  const { auth, metadata, optional, unless, upgrade, validator } = uncheckedProtect
  const protect = Object.assign(atStart(uncheckedProtect), {
    auth,
    optional: Object.assign(atStart(optional), { auth: optional.auth }),
    unless: atStart(unless),
    metadata: atStart(metadata),
    upgrade: atStart(upgrade) as typeof upgrade,
    validator,
  })
  setProtectBy(protect, atStart(protectByOf<ProtectedRequest, Hook>(uncheckedProtect)))
  return { protect, uncheckedProtect }
}

export function toHttpRequest(request: ProtectedRequest): HttpRequest {
  const { raw, headers, method, originalUrl } = request
  const lines = nodeHeaders({ rawHeaders: raw.rawHeaders, headers })
  const init = { method, url: originalUrl, headers: lines, form: formOf(request), native: request, socket: raw.socket }
  return createServerRequest(init, fastifyTrustsPeer)
}
