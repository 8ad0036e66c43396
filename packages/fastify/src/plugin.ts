// oxlint-disable typescript/no-unnecessary-type-arguments -- applications declare TypedClaims
import { expectProtectOptions, expectOptions, invalidOption, type ProtectSettings } from '@tollgate/core/adapter'
import type { FastifyInstance, FastifyPluginAsync, RouteOptions } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { replayForms } from './form.ts'
import { createProtect, isAmong } from './protect.ts'
import { authOf, createRouteHooks } from './route-auth.ts'
import type { Protect, TollgateOptions, TypedClaims } from './augment.ts'

/**
 * The plugin that protects a Fastify API with OAuth 2.0 access tokens: `await app.register(tollgate, options)`, before
 * the routes. It adds `app.protect(…guards)` for `onRequest` of a route or of a scope, `config: { auth }` for routes,
 * and `app.auth(request)` and `request.auth` for handlers. A scope can register it again with other options.
 *
 * It validates tokens as `createValidator` says. It responds itself: 400, 401 or 403 with the challenge of RFC 6750 §3,
 * or 503 with `Retry-After` when the token cannot be validated. It closes its validator with the app.
 *
 * It rejects with a `TypeError` with `code: 'ERR_INVALID_OPTION'` for invalid options. The message says how to fix
 * them.
 */
export const tollgate: FastifyPluginAsync<TollgateOptions> = fastifyPlugin(register, {
  fastify: '5.x',
  name: '@tollgate/fastify',
})

/** The nearest `protect` of a scope. The name `protect` itself can belong to another plugin in a scope within. */
const nearest = Symbol('protect of the nearest scope')

async function register(app: FastifyInstance, options: TollgateOptions): Promise<void> {
  if (Object.hasOwn(app, nearest)) {
    throw invalidOption(
      'Expected @tollgate/fastify once in a scope: register it at the top, or in scopes beside each other with options of their own',
    )
  }
  const protection = protectionBy(options)
  const { validator } = protection
  const { formBody } = validator
  const protect: Protect = createProtect(protection, {
    formBody,
    authOf: ({ server, routeOptions }) => (isNearest(server) ? authOf(routeOptions.config) : undefined),
  })
  const isNearest = (scope: object): boolean => (scope as { readonly [nearest]?: Protect })[nearest] === protect

  if (!app.hasDecorator(nearest)) {
    app.decorateRequest('auth', undefined)
  }
  app.decorate(nearest, protect).decorate('protect', protect)
  decorateAuth(app, protect)
  if (formBody === 'accepted') {
    replayForms(app)
  }
  followConfig(app, protect, isNearest)
  if (options.validator === undefined) {
    app.addHook('onClose', () => validator.close())
  }
}

/** @fastify/auth can own the name. Then `app.protect.auth(request)` does the same. */
function decorateAuth(app: FastifyInstance, { auth }: Protect): void {
  const taken: unknown = app.hasDecorator('auth') ? app.auth : undefined
  if (taken === undefined || ours.has(taken as object)) {
    ours.add(auth)
    app.decorate('auth', auth)
  }
}

const ours = new WeakSet<object>()

function protectionBy(options: TollgateOptions): ProtectSettings<TypedClaims> {
  if (options.validator === undefined) {
    return expectProtectOptions<TypedClaims>(options)
  }
  const names = ['validator', 'errors', 'preflights']
  const { validator, errors, preflights } = expectOptions(options, 'the options beside a validator', names)
  return expectProtectOptions(validator, { errors, preflights })
}

/**
 * Applies `config: { auth }` of the routes in this scope, except for routes of a scope within that has its own
 * registration.
 */
function followConfig(app: FastifyInstance, protect: Protect, isNearest: (scope: object) => boolean): void {
  const hookOf = createRouteHooks(protect)

  app.addHook('onRoute', function (route) {
    expectBeforeHandler(route)
    const auth = isNearest(this) ? authOf(route.config, route.url) : undefined
    if (auth === undefined) {
      return
    }
    // Fastify copies the own members of the config and none that it inherits.
    route.config = { ...route.config, auth }
    if (auth !== false) {
      hookOf(auth)
    }
    const { onRequest, preParsing, preValidation, preHandler } = route
    if ((auth === false || auth === 'optional') && isAmong([onRequest, preParsing, preValidation, preHandler].flat())) {
      throw invalidOption(
        `Expected either \`config: { auth: ${auth === false ? 'false' : "'optional'"} }\` or app.protect(…) on the route ${route.url}, got both`,
      )
    }
  })

  // A hook of the scope, and not of the route, applies to routes that existed before.
  app.addHook('onRequest', async (request, reply) => {
    const auth = isNearest(request.server) ? authOf(request.routeOptions.config) : undefined
    return auth === undefined || auth === false ? undefined : hookOf(auth)(request, reply)
  })
}

/** A hook that runs after the handler protects nothing. */
function expectBeforeHandler(route: RouteOptions): void {
  const { preSerialization, onSend, onResponse, onError, onTimeout, onRequestAbort } = route
  const late = { preSerialization, onSend, onResponse, onError, onTimeout, onRequestAbort }
  const mistake = Object.entries(late).find(([, hooks]) => isAmong([hooks].flat()))
  if (mistake !== undefined) {
    throw invalidOption(
      `Expected app.protect(…) as \`onRequest\` of the route ${route.url}, got it as \`${mistake[0]}\`, which runs after the handler`,
    )
  }
}
