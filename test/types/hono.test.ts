import {
  type AccessToken,
  createProtect,
  createValidator,
  defineGuard,
  type IntrospectedClaims,
  type JwtClaims,
  type OptionalEnv,
  type ProtectedEnv,
  type ProtectOptions,
  Refusal,
  scopes,
} from '@tollgate/hono'
import { type Context, Hono } from 'hono'
import { hc } from 'hono/client'
import { every, except, some } from 'hono/combine'
import { createFactory } from 'hono/factory'
import { expectTypeOf, test } from 'vitest'
import { type TenantClaims, zodClaims } from './claims-schemas.ts'

const trust = { issuer: 'https://as.example', audience: 'api' }
const protect = createProtect({ ...trust, claims: zodClaims })
const untyped = createProtect(trust)

test('c.var.auth has its type in a chain', () => {
  new Hono().use(protect()).get('/', (c) => {
    expectTypeOf(c.var.auth).toEqualTypeOf<AccessToken<TenantClaims>>()
    expectTypeOf(c.get('auth').claims).toEqualTypeOf<TenantClaims>()
    // @ts-expect-error -- the schema has no such claim
    void c.var.auth.claims.department
    // @ts-expect-error -- the claims have the type of the schema
    void (c.var.auth satisfies AccessToken)
    return c.text('ok')
  })
  new Hono().use(protect.optional()).get('/', (c) => {
    expectTypeOf(c.var.auth).toEqualTypeOf<AccessToken<TenantClaims> | undefined>()
    // @ts-expect-error -- the token can be undefined
    void c.var.auth.subject
    return c.text('ok')
  })
  new Hono().use('/a/*', untyped()).get('/', (c) => {
    expectTypeOf(c.var.auth.claims).toEqualTypeOf<JwtClaims | IntrospectedClaims>()
    return c.text('ok')
  })
})

test('c.var.auth has its type behind protect on a route, beside other variables', () => {
  const app = new Hono<{ Variables: { requestId: string } }>()
  app.get('/:id', protect(scopes('a')), (c) => {
    expectTypeOf(c.var.auth.claims).toEqualTypeOf<TenantClaims>()
    expectTypeOf(protect.auth(c).claims).toEqualTypeOf<TenantClaims>()
    expectTypeOf(c.var.requestId).toBeString()
    expectTypeOf(c.req.param('id')).toBeString()
    return c.text('ok')
  })
  app.post('/', protect.optional(scopes('a')), protect(), (c) => {
    expectTypeOf(c.var.auth.claims).toEqualTypeOf<TenantClaims>()
    expectTypeOf(protect.optional.auth(c)).toEqualTypeOf<AccessToken<TenantClaims> | undefined>()
    return c.text('ok')
  })
  app.on(['GET', 'PUT'], '/on', protect(), (c) => c.text(c.var.auth.claims.tenant))
  app.get('/unprotected', (c) => {
    // @ts-expect-error -- nothing sets this variable here
    void c.var.auth
    return c.text('ok')
  })
})

test('an app that is protected as a whole has the type of its variables', () => {
  const app = new Hono<ProtectedEnv<TenantClaims>>()
  app.use(protect())
  app.get('/', (c) => {
    expectTypeOf(c.var.auth).toEqualTypeOf<AccessToken<TenantClaims>>()
    return c.text('ok')
  })
  const optional = new Hono<OptionalEnv>()
  optional.use(untyped.optional())
  optional.get('/', (c) => {
    expectTypeOf(c.var.auth).toEqualTypeOf<AccessToken | undefined>()
    return c.text('ok')
  })
  new Hono().route('/protected', app).route('/optional', optional)
  const factory = createFactory<ProtectedEnv<TenantClaims>>()
  factory.createHandlers(protect(), (c) => c.text(c.var.auth.claims.tenant))
})

