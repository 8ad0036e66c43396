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
import { type TenantClaims, zodClaims } from './claims-schemas.ts'

const trust = { issuer: 'https://as.example', audience: 'api' }
const protect = createProtect({ ...trust, claims: zodClaims })
const untyped = createProtect(trust)

test('ctx.state.auth has its type in a chain of middleware', () => {
  new Koa().use(protect()).use((ctx) => {
    expectTypeOf(ctx.state.auth).toEqualTypeOf<AccessToken<TenantClaims>>()
    expectTypeOf(ctx.state.auth.claims).toEqualTypeOf<TenantClaims>()
    // @ts-expect-error -- the schema has no such claim
    void ctx.state.auth.claims.department
    // @ts-expect-error -- the claims have the type of the schema
    void (ctx.state.auth satisfies AccessToken)
  })
  new Koa().use(protect.optional()).use((ctx) => {
    expectTypeOf(ctx.state.auth).toEqualTypeOf<AccessToken<TenantClaims> | undefined>()
    // @ts-expect-error -- the token can be undefined
    void ctx.state.auth.subject
  })
  new Koa().use(untyped()).use((ctx) => {
    expectTypeOf(ctx.state.auth.claims).toEqualTypeOf<JwtClaims | IntrospectedClaims>()
    // @ts-expect-error -- there is no schema
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

test('a router that is protected as a whole has the type of its state', () => {
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

test('ctx.state.auth has its type from a validator', () => {
  new Koa().use(createProtect(createValidator({ ...trust, claims: zodClaims }))()).use((ctx) => {
    expectTypeOf(ctx.state.auth.claims).toEqualTypeOf<TenantClaims>()
  })
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
    new Koa().use(protect)
    // @ts-expect-error -- this is no context
    protect.auth({})
  }
  expectTypeOf(uncalled).toBeFunction()
})
