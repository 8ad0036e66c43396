import type { Hook } from './app-protect.ts'
import type { RouteAuth, RoutedRequest } from './request.ts'

/** The hooks of a request before its handler. */
export const earlyHooks = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const

/** How the `config: { auth }` of a route changes a hook of `app.protect(…)`. */
type AuthOf = (request: RoutedRequest) => RouteAuth | undefined
/** The hook that a hook of the plugin calls for a route. */
type Choose = (request: RoutedRequest) => Hook | undefined

const rules = new WeakMap<object, AuthOf>()
const choices = new WeakMap<object, Choose>()

export function noteRules(hook: Hook, authOf: AuthOf): Hook {
  rules.set(hook, authOf)
  return hook
}

export function noteChoice(hook: Hook, choose: Choose): Hook {
  choices.set(hook, choose)
  return hook
}

/** The hook of `app.protect(…)` behind a hook, and the `config: { auth }` that changes it. `undefined` for a foreign hook. */
export function resolveHook(
  hook: unknown,
  request: RoutedRequest,
): { readonly hook: Hook; readonly auth: RouteAuth | undefined } | undefined {
  if (typeof hook !== 'function') {
    return undefined
  }
  const chosen = choices.has(hook) ? choices.get(hook)?.(request) : (hook as Hook)
  return chosen === undefined || !rules.has(chosen) ? undefined : { hook: chosen, auth: rules.get(chosen)?.(request) }
}
