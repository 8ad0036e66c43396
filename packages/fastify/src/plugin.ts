// oxlint-disable typescript/no-unnecessary-type-arguments -- what TypedClaims is, an application says
import { createProtection, invalidOption, type Protection } from '@tollgate/core/adapter'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { createLateForms } from './late-form.ts'
import { createProtect, isAmong } from './protect.ts'
import { authOf, createRouteHooks } from './route-auth.ts'
import type { Protect, TollgateOptions, TypedClaims } from './types.ts'

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

function nearestTo(app: object): unknown {
  return (app as { readonly [nearest]?: Protect })[nearest]
}

async function register(app: FastifyInstance, options: TollgateOptions): Promise<void> {
  if (Object.hasOwn(app, nearest)) {
    throw invalidOption(
      'Expected @tollgate/fastify once in a scope: register it at the top, or in scopes beside each other with options of their own',
    )
  }
  const protection = protectionBy(options)
  const { validator } = protection
  const forms = createLateForms(app, validator.formBody)
  const protect: Protect = createProtect(protection, {
    forms,
    authOf: ({ server, routeOptions }) => (nearestTo(server) === protect ? authOf(routeOptions.config) : undefined),
  })
  const isInherited = app.hasDecorator(nearest)
  app.decorate('protect', protect).decorate('auth', protect.auth).decorate(nearest, protect)
  if (!isInherited) {
    app.decorateRequest('auth', undefined)
  }
  followConfig(app, protect)
  if (options.validator === undefined) {
    app.addHook('onClose', () => validator.close())
  }
}

function protectionBy(options: TollgateOptions): Protection<TypedClaims> {
  if (options.validator === undefined) {
    return createProtection<TypedClaims>(options)
  }
  const { validator, ...answering } = options
  return createProtection(validator, answering)
}

/** `config: { auth }` of the routes whose scope this protects, and of none that a scope within has taken over. */
function followConfig(app: FastifyInstance, protect: Protect): void {
  const hookOf = createRouteHooks(protect)

  app.addHook('onRoute', function (route) {
    const auth = authOf(route.config, route.url)
    if (auth === undefined || nearestTo(this) !== protect) {
      return
    }
    // Fastify copies what is the config's own, and nothing that it inherits.
    route.config = { ...route.config, auth }
    const { onRequest, preParsing, preValidation, preHandler } = route
    if (auth !== false) {
      hookOf(auth)
    }
    if ((auth === false || auth === 'optional') && isAmong([onRequest, preParsing, preValidation, preHandler].flat())) {
      throw invalidOption(
        `Expected either \`config: { auth: ${auth === false ? 'false' : "'optional'"} }\` or app.protect(…) on the route ${route.url}, got both`,
      )
    }
  })

  // By a hook of the scope and not of the route, so that routes that were there before are judged as well.
  app.addHook('onRequest', async (request, reply) => {
    const auth = nearestTo(request.server) === protect ? authOf(request.routeOptions.config) : undefined
    return auth === undefined || auth === false ? undefined : hookOf(auth)(request, reply)
  })
}
