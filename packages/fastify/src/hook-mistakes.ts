import { invalidOption, isGuard } from '@tollgate/core/adapter'
import type { FastifyInstance, RouteOptions } from 'fastify'
import type { Protect } from './app-protect.ts'
import { earlyHooks } from './hook-rules.ts'
import { rootOf } from './scope.ts'

const lateHooks = ['preSerialization', 'onSend', 'onResponse', 'onError', 'onTimeout', 'onRequestAbort'] as const

/** The hooks that `app.protect(…)` returned, in any scope. */
const hooks = new WeakSet<object>()
/** The hooks that `app.protect.metadata()` returned. They protect nothing. */
const metadataHooks = new WeakSet<object>()
/** The functions of the app that are no hooks: `app.protect` itself, and `app.protect.optional`. */
const factories = new WeakMap<object, string>()

/** Marks a hook of `app.protect(…)`, so that it is found where it protects nothing. */
export function markHook<Hook extends object>(hook: Hook): Hook {
  hooks.add(hook)
  return hook
}

/** Marks a hook of `app.protect.metadata()`. */
export function markMetadataHook<Hook extends object>(hook: Hook): Hook {
  metadataHooks.add(hook)
  return hook
}

/** Marks the functions of an `app.protect`, so that a forgotten call is found. */
export function markFactories(protect: Protect): void {
  factories
    .set(protect, 'app.protect')
    .set(protect.optional, 'app.protect.optional')
    .set(protect.unless, 'app.protect.unless')
    .set(protect.metadata, 'app.protect.metadata')
    .set(protect.auth, 'app.protect.auth')
    .set(protect.optional.auth, 'app.protect.optional.auth')
}

/** Whether one of the hooks before the handler of this route comes from `app.protect(…)`, of any scope. */
export function isProtected(route: RouteOptions): boolean {
  return earlyHooks.some((name) => [route[name]].flat().some((hook) => isIn(hooks, hook)))
}

/** Throws for a hook of ours that runs after the handler, and for an `app.protect` that is not called. */
export function expectEarlyHooks(route: RouteOptions): void {
  expectNotMisplaced(route)
  for (const name of [...earlyHooks, ...lateHooks]) {
    for (const hook of [route[name]].flat()) {
      expectHook(name, hook, ` of the route ${route.url}`)
    }
  }
  if (isIn(hooks, route.handler) || isIn(metadataHooks, route.handler) || isIn(factories, route.handler)) {
    throw invalidOption(
      `Expected app.protect(…) as \`onRequest\` of the route ${route.url}, got it as the handler: app.get(path, { onRequest: app.protect(…) }, handler)`,
    )
  }
}

/** Fastify ignores a hook or a guard in another member of a route, and in its `config` or `schema`. */
function expectNotMisplaced(route: RouteOptions): void {
  const { config = {}, schema = {} } = route
  const others = Object.entries(route).filter(
    ([name]) => ![...earlyHooks, ...lateHooks, 'handler'].some((hook) => hook === name),
  )
  const members = [
    ...others,
    ...Object.entries(config).filter(([name]) => name !== 'auth'),
    ...Object.entries(schema as object),
  ]
  for (const [name, value] of members) {
    const values: readonly unknown[] = [value].flat()
    if (values.some((one) => isIn(hooks, one) || isIn(factories, one) || isGuard(one))) {
      throw invalidOption(
        `Expected app.protect(…) as \`onRequest\` of the route ${route.url}, or guards as its \`config: { auth }\`, got one as \`${name}\`, which Fastify ignores`,
      )
    }
  }
}

/**
 * Checks the hooks that this scope and the scopes within add later. Fastify offers no event for them. A hook that runs
 * after the handler would leave the routes of the scope open, or would freeze the response.
 *
 * The hook of `app.protect.metadata()` is added at the top, because the metadata has no route: for a path without a route,
 * Fastify runs only the hooks at the top.
 */
export function checkAddedHooks(app: FastifyInstance): void {
  const scope = app as { addHook: (this: FastifyInstance, name: string, hook: unknown) => FastifyInstance }
  const { addHook } = scope
  scope.addHook = function addCheckedHook(this: FastifyInstance, name: string, hook: unknown) {
    expectHook(name, hook, ' of a scope')
    if (isIn(metadataHooks, hook)) {
      addHook.call(rootOf(this), name, hook)
      return this
    }
    return addHook.call(this, name, hook)
  }
}

function expectHook(name: string, hook: unknown, place: string): void {
  const factory = typeof hook === 'function' ? factories.get(hook) : undefined
  if (factory !== undefined) {
    const call = factory.endsWith('auth') ? 'app.protect' : factory
    throw invalidOption(`Expected ${call}(…) as \`${name}\`${place}, got ${factory} itself: call it, ${call}()`)
  }
  if ((isIn(hooks, hook) || isIn(metadataHooks, hook)) && !earlyHooks.some((one) => one === name)) {
    throw invalidOption(
      `Expected app.protect(…) as \`onRequest\`${place}, got it as \`${name}\`, which does not run before the handler`,
    )
  }
}

function isIn(set: { has(value: object): boolean }, value: unknown): boolean {
  return typeof value === 'function' && set.has(value)
}
