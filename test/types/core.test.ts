/** The types of the core, which all adapters share. */
import {
  type AccessToken,
  active,
  claims,
  clientSecretBasic,
  createValidator,
  defineGuard,
  type Duration,
  type Guard,
  type IntrospectedClaims,
  type JwtClaims,
  Refusal,
  scopes,
  trustedIssuer,
  type Validator,
} from '@tollgate/core'
import { type } from 'arktype'
import * as v from 'valibot'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { arktypeClaims, type TenantClaims, valibotClaims, zodClaims } from './claims-schemas.ts'

const trust = { issuer: 'https://as.example', audience: 'api' }
const request = new Request('https://api.example/')

test('the claims have the output type of the schema, from each library', () => {
  const uncalled = async (): Promise<void> => {
    expectTypeOf(createValidator({ ...trust, claims: zodClaims })).toEqualTypeOf<Validator<TenantClaims>>()
    expectTypeOf(createValidator({ ...trust, claims: valibotClaims })).toEqualTypeOf<Validator<TenantClaims>>()
    expectTypeOf(createValidator({ ...trust, claims: arktypeClaims })).toEqualTypeOf<Validator<TenantClaims>>()
    const validator = createValidator({ ...trust, claims: zodClaims })
    const token = await validator.authenticate(request, scopes('a'))
    expectTypeOf(token).toEqualTypeOf<AccessToken<TenantClaims>>()
    expectTypeOf(token.claims).toEqualTypeOf<TenantClaims>()
    expectTypeOf(await validator.authenticateOptional(request)).toEqualTypeOf<AccessToken<TenantClaims> | undefined>()
    expectTypeOf(await validator.authorize(token, request)).toEqualTypeOf<AccessToken<TenantClaims>>()
    // @ts-expect-error -- the schema has no such claim
    void token.claims.department
  }
  expectTypeOf(uncalled).toBeFunction()
})

test('a schema that transforms the claims determines their type', () => {
  const uncalled = async (): Promise<void> => {
    const dated = z.object({ born: z.coerce.date(), nick: z.string().optional() })
    const dates = await createValidator({ ...trust, claims: dated }).authenticate(request)
    expectTypeOf(dates.claims).toEqualTypeOf<{ born: Date; nick?: string | undefined }>()
    const later = v.pipeAsync(
      v.objectAsync({ tenant: v.string() }),
      v.transformAsync(async ({ tenant }) => tenant),
    )
    const tenants = await createValidator({ ...trust, claims: later }).authenticate(request)
    expectTypeOf(tenants.claims).toEqualTypeOf<string>()
    const upper = await createValidator({ ...trust, claims: type({ tenant: 'string.upper' }) }).authenticate(request)
    expectTypeOf(upper.claims).toEqualTypeOf<{ tenant: string }>()
  }
  expectTypeOf(uncalled).toBeFunction()
})

test('without a schema, the kind of a token determines its type', () => {
  const look = (token: AccessToken): Date | undefined => {
    expectTypeOf(token.claims).toEqualTypeOf<JwtClaims | IntrospectedClaims>()
    expectTypeOf(token.claims.sub).toEqualTypeOf<string | undefined>()
    expectTypeOf(token.claims['tenant']).toEqualTypeOf<unknown>()
    if (token.kind === 'jwt') {
      expectTypeOf(token.claims).toEqualTypeOf<JwtClaims>()
      return token.expiresAt satisfies Date
    }
    expectTypeOf(token.claims).toEqualTypeOf<IntrospectedClaims>()
    expectTypeOf(token.expiresAt).toEqualTypeOf<Date | undefined>()
    return token.introspectedAt
  }
  expectTypeOf(look).toBeFunction()
  expectTypeOf(createValidator(trust)).toEqualTypeOf<Validator>()
})

