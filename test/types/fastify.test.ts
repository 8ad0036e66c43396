import '@tollgate/fastify/augment'
import {
  type AccessToken,
  createValidator,
  defineGuard,
  type Guard,
  type Hook,
  type IntrospectedClaims,
  type JwtClaims,
  Refusal,
  scopes,
  tollgate,
} from '@tollgate/fastify'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyRequest,
  type FastifyTypeProvider,
  type onRequestAsyncHookHandler,
  type onRequestHookHandler,
  type preHandlerHookHandler,
  type RouteOptions,
  type RouteShorthandOptions,
} from 'fastify'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { zodClaims } from './claims-schemas.ts'

const trust = { issuer: 'https://as.example', audience: 'api' }

test('an application needs no cast', () => {
  const uncalled = async (): Promise<void> => {
    const app = fastify()
    await app.register(tollgate, { ...trust, realm: 'api', errors: 'throw', preflights: 'skip' })
    await app.register(tollgate, { validator: createValidator(trust), errors: 'throw' })
    app.get('/:id', { onRequest: app.protect(scopes('a')) }, async (request) => {
      expectTypeOf(app.auth(request)).toEqualTypeOf<AccessToken>()
      expectTypeOf(app.auth(request).claims).toEqualTypeOf<JwtClaims | IntrospectedClaims>()
      expectTypeOf(request.auth).toEqualTypeOf<AccessToken | undefined>()
      expectTypeOf(app.protect.optional.auth(request)).toEqualTypeOf<AccessToken | undefined>()
      expectTypeOf(await app.protect.validator.ready()).toEqualTypeOf<void>()
    })
    app.get('/lists', { onRequest: [app.protect()], preHandler: app.protect.optional(scopes('a')) }, async () => 'ok')
    app.addHook('onRequest', app.protect())
    app.addHook('preValidation', app.protect())
    app.addHook('preHandler', app.protect())
    await app.register(async (scope) => scope.addHook('onRequest', scope.protect(defineGuard({ check: () => 'pass' }))))
  }
  expectTypeOf(uncalled).toBeFunction()
})

test('config.auth of a route has a type', () => {
  const uncalled = async (): Promise<void> => {
    const app = fastify()
    await app.register(tollgate, trust)
    for (const auth of [true, false, 'optional', scopes('a'), [scopes('a'), scopes('b')]] as const) {
      app.get('/', { config: { auth } }, async () => 'ok')
    }
    // @ts-expect-error -- there is no such word
    app.get('/', { config: { auth: 'none' } }, async () => 'ok')
    // @ts-expect-error -- a scope is no guard
    app.get('/', { config: { auth: ['read'] } }, async () => 'ok')
    // @ts-expect-error -- undefined is no guard
    app.get('/', { config: { auth: undefined } }, async () => 'ok')
  }
  expectTypeOf(uncalled).toBeFunction()
})

test('HTTP/2 and type providers are supported', () => {
  const uncalled = async (): Promise<void> => {
    const app = fastify({ http2: true })
    await app.register(tollgate, trust)
    app.addHook('onRequest', app.protect())
    app.addHook('preValidation', app.protect())
    const lists = { preValidation: [app.protect(), app.protect(scopes('a'))], preHandler: app.protect.optional() }
    app.get('/', { onRequest: app.protect(), ...lists, config: { auth: true } }, async (request) => {
      expectTypeOf(app.auth(request)).toEqualTypeOf<AccessToken>()
      expectTypeOf(request.auth).toEqualTypeOf<AccessToken | undefined>()
    })
    const provided = fastify().withTypeProvider<{ validator: unknown; serializer: unknown; schema: unknown }>()
    await provided.register(tollgate, trust)
    provided.get('/', { onRequest: provided.protect() }, async (request) => {
      expectTypeOf(provided.auth(request)).toEqualTypeOf<AccessToken>()
    })
  }
  expectTypeOf(uncalled).toBeFunction()
})

interface ZodProvider extends FastifyTypeProvider {
  validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown
  serializer: this['schema'] extends z.ZodType ? z.input<this['schema']> : unknown
}

test('hooks compile on a route with a typed reply, with generics and with schemas', () => {
  interface Route {
    Params: { id: string }
    Body: { b: boolean }
    Headers: { 'x-h': number; authorization: 5 }
    Reply: { 200: { ok: true }; '4xx': { error: string } }
  }
  const uncalled = async (): Promise<void> => {
    const app = fastify()
    await app.register(tollgate, trust)
    const hooks = { onRequest: app.protect(scopes('a')), preHandler: [app.protect.optional()] }
    app.get<{ Reply: { id: number } }>('/', hooks, async () => ({ id: 1 }))
    app.get<{ Reply: string }>('/', { preParsing: [app.protect()], preValidation: app.protect() }, async () => 'a')
    app.put<Route>('/:id', hooks, async (request, reply) => {
      expectTypeOf(app.protect.auth(request)).toEqualTypeOf<AccessToken>()
      return reply.code(200).send({ ok: true })
    })
    app.get<Route, { own: number }>('/', { ...hooks, config: { own: 1 } }, async ({ routeOptions }) => {
      expectTypeOf(routeOptions.config.own).toEqualTypeOf<number>()
    })
    app.route<Route>({ method: 'GET', url: '/', ...hooks, handler: async () => ({ ok: true as const }) })
    app.route({
      method: ['GET', 'POST'],
      url: '/',
      onRequest: [app.protect(), async () => undefined],
      handler: () => 1,
    })

    const typed = app.withTypeProvider<ZodProvider>()
    const schema = { body: z.object({ n: z.number() }), response: { 200: z.object({ id: z.number() }) } }
    const onRequest = typed.protect(scopes('a'))
    typed.post('/', { schema, onRequest, preHandler: [onRequest] }, async (request) => {
      expectTypeOf(typed.auth(request)).toEqualTypeOf<AccessToken>()
      expectTypeOf(request.body.n).toEqualTypeOf<number>()
      return { id: 1 }
    })
    typed.route({ method: 'POST', url: '/', schema, onRequest, handler: async ({ body }) => ({ id: body.n }) })
    typed.addHook('onRequest', onRequest)
    typed.addHook('preHandler', onRequest)
  }
  expectTypeOf(uncalled).toBeFunction()
})

