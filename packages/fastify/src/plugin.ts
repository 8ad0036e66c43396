// oxlint-disable typescript/no-unnecessary-type-arguments -- applications declare TypedClaims
import { expectProtectOptions, expectOptions, invalidOption, type ProtectSettings } from '@tollgate/core/adapter'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { decorateScope } from './decorate.ts'
import { replayForms } from './form.ts'
import { checkAddedHooks, expectEarlyHooks, isProtected, markFactories } from './hook-mistakes.ts'
import { noteChoice } from './hook-rules.ts'
import type { RoutedRequest } from './request.ts'
import { closeOtherScopes } from './other-scopes.ts'
import { createProtect } from './protect.ts'
import { authOf, authOfFinal, createRouteHooks, fixAuth } from './route-auth.ts'
import { isRegisteredIn, nearestTo, setNearest } from './scope.ts'
import type { Hook, Protect } from './app-protect.ts'
import type { TollgateOptions } from './options.ts'
import type { TypedClaims } from './token-types.ts'

/**
 * The plugin that protects a Fastify API with OAuth 2.0 access tokens: `await app.register(tollgate, options)`, before
 * the routes. It adds `app.protect(…guards)` for `onRequest` of a route or of a scope, `config: { auth }` for routes,
 * and `app.auth(request)` and `request.auth` for handlers. A scope can register it again with other options.
 *
 * It validates tokens as `createValidator` says. It responds itself: 400, 401 or 403 with the challenge of RFC 6750 §3,
 * or 503 with `Retry-After` when the token cannot be validated. It closes its validator with the app.
 *
 * It checks the hooks and the `config` of the routes in its scope. It does not protect the routes of other scopes, except
 * that one with guards in its `config` is 500.
 *
 * It rejects with a `TypeError` with `code: 'ERR_INVALID_OPTION'` for invalid options, and for a name that another
 * plugin owns. The message says how to fix them.
 */
export const tollgate: FastifyPluginAsync<TollgateOptions> = fastifyPlugin(register, {
  fastify: '5.x',
  name: '@tollgate/fastify',
})

async function register(app: FastifyInstance, options: TollgateOptions): Promise<void> {
  if (isRegisteredIn(app)) {
    throw invalidOption(
      'Expected @tollgate/fastify once in a scope: register it at the top, or in scopes beside each other with options of their own',
    )
  }
  const outer = nearestTo(app)
  const protection = protectionBy(options)
  const { validator, decorate: name } = protection
  const { formBody } = validator
  const { protect, uncheckedProtect } = createProtect(app, protection, {
    name,
    formBody,
    authOf: ({ server, routeOptions }) => (isNearest(server) ? authOfFinal(routeOptions.config) : undefined),
  })
  const isNearest = (scope: object): boolean => nearestTo(scope)?.protect === protect

  decorateScope(app, protect, name, outer)
  setNearest(app, { protect, members: new Set([...(outer?.members ?? []), name]) })
  markFactories(protect)
  if (outer === undefined) {
    checkAddedHooks(app)
    closeOtherScopes(app)
  }
  if (formBody === 'accepted') {
    replayForms(app)
  }
  followConfig(app, uncheckedProtect, isNearest)
  if (options.validator === undefined) {
    app.addHook('onClose', () => validator.close())
  }
}

function protectionBy(options: TollgateOptions): ProtectSettings<TypedClaims> {
  if (options.validator === undefined) {
    return expectProtectOptions<TypedClaims>(options)
  }
  const names = ['validator', 'errors', 'preflights', 'decorate', 'origin']
  const { validator, ...rest } = expectOptions(options, 'the options beside a validator', names)
  return expectProtectOptions(validator, rest)
}

/**
 * Applies `config: { auth }` of the routes in this scope, except for routes of a scope within that has its own
 * registration.
 */
function followConfig(app: FastifyInstance, protect: Protect, isNearest: (scope: object) => boolean): void {
  const hookOf = createRouteHooks(protect)

  app.addHook('onRoute', function (route) {
    expectEarlyHooks(route)
    const auth = isNearest(this) ? authOf(route.config, route.url) : undefined
    if (auth === undefined) {
      return
    }
    fixAuth(route, auth)
    if (auth !== false) {
      hookOf(auth)
    }
    if ((auth === false || auth === 'optional') && isProtected(route)) {
      throw invalidOption(
        `Expected either \`config: { auth: ${auth === false ? 'false' : "'optional'"} }\` or app.protect(…) on the route ${route.url}, got both`,
      )
    }
  })

  // A hook of the scope, and not of the route, applies to routes that existed before.
  const hookFor = ({ server, routeOptions }: RoutedRequest): Hook | undefined => {
    const auth = isNearest(server) ? authOfFinal(routeOptions.config) : undefined
    return auth === undefined || auth === false ? undefined : hookOf(auth)
  }
  app.addHook(
    'onRequest',
    noteChoice(async (request, reply) => hookFor(request)?.(request, reply), hookFor),
  )
}
