import { Router } from '@koa/router'
import {
  type AccessToken,
  createProtect,
  createValidator,
  type IntrospectedClaims,
  type JwtClaims,
  type OptionalState,
  type ProtectedState,
  scopes,
} from '@tollgate/koa'
import Koa from 'koa'
import { expectTypeOf, test } from 'vitest'
import { arktypeClaims, type TenantClaims, valibotClaims, zodClaims } from './claims-schemas.ts'

const trust = { issuer: 'https://as.example', audience: 'api' }
const protect = createProtect({ ...trust, claims: zodClaims })
const untyped = createProtect(trust)

test('ctx.state.auth has its type in a chain of middleware', () => {
  new Koa().use(protect()).use((ctx) => {
    expectTypeOf(ctx.state.auth).toEqualTypeOf<AccessToken<TenantClaims>>()
    expectTypeOf(ctx.state.auth.claims).toEqualTypeOf<TenantClaims>()
    // @ts-expect-error -- the schema has no such claim
    void ctx.state.auth.claims.department
    // @ts-expect-error -- these are the claims of a schema, and not as issued
    void (ctx.state.auth satisfies AccessToken)
  })
  new Koa().use(protect.optional()).use((ctx) => {
    expectTypeOf(ctx.state.auth).toEqualTypeOf<AccessToken<TenantClaims> | undefined>()
    // @ts-expect-error -- there may be none
    void ctx.state.auth.subject
  })
  new Koa().use(untyped()).use((ctx) => {
    expectTypeOf(ctx.state.auth.claims).toEqualTypeOf<JwtClaims | IntrospectedClaims>()
    // @ts-expect-error -- no schema has judged them
    void (ctx.state.auth satisfies AccessToken<TenantClaims>)
  })
})

test('ctx.state.auth has its type behind protect on a route', () => {
  const router = new Router()
  router.get('/:id', protect(scopes('a')), (ctx) => {
    expectTypeOf(ctx.state.auth.claims).toEqualTypeOf<TenantClaims>()
    expectTypeOf(protect.auth(ctx).claims).toEqualTypeOf<TenantClaims>()
    ctx.body = ctx.params['id']
  })
  router.get('/', protect.optional(scopes('a')), (ctx) => {
    expectTypeOf(ctx.state.auth).toEqualTypeOf<AccessToken<TenantClaims> | undefined>()
    expectTypeOf(protect.optional.auth(ctx)).toEqualTypeOf<AccessToken<TenantClaims> | undefined>()
  })
  new Koa().use(router.routes()).use(router.allowedMethods())
})

test('a router that is protected as a whole says so', () => {
  const router = new Router<ProtectedState<TenantClaims>>()
  router.use(protect())
  router.get('/', (ctx) => {
    expectTypeOf(ctx.state.auth).toEqualTypeOf<AccessToken<TenantClaims>>()
  })
  const optional = new Router<OptionalState>()
  optional.use(untyped.optional())
  optional.get('/', (ctx) => {
    expectTypeOf(ctx.state.auth).toEqualTypeOf<AccessToken | undefined>()
  })
})

test('the type comes from whatever library, and from a validator', () => {
  new Koa().use(createProtect({ ...trust, claims: valibotClaims })()).use((ctx) => {
    expectTypeOf(ctx.state.auth.claims).toEqualTypeOf<TenantClaims>()
  })
  new Koa().use(createProtect({ ...trust, claims: arktypeClaims })()).use((ctx) => {
    expectTypeOf(ctx.state.auth.claims).toEqualTypeOf<TenantClaims>()
  })
  new Koa().use(createProtect(createValidator({ ...trust, claims: zodClaims }))()).use((ctx) => {
    expectTypeOf(ctx.state.auth.claims).toEqualTypeOf<TenantClaims>()
  })
})

test('a wrong option or guard does not compile', () => {
  const uncalled = (): void => {
    // @ts-expect-error -- audience is missing
    createProtect({ issuer: 'https://as.example' })
    // @ts-expect-error -- issuer is missing
    createProtect({ audience: 'api' })
    // @ts-expect-error -- no such word
    createProtect({ ...trust, errors: 'ignore' })
    // @ts-expect-error -- no such word
    createProtect({ ...trust, preflights: true })
    // @ts-expect-error -- no such option
    createProtect({ ...trust, refusal: 'throw' })
    // @ts-expect-error -- no schema
    createProtect({ ...trust, claims: { tenant: 'string' } })
    // @ts-expect-error -- scopes are strings
    createProtect({ ...trust, scopeHierarchy: { admin: 7 } })
    // @ts-expect-error -- no such option beside a validator
    createProtect(createValidator(trust), { realm: 'api' })
    // @ts-expect-error -- a scope is not yet a guard
    protect('read')
    // @ts-expect-error -- what protects is not yet a middleware
    new Koa().use(protect)
    // @ts-expect-error -- a context is asked for
    protect.auth({})
  }
  expectTypeOf(uncalled).toBeFunction()
})
