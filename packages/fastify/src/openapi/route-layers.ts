import { type Layer, protectionOf } from '@tollgate/core/openapi'
import type { RouteOptions } from 'fastify'
import { earlyHooks, resolveHook } from '../hook-rules.ts'

/** A route, and the scope that has it. */
export interface FoundRoute {
  readonly scope: object
  readonly route: RouteOptions
}

/** The protections that a request to a route passes: those of its scope, of its options and of its config. */
export function layersOf({ scope, route }: FoundRoute): readonly Layer[] {
  const request = { server: scope, routeOptions: { url: route.url, config: route.config ?? {} } }
  const hooks = earlyHooks.flatMap((name): readonly unknown[] => [
    ...hooksOf(scope)[name],
    ...[route[name] ?? []].flat(),
  ])
  return hooks.flatMap((hook): readonly Layer[] => {
    const resolved = resolveHook(hook, request)
    const protection = resolved && protectionOf(resolved.hook)
    if (protection === undefined || resolved?.auth === false || protection.isExempt(request)) {
      return []
    }
    return [resolved?.auth === 'optional' ? { ...protection, credentials: 'optional' } : protection]
  })
}

type Hooks = Readonly<Record<(typeof earlyHooks)[number], readonly unknown[]>>

/** Fastify adds these hooks of a scope to its routes when the app is ready. It has no public list of them. */
function hooksOf(scope: object): Hooks {
  const key = Object.getOwnPropertySymbols(scope).find(({ description }) => description === 'fastify.hooks')
  const hooks = key === undefined ? undefined : (scope as Readonly<Record<symbol, Hooks | undefined>>)[key]
  if (hooks === undefined || !earlyHooks.every((name) => Array.isArray(hooks[name]))) {
    throw new TypeError('Expected Fastify 5, whose scopes list their hooks: this version of Fastify has changed')
  }
  return hooks
}
