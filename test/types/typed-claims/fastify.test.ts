import '@tollgate/fastify/augment'
import { type AccessToken, createValidator, scopes, tollgate } from '@tollgate/fastify'
import fastify from 'fastify'
import { expectTypeOf, test } from 'vitest'
import { arktypeClaims, type TenantClaims, valibotClaims, zodClaims } from '../claims-schemas.ts'

declare module '@tollgate/fastify' {
  interface TokenTypes {
    claims: TenantClaims
  }
}

const trust = { issuer: 'https://as.example', audience: 'api' }

test('app.auth() and request.auth have the claims that TokenTypes declares', () => {
  const uncalled = async (): Promise<void> => {
    const app = fastify()
    await app.register(tollgate, { ...trust, claims: zodClaims })
    app.get('/', { onRequest: app.protect(scopes('a')) }, async (request) => {
      expectTypeOf(app.auth(request)).toEqualTypeOf<AccessToken<TenantClaims>>()
      expectTypeOf(app.auth(request).claims).toEqualTypeOf<TenantClaims>()
      expectTypeOf(request.auth).toEqualTypeOf<AccessToken<TenantClaims> | undefined>()
      expectTypeOf(app.protect.optional.auth(request)).toEqualTypeOf<AccessToken<TenantClaims> | undefined>()
      // @ts-expect-error -- the schema has no such claim
      void app.auth(request).claims.department
    })
  }
  expectTypeOf(uncalled).toBeFunction()
})

test('the schema has to match the claims that TokenTypes declares', () => {
  const uncalled = async (): Promise<void> => {
    const app = fastify()
    await app.register(tollgate, { ...trust, claims: valibotClaims })
    await app.register(tollgate, { ...trust, claims: arktypeClaims })
    await app.register(tollgate, { validator: createValidator({ ...trust, claims: zodClaims }) })
    // @ts-expect-error -- the schema is missing
    await app.register(tollgate, trust)
    // @ts-expect-error -- the schema is missing
    await app.register(tollgate, { ...trust, claims: undefined })
    // @ts-expect-error -- the schema is missing
    await app.register(tollgate, { validator: createValidator(trust) })
    // @ts-expect-error -- this schema has another output type
    await app.register(tollgate, { ...trust, claims: zodClaims.pick({ tenant: true }) })
    const other = createValidator({ ...trust, claims: zodClaims.pick({ tenant: true }) })
    // @ts-expect-error -- this schema has another output type
    await app.register(tollgate, { validator: other })
  }
  expectTypeOf(uncalled).toBeFunction()
})
