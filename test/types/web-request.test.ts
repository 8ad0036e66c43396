import {
  type AccessToken,
  createValidator,
  type IntrospectedClaims,
  type JwtClaims,
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

test('the claims have the type of the schema, of whatever library', () => {
  const uncalled = async (): Promise<void> => {
    // One by one as well: of several, a library that tells nothing could hide behind the others.
    expectTypeOf(createValidator({ ...trust, claims: zodClaims })).toEqualTypeOf<Validator<TenantClaims>>()
    expectTypeOf(createValidator({ ...trust, claims: valibotClaims })).toEqualTypeOf<Validator<TenantClaims>>()
    expectTypeOf(createValidator({ ...trust, claims: arktypeClaims })).toEqualTypeOf<Validator<TenantClaims>>()
    for (const claims of [zodClaims, valibotClaims, arktypeClaims]) {
      const validator = createValidator({ ...trust, claims })
      expectTypeOf(validator).toEqualTypeOf<Validator<TenantClaims>>()
      const token = await validator.authenticate(request, scopes('a'))
      expectTypeOf(token).toEqualTypeOf<AccessToken<TenantClaims>>()
      expectTypeOf(token.claims).toEqualTypeOf<TenantClaims>()
      expectTypeOf(await validator.authenticateOptional(request)).toEqualTypeOf<AccessToken<TenantClaims> | undefined>()
      expectTypeOf(await validator.authorize(token, request)).toEqualTypeOf<AccessToken<TenantClaims>>()
      // @ts-expect-error -- the schema has no such claim
      void token.claims.department
    }
  }
  expectTypeOf(uncalled).toBeFunction()
})

test('what a schema makes of the claims is their type', () => {
  const uncalled = async (): Promise<void> => {
    const seconds = z.object({ auth_time: z.number().transform((time) => new Date(time * 1000)) })
    const later = v.pipeAsync(
      v.objectAsync({ tenant: v.string() }),
      v.transformAsync(async ({ tenant }) => tenant),
    )
    const dated = z.object({ born: z.coerce.date(), nick: z.string().optional() })
    const asked = dated.transform(async ({ born }) => ({ born, isKnown: true }))
    expectTypeOf((await createValidator({ ...trust, claims: dated }).authenticate(request)).claims).toEqualTypeOf<{
      born: Date
      nick?: string | undefined
    }>()
    expectTypeOf((await createValidator({ ...trust, claims: asked }).authenticate(request)).claims).toEqualTypeOf<{
      born: Date
      isKnown: boolean
    }>()
    const loose = type({ tenant: 'string.upper' })
    const since = await createValidator({ ...trust, claims: seconds }).authenticate(request)
    expectTypeOf(since.claims).toEqualTypeOf<{ auth_time: Date }>()
    expectTypeOf(
      (await createValidator({ ...trust, claims: later }).authenticate(request)).claims,
    ).toEqualTypeOf<string>()
    expectTypeOf((await createValidator({ ...trust, claims: loose }).authenticate(request)).claims).toEqualTypeOf<{
      tenant: string
    }>()
  }
  expectTypeOf(uncalled).toBeFunction()
})

test('without a schema they are as issued, and the kind tells which', () => {
  const look = (token: AccessToken): void => {
    expectTypeOf(token.claims).toEqualTypeOf<JwtClaims | IntrospectedClaims>()
    if (token.kind === 'jwt') {
      expectTypeOf(token.claims).toEqualTypeOf<JwtClaims>()
    } else {
      expectTypeOf(token.claims).toEqualTypeOf<IntrospectedClaims>()
    }
  }
  expectTypeOf(look).toBeFunction()
  expectTypeOf(createValidator(trust)).toEqualTypeOf<Validator>()
  expectTypeOf<AccessToken<TenantClaims>>().not.toExtend<AccessToken>()
  expectTypeOf<AccessToken>().not.toExtend<AccessToken<TenantClaims>>()
  expectTypeOf<AccessToken<{ tenant: string }>>().not.toExtend<AccessToken>()
  expectTypeOf<AccessToken>().not.toExtend<AccessToken<{ tenant: string }>>()
  expectTypeOf<AccessToken<{ tenant: string }>>().not.toExtend<AccessToken<TenantClaims>>()
})

test('an error has a Response', () => {
  const { respond } = createValidator(trust)
  expectTypeOf(respond).toEqualTypeOf<(error: unknown) => Response>()
  const uncalled = (): Promise<AccessToken | Response> => createValidator(trust).authenticate(request).catch(respond)
  expectTypeOf(uncalled).toBeFunction()
})

test('a wrong option does not compile', () => {
  const uncalled = (): void => {
    // @ts-expect-error -- audience is missing
    createValidator({ issuer: 'https://as.example' })
    // @ts-expect-error -- issuer is missing
    createValidator({ audience: 'api' })
    // @ts-expect-error -- a scope is not yet a guard
    void createValidator(trust).authenticate(request, 'read')
    // @ts-expect-error -- no schema
    createValidator({ ...trust, claims: { tenant: 'string' } })
    // @ts-expect-error -- scopes are strings
    createValidator({ ...trust, scopeHierarchy: { admin: 7 } })
    // @ts-expect-error -- one object
    createValidator({ ...trust, scopeHierarchy: ['admin'] })
    // @ts-expect-error -- the name of a claim, or several
    trustedIssuer('https://as.example', { scopesFrom: 7 })
    // @ts-expect-error -- names
    trustedIssuer('https://as.example', { scopesFrom: [['a', 7]] })
    // @ts-expect-error -- it belongs to the issuer
    createValidator({ ...trust, scopesFrom: 'scp' })
    // @ts-expect-error -- it belongs to a framework
    createValidator({ ...trust, errors: 'throw' })
    trustedIssuer('https://as.example', { scopesFrom: ['scope', ['resource_access', 'my.client', 'roles']] })
    createValidator({ ...trust, scopeHierarchy: { admin: 'write', write: ['read'] } })
  }
  expectTypeOf(uncalled).toBeFunction()
})
