import '@tollgate/express/augment'
import { type AccessToken, createProtect, scopes } from '@tollgate/express'
import express from 'express'
import { expectTypeOf, test } from 'vitest'
import { type TenantClaims, zodClaims } from '../claims-schemas.ts'

declare module '@tollgate/express/augment' {
  interface TokenTypes {
    claims: TenantClaims
  }
}

test('req.auth has the claims that TokenTypes declares', () => {
  const protect = createProtect({ issuer: 'https://as.example', audience: 'api', claims: zodClaims })
  express().get('/', protect(scopes('a')), (req, res) => {
    expectTypeOf(req.auth).toEqualTypeOf<AccessToken<TenantClaims> | undefined>()
    expectTypeOf(protect.auth(req).claims).toEqualTypeOf<TenantClaims>()
    // @ts-expect-error -- the schema has no such claim
    void req.auth?.claims.department
    // @ts-expect-error -- the token can be undefined
    void req.auth.claims
    res.end()
  })
})