test('the variable has the name that `decorate` says', () => {
  const named = createProtect({ ...trust, claims: zodClaims, decorate: 'token' })
  new Hono().get('/', named(), (c) => {
    expectTypeOf(c.var.token.claims).toEqualTypeOf<TenantClaims>()
    // @ts-expect-error -- nothing sets this variable
    void c.var.auth
    return c.text('ok')
  })
  new Hono().get('/', createProtect(createValidator(trust), { decorate: 'token' }).optional(), (c) => {
    expectTypeOf(c.var.token).toEqualTypeOf<AccessToken | undefined>()
    return c.text('ok')
  })
  const app = new Hono<ProtectedEnv<TenantClaims, 'token'>>()
  app.use(named()).get('/', (c) => c.text(c.var.token.claims.tenant))
  // The compiler does not know the name in these options.
  const options: ProtectOptions = trust
  new Hono().get('/', createProtect(options)(), (c) => {
    expectTypeOf(c.var.auth).toEqualTypeOf<AccessToken>()
    return c.text('ok')
  })
})

test('a guard gets the Hono context', () => {
  const owner = defineGuard({
    check: (token, { native }) => {
      expectTypeOf(native).toEqualTypeOf<Context | undefined>()
      return native?.req.param('owner') === token.subject ? 'pass' : new Refusal({ reason: 'not-the-owner' })
    },
  })
  new Hono().get('/:owner', protect(owner), (c) => c.text('ok'))
})

test('a middleware of the app can call the protection with its own context', () => {
  const everywhere = protect()
  expectTypeOf(everywhere).toBeCallableWith({} as Context, async () => undefined)
  new Hono().use((c, next) => (c.req.path === '/health' ? next() : everywhere(c, next)))
  new Hono<{ Variables: { requestId: string } }>().use(async (c, next) => everywhere(c, next))
  new Hono().use(except('/health', protect()), some(protect(), untyped()), every(protect(), untyped()))
})

test('the client of an app knows the responses of protected routes', () => {
  const app = new Hono().get('/me', protect(), (c) => c.json({ tenant: c.var.auth.claims.tenant }))
  const read = async () => (await hc<typeof app>('http://localhost').me.$get()).json()
  expectTypeOf(read).returns.resolves.toEqualTypeOf<{ tenant: string }>()
})

test('c.var.auth has its type from a validator', () => {
  new Hono().get('/', createProtect(createValidator({ ...trust, claims: zodClaims }))(), (c) => {
    expectTypeOf(c.var.auth.claims).toEqualTypeOf<TenantClaims>()
    return c.text('ok')
  })
})

test('a handler in another place takes the context of a protected route', () => {
  const handler = (c: Context<ProtectedEnv<TenantClaims>>) => {
    expectTypeOf(c.var.auth.claims).toEqualTypeOf<TenantClaims>()
    return c.text('ok')
  }
  new Hono().get('/', protect(), handler)
  // Hono does not compare the variables of a handler with those of its app, so that this compiles, too.
  new Hono().get('/', handler)
})

test('an invalid option or guard does not compile', () => {
  const uncalled = (): void => {
    // @ts-expect-error -- audience is missing
    createProtect({ issuer: 'https://as.example' })
    // @ts-expect-error -- there is no such word
    createProtect({ ...trust, errors: 'ignore' })
    // @ts-expect-error -- preflights is a word
    createProtect({ ...trust, preflights: true })
    // @ts-expect-error -- there is no such option
    createProtect({ ...trust, refusal: 'throw' })
    // @ts-expect-error -- there is no such option beside a validator
    createProtect(createValidator(trust), { realm: 'api' })
    // @ts-expect-error -- a scope is no guard
    protect('read')
    // @ts-expect-error -- protect has to be called
    new Hono().use(protect)
    // @ts-expect-error -- protect has to be called
    new Hono().get('/', protect.optional, (c: Context) => c.text('ok'))
    // @ts-expect-error -- this is no context
    protect.auth({})
    // @ts-expect-error -- a pattern is no path
    protect.unless(/health/)
  }
  expectTypeOf(uncalled).toBeFunction()
})

test('to await a protection does not compile', () => {
  // oxlint-disable typescript/await-thenable -- this is the mistake
  const uncalled = async (): Promise<void> => {
    // @ts-expect-error -- a middleware is not awaited
    await protect()
    // @ts-expect-error -- a middleware is not awaited
    await protect.optional()
  }
  // oxlint-enable typescript/await-thenable
  expectTypeOf(uncalled).toBeFunction()
})
