import '@tollgate/fastify/augment'
import {
  type AccessToken,
  createValidator,
  defineGuard,
  type IntrospectedClaims,
  type JwtClaims,
  scopes,
  tollgate,
} from '@tollgate/fastify'
import fastify from 'fastify'
import { expectTypeOf, test } from 'vitest'
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
