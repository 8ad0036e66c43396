// oxlint-disable typescript/no-unnecessary-type-arguments -- what TypedClaims is, an application says
import { createProtection, expectOptions, invalidOption, type Protection } from '@tollgate/core/adapter'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { replayForms } from './form.ts'
import { createProtect, isAmong } from './protect.ts'
import { authOf, createRouteHooks } from './route-auth.ts'
import type { Protect, TollgateOptions, TypedClaims } from './augment.ts'

/**
 * The plugin that protects a Fastify API with OAuth 2.0 access tokens: `await app.register(tollgate, options)`, before the routes. It adds
 * `app.protect(…guards)` for `onRequest` of a route or of a scope, `config: { auth }` for routes that are configured, and
 * `app.auth(request)` and `request.auth` for handlers. Scopes of their own may register it with options of their own.
 *
 * It checks the token as `createValidator` says, and answers refusals itself: 400, 401 or 403 with the challenge of
 * RFC 6750 §3; 503 with `Retry-After` when nobody can judge the token. What it made it closes with the app.
 *
 * It rejects with a `TypeError` with `code: 'ERR_INVALID_OPTION'` for options that cannot be meant.
 */
export const tollgate: FastifyPluginAsync<TollgateOptions> = fastifyPlugin(register, {
  fastify: '5.x',
  name: '@tollgate/fastify',
})

/** Under which a scope has the nearest `protect`: the name can be taken by others in a scope within. */
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

/** The name may be taken, by @fastify/auth for one: then there is `app.protect.auth(request)`. */
function decorateAuth(app: FastifyInstance, { auth }: Protect): void {
  const taken: unknown = app.hasDecorator('auth') ? app.auth : undefined
  if (taken === undefined || ours.has(taken as object)) {
    ours.add(auth)
    app.decorate('auth', auth)
  }
}

const ours = new WeakSet<object>()

function protectionBy(options: TollgateOptions): Protection<TypedClaims> {
  if (options.validator === undefined) {
    return createProtection<TypedClaims>(options)
  }
  expectOptions(options, 'the options beside a validator', ['validator', 'errors', 'preflights'])
  const { validator, errors, preflights } = options
  return createProtection(validator, { errors, preflights })
}

/** `config: { auth }` of the routes whose scope this protects, and of none that a scope within has taken over. */
function followConfig(app: FastifyInstance, protect: Protect, isNearest: (scope: object) => boolean): void {
  const hookOf = createRouteHooks(protect)

  app.addHook('onRoute', function (route) {
    const auth = isNearest(this) ? authOf(route.config, route.url) : undefined
    if (auth === undefined) {
      return
    }
    // Fastify copies what is the config's own, and nothing that it inherits.
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

  // By a hook of the scope and not of the route, so that routes that were there before are judged as well.
  app.addHook('onRequest', (request, reply, done) => {
    const auth = isNearest(request.server) ? authOf(request.routeOptions.config) : undefined
    if (auth === undefined || auth === false) {
      done()
      return undefined
    }
    return hookOf(auth)(request, reply, done)
  })
}