test('a guard of the application sees the request of Fastify', () => {
  const guard = defineGuard({
    check: ({ subject }, { native }) => {
      expectTypeOf(native?.params['id']).toEqualTypeOf<string | undefined>()
      expectTypeOf(native?.routeOptions.url).toEqualTypeOf<string | undefined>()
      return subject === native?.params['id'] ? 'pass' : new Refusal({ reason: 'not-yours' })
    },
  })
  expectTypeOf(guard).toEqualTypeOf<Guard>()
  defineGuard<FastifyRequest<{ Params: { id: `u-${string}` } }>>({
    check: (_token, { native }) => {
      expectTypeOf(native?.params.id).toEqualTypeOf<`u-${string}` | undefined>()
      return 'pass'
    },
  })
})

test("hooks compile as Fastify's own types of hooks, options and plugins", () => {
  const uncalled = async (): Promise<void> => {
    const app = fastify()
    await app.register(tollgate, { ...trust, decorate: 'token' })
    expectTypeOf(app.protect()).toExtend<onRequestHookHandler>()
    expectTypeOf(app.protect()).toExtend<onRequestAsyncHookHandler>()
    expectTypeOf(app.protect.optional()).toExtend<preHandlerHookHandler>()
    const shorthand: RouteShorthandOptions = { onRequest: app.protect() }
    app.route({ ...shorthand, method: 'GET', url: '/', handler: () => 1 } satisfies RouteOptions)
    app.setNotFoundHandler({ preHandler: app.protect(), preValidation: [app.protect()] }, async () => 'nothing')
    const plugin: FastifyPluginAsync<{ hook: Hook }> = async (scope, { hook }) => void scope.addHook('onRequest', hook)
    await app.register(plugin, { hook: app.protect(), prefix: '/prefix' })
    await app.register(import('@tollgate/fastify'), trust)
    app.register(tollgate, () => trust)
  }
  expectTypeOf(uncalled).toBeFunction()
})

test('hooks compile with HTTPS, HTTP/2 with HTTP/1.1, and a logger of the application', () => {
  interface Logger extends FastifyBaseLogger {
    own(): void
  }
  type Typed = { Reply: { id: number } }
  const handler = async (): Promise<{ id: number }> => ({ id: 1 })
  const uncalled = async (logger: Logger, any: FastifyInstance<any, any, any, any, any>): Promise<void> => {
    const https = fastify({ https: {} })
    await https.register(tollgate, trust)
    https.addHook('onRequest', https.protect()).get<Typed>('/', { onRequest: https.protect() }, handler)
    const both = fastify({ http2: true, https: { allowHTTP1: true } })
    await both.register(tollgate, trust)
    both.addHook('onRequest', both.protect()).get<Typed>('/', { preHandler: [both.protect()] }, handler)
    const logging = fastify({ loggerInstance: logger }).withTypeProvider<ZodProvider>()
    await logging.register(tollgate, trust)
    logging.addHook('preHandler', logging.protect()).get<Typed>('/', { onRequest: logging.protect() }, handler)
    logging.get('/', { onRequest: logging.protect() }, async (request) => {
      request.log.own()
      expectTypeOf(logging.protect.auth(request)).toEqualTypeOf<AccessToken>()
    })
    await any.register(tollgate, trust)
    any.addHook('onRequest', any.protect()).get<Typed>('/', { onRequest: any.protect() }, handler)
  }
  expectTypeOf(uncalled).toBeFunction()
})

test('an invalid option or guard does not compile', () => {
  const uncalled = async (): Promise<void> => {
    const app = fastify()
    // @ts-expect-error -- options are missing
    await app.register(tollgate)
    // @ts-expect-error -- audience is missing
    await app.register(tollgate, { issuer: 'https://as.example' })
    // @ts-expect-error -- there is no such word
    await app.register(tollgate, { ...trust, errors: 'ignore' })
    // @ts-expect-error -- there is no such option
    await app.register(tollgate, { ...trust, refusal: 'throw' })
    // @ts-expect-error -- the name of a member is a string
    await app.register(tollgate, { ...trust, decorate: true })
    // @ts-expect-error -- preflights is a word
    await app.register(tollgate, { ...trust, preflights: true })
    // @ts-expect-error -- either a validator or its options
    await app.register(tollgate, { ...trust, validator: createValidator(trust) })
    // @ts-expect-error -- TokenTypes does not declare the claims
    await app.register(tollgate, { ...trust, claims: zodClaims })
    // @ts-expect-error -- TokenTypes does not declare the claims
    await app.register(tollgate, { validator: createValidator({ ...trust, claims: zodClaims }) })
    // @ts-expect-error -- a scope is no guard
    app.protect('read')
    // @ts-expect-error -- app.protect has to be called
    app.addHook('onRequest', app.protect)
    // @ts-expect-error -- app.protect has to be called
    app.get('/', { onRequest: app.protect }, async () => 'ok')
    // @ts-expect-error -- app.protect is no handler
    app.get('/', app.protect)
    // @ts-expect-error -- this is no request
    app.auth({})
    // @ts-expect-error -- the token can be undefined
    app.get('/', async (request) => request.auth.subject)
  }
  expectTypeOf(uncalled).toBeFunction()
})
