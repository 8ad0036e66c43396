// oxlint-disable typescript/no-unnecessary-type-arguments -- what TypedClaims is, an application says
import {
  type Admit,
  type Answer,
  createProtectFor,
  createProtection,
  invalidOption,
  type Protection,
} from '@tollgate/core/adapter'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { createLateForms, type LateForms } from './late-form.ts'
import { type ProtectedReply, type ProtectedRequest, toHttpRequest } from './request.ts'
import { createRouteHooks } from './route-auth.ts'
import type { Hook, Protect, TollgateOptions, TypedClaims } from './types.ts'

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

async function register(app: FastifyInstance, options: TollgateOptions): Promise<void> {
  const protection = protectionBy(options)
  const { validator } = protection
  const forms = createLateForms(validator.formBody)
  const own = new WeakSet<object>()
  const protect: Protect = createProtectFor(protection, {
    toHttpRequest,
    toMiddleware: (admit) => {
      const hook = toHook(admit, forms)
      own.add(hook)
      return hook
    },
  })
  // A scope within one that has it gets its own; in the same scope Fastify says that it is there already.
  const isInherited = app.hasDecorator('protect')
  app.decorate('protect', protect).decorate('auth', protect.auth)
  if (!isInherited) {
    app.decorateRequest('auth', undefined)
  }
  followConfig(app, protect, forms, own)
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
function followConfig(app: FastifyInstance, protect: Protect, forms: LateForms, own: WeakSet<object>): void {
  const hookOf = createRouteHooks(protect)

  app.addHook('onRoute', function (route) {
    forms.prepare(route)
    const auth = route.config?.auth
    const hooks: readonly unknown[] = [route.onRequest, route.preValidation, route.preHandler].flat()
    if (auth === false && hooks.some((hook) => typeof hook === 'function' && own.has(hook))) {
      throw invalidOption(
        `Expected either \`config: { auth: false }\` or app.protect(…) on the route ${route.url}, got both`,
      )
    }
    if (auth !== undefined && auth !== false && this.protect === protect) {
      hookOf(auth)
    }
  })

  // By a hook of the scope and not of the route, so that routes that were there before are judged as well.
  app.addHook('onRequest', async (request, reply) => {
    const { auth } = request.routeOptions.config
    return auth === undefined || auth === false || request.server.protect !== protect
      ? undefined
      : hookOf(auth)(request, reply)
  })
}

function toHook<Claims>(admit: Admit<ProtectedRequest, Claims>, forms: LateForms): Hook {
  async function judge(request: ProtectedRequest, reply: ProtectedReply): Promise<unknown> {
    const admission = await admit(request)
    if (admission.answer === undefined) {
      Object.assign(request, { auth: admission.token })
      return undefined
    }
    if (!reply.sent) {
      send(reply, admission.answer)
    }
    return reply
  }

  return async (request, reply) => {
    if (request.routeOptions.config.auth === false) {
      return undefined
    }
    if (forms.awaits(request)) {
      forms.put(request, judge)
      return undefined
    }
    return judge(request, reply)
  }
}

/** Other headers are left in place: those of CORS, and challenges that the app has set. As text, for a response schema of the app is not for it. */
function send(reply: ProtectedReply, { status, headers, body }: Answer): void {
  for (const [name, value] of Object.entries(headers)) {
    const challenges = name === 'WWW-Authenticate' ? [reply.getHeader(name) ?? []].flat() : []
    reply.header(name, challenges.length === 0 ? value : [...challenges, value])
  }
  reply.code(status)
  reply.header('Content-Type', 'application/json')
  reply.send(JSON.stringify(body))
}
