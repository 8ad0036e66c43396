import '@tollgate/express/augment'
import {
  type AccessToken,
  active,
  claims,
  clientSecretBasic,
  createProtect,
  createValidator,
  defineGuard,
  type Duration,
  type Guard,
  type Protect,
  Refusal,
  scopes,
  trustedIssuer,
} from '@tollgate/express'
import express from 'express'
import { expectTypeOf, test } from 'vitest'
import { arktypeClaims, type TenantClaims, valibotClaims, zodClaims } from './claims-schemas.ts'

const protect = createProtect({ issuer: 'https://as.example', audience: 'api' })

test('what an application writes has types, and none of it needs a cast', () => {
  const app = express()
  app.use(protect())
  app.get('/:id', protect(scopes('read')), (req, res) => {
    expectTypeOf(protect.auth(req)).toEqualTypeOf<AccessToken>()
    expectTypeOf(protect.optional.auth(req)).toEqualTypeOf<AccessToken | undefined>()
    expectTypeOf(req.auth).toEqualTypeOf<AccessToken | undefined>()
    expectTypeOf(req.params.id).toEqualTypeOf<string>()
    res.end()
  })
  expectTypeOf(scopes('a')).toEqualTypeOf<Guard>()
  expectTypeOf<AccessToken['claims']['sub']>().toEqualTypeOf<string | undefined>()
  expectTypeOf<AccessToken['claims']['tenant']>().toEqualTypeOf<unknown>()
})

test('the claims have the type of the schema, of whatever library, and through a validator', () => {
  const trust = { issuer: 'https://as.example', audience: 'api' }
  // One by one as well: of several, a library that tells nothing could hide behind the others.
  expectTypeOf(createProtect({ ...trust, claims: zodClaims })).toEqualTypeOf<Protect<TenantClaims>>()
  expectTypeOf(createProtect({ ...trust, claims: valibotClaims })).toEqualTypeOf<Protect<TenantClaims>>()
  expectTypeOf(createProtect({ ...trust, claims: arktypeClaims })).toEqualTypeOf<Protect<TenantClaims>>()
  for (const schema of [zodClaims, valibotClaims, arktypeClaims]) {
    const typing = { ...trust, claims: schema }
    for (const typed of [createProtect(typing), createProtect(createValidator(typing))]) {
      express().get('/:id', typed(scopes('read')), (req, res) => {
        expectTypeOf(typed.auth(req)).toEqualTypeOf<AccessToken<TenantClaims>>()
        expectTypeOf(typed.auth(req).claims).toEqualTypeOf<TenantClaims>()
        expectTypeOf(typed.optional.auth(req)).toEqualTypeOf<AccessToken<TenantClaims> | undefined>()
        // @ts-expect-error -- the schema has no such claim
        void typed.auth(req).claims.department
        res.end()
      })
    }
  }
})

test('a token tells by its kind what else it knows', () => {
  const look = (token: AccessToken): Date | undefined => {
    if (token.kind === 'jwt') {
      expectTypeOf(token.expiresAt).toEqualTypeOf<Date>()
      expectTypeOf(token.claims.iss).toEqualTypeOf<string>()
      return token.expiresAt
    }
    expectTypeOf(token.expiresAt).toEqualTypeOf<Date | undefined>()
    expectTypeOf(token.claims.iss).toEqualTypeOf<string | undefined>()
    return token.introspectedAt
  }
  expectTypeOf(look).toBeFunction()
})

test('a wrong option or guard does not compile', () => {
  expectTypeOf<'30s'>().toExtend<Duration>()
  expectTypeOf<30>().not.toExtend<Duration>()
  expectTypeOf<'30'>().not.toExtend<Duration>()
  const uncalled = (): void => {
    // @ts-expect-error -- audience is missing
    createProtect({ issuer: 'https://as.example' })
    // @ts-expect-error -- issuer is missing
    createProtect({ audience: 'api' })
    // @ts-expect-error -- no such option
    createProtect({ issuer: 'https://as.example', audience: 'api', refusal: 'throw' })
    // @ts-expect-error -- scopes are strings
    createProtect({ issuer: 'https://as.example', audience: 'api', scopeHierarchy: { admin: 7 } })
    // @ts-expect-error -- a duration has a unit
    createProtect({ issuer: 'https://as.example', audience: 'api', clockTolerance: 5 })
    // @ts-expect-error -- no such word
    createProtect({ issuer: 'https://as.example', audience: 'api', errors: 'ignore' })
    // @ts-expect-error -- no such word
    createProtect({ issuer: 'https://as.example', audience: 'api', preflights: 'skip' })
    // @ts-expect-error -- no schema
    createProtect({ issuer: 'https://as.example', audience: 'api', claims: {} })
    // @ts-expect-error -- no such option beside a validator
    createProtect(createValidator({ issuer: 'https://as.example', audience: 'api' }), { realm: 'api' })
    // @ts-expect-error -- what protects is not yet a middleware
    express().use(protect)
    // @ts-expect-error -- no such option
    trustedIssuer('https://as.example', { audiences: 'api' })
    // @ts-expect-error -- the name of a claim, or several
    trustedIssuer('https://as.example', { scopesFrom: 7 })
    // @ts-expect-error -- a client has to say who it is
    trustedIssuer('https://as.example', { introspection: {} })
    // @ts-expect-error -- a text is no client
    trustedIssuer('https://as.example', { introspection: { client: 'api:secret' } })
    trustedIssuer('https://as.example', {
      // @ts-expect-error -- a duration has a unit
      introspection: { client: clientSecretBasic('api', 'secret'), cacheFor: 60 },
    })
    // @ts-expect-error -- a duration has a unit
    active({ within: 5 })
    // @ts-expect-error -- a scope is not yet a guard
    protect('read')
    // @ts-expect-error -- a reason is missing
    claims(() => true)
    // @ts-expect-error -- a guard gives a refusal or nothing
    defineGuard({ check: () => false })
    // @ts-expect-error -- no such code
    void new Refusal({ code: 'invalid_grant', reason: 'x' })
  }
  expectTypeOf(uncalled).toBeFunction()
})
