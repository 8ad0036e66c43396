// oxlint-disable typescript/no-unnecessary-type-arguments -- what TypedClaims is, an application says
import { createProtectFor, createProtection, invalidOption, type Protection } from '@tollgate/core/adapter'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { toHook } from './hook.ts'
import { createLateForms } from './late-form.ts'
import { toHttpRequest } from './request.ts'
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

const hooksOfOurs = new WeakSet<object>()

function nearestTo(app: object): unknown {
  return (app as { readonly [nearest]?: Protect })[nearest]
}

async function register(app: FastifyInstance, options: TollgateOptions): Promise<void> {
  const protection = protectionBy(options)
  const { validator } = protection
  const forms = createLateForms(app, validator.formBody)
  const protect: Protect = createProtectFor(protection, {
    toHttpRequest,
    toMiddleware: (admit) => {
      const hook = toHook(admit, forms)
      hooksOfOurs.add(hook)
      return hook
    },
  })
  // A scope within one that has it gets its own; in the same scope Fastify says that it is there already.
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
    const auth = authOf(route.config)
    if (auth !== undefined) {
      // Fastify copies what is the config's own, and nothing that it inherits.
      route.config = { ...route.config, auth }
    }
    const { onRequest, preParsing, preValidation, preHandler } = route
    const hooks: readonly unknown[] = [onRequest, preParsing, preValidation, preHandler].flat()
    if (auth === false && hooks.some((hook) => typeof hook === 'function' && hooksOfOurs.has(hook))) {
      throw invalidOption(
        `Expected either \`config: { auth: false }\` or app.protect(…) on the route ${route.url}, got both`,
      )
    }
    if (auth !== undefined && auth !== false && nearestTo(this) === protect) {
      hookOf(auth)
    }
  })

  // By a hook of the scope and not of the route, so that routes that were there before are judged as well.
  app.addHook('onRequest', async (request, reply) => {
    const auth = authOf(request.routeOptions.config)
    return auth === undefined || auth === false || nearestTo(request.server) !== protect
      ? undefined
      : hookOf(auth)(request, reply)
  })
}