test('tokens of different schemas are not assignable to each other', () => {
  expectTypeOf<AccessToken<TenantClaims>>().not.toExtend<AccessToken>()
  expectTypeOf<AccessToken>().not.toExtend<AccessToken<TenantClaims>>()
  expectTypeOf<AccessToken<{ tenant: string }>>().not.toExtend<AccessToken>()
  expectTypeOf<AccessToken>().not.toExtend<AccessToken<{ tenant: string }>>()
  expectTypeOf<AccessToken<{ tenant: string }>>().not.toExtend<AccessToken<TenantClaims>>()
})

test('respond makes a Response from an unknown error', () => {
  const { respond } = createValidator(trust)
  expectTypeOf(respond).toEqualTypeOf<(error: unknown) => Response>()
  const uncalled = (): Promise<AccessToken | Response> => createValidator(trust).authenticate(request).catch(respond)
  expectTypeOf(uncalled).toBeFunction()
})

test('a valid option or guard compiles', () => {
  expectTypeOf(scopes('a')).toEqualTypeOf<Guard>()
  expectTypeOf<'30s'>().toExtend<Duration>()
  expectTypeOf<30>().not.toExtend<Duration>()
  expectTypeOf<'30'>().not.toExtend<Duration>()
  trustedIssuer('https://as.example', { dialect: { scopes: ['scope', ['resource_access', 'my.client', 'roles']] } })
  createValidator({ ...trust, scopeHierarchy: { admin: 'write', write: ['read'] } })
  defineGuard({ check: () => 'pass' })
  defineGuard({ demands: { scopes: ['a'] }, check: async () => new Refusal({ reason: 'x' }) })
})

test('an invalid option or guard does not compile', () => {
  const uncalled = (): void => {
    // @ts-expect-error -- audience is missing
    createValidator({ issuer: 'https://as.example' })
    // @ts-expect-error -- issuer is missing
    createValidator({ audience: 'api' })
    // @ts-expect-error -- a duration has a unit
    createValidator({ ...trust, clockTolerance: 5 })
    // @ts-expect-error -- this is no schema
    createValidator({ ...trust, claims: { tenant: 'string' } })
    // @ts-expect-error -- scopes are strings
    createValidator({ ...trust, scopeHierarchy: { admin: 7 } })
    // @ts-expect-error -- the hierarchy is an object
    createValidator({ ...trust, scopeHierarchy: ['admin'] })
    // @ts-expect-error -- this is an option of the issuer
    createValidator({ ...trust, dialect: { scopes: 'scp' } })
    // @ts-expect-error -- this is an option of the adapters
    createValidator({ ...trust, errors: 'throw' })
    // @ts-expect-error -- there is no such option
    trustedIssuer('https://as.example', { audiences: 'api' })
    // @ts-expect-error -- a claim name, or a list of names and paths
    trustedIssuer('https://as.example', { dialect: { scopes: 7 } })
    // @ts-expect-error -- a path consists of names
    trustedIssuer('https://as.example', { dialect: { scopes: [['a', 7]] } })
    // @ts-expect-error -- client is missing
    trustedIssuer('https://as.example', { introspection: {} })
    // @ts-expect-error -- a string is no client authentication
    trustedIssuer('https://as.example', { introspection: { client: 'api:secret' } })
    trustedIssuer('https://as.example', {
      // @ts-expect-error -- a duration has a unit
      introspection: { client: clientSecretBasic('api', 'secret'), cacheFor: 60 },
    })
    // @ts-expect-error -- a scope is no guard
    void createValidator(trust).authenticate(request, 'read')
    // @ts-expect-error -- a duration has a unit
    active({ within: 5 })
    // @ts-expect-error -- the reason is missing
    claims(() => true)
    // @ts-expect-error -- a check returns 'pass' or a Refusal
    defineGuard({ check: () => false })
    // @ts-expect-error -- a check returns 'pass' or a Refusal
    defineGuard({ check: () => undefined })
    // @ts-expect-error -- there is no such code
    void new Refusal({ code: 'invalid_grant', reason: 'x' })
  }
  expectTypeOf(uncalled).toBeFunction()
})
