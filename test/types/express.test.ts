import '@tollgate/express/augment'
import { type AccessToken, createProtect, createValidator, type Protect, scopes } from '@tollgate/express'
import express from 'express'
import { expectTypeOf, test } from 'vitest'
import { type TenantClaims, zodClaims } from './claims-schemas.ts'

const trust = { issuer: 'https://as.example', audience: 'api' }

test('an application needs no cast', () => {
  const protect = createProtect(trust)
  const app = express()
  app.use(protect())
  app.get('/:id', protect(scopes('read')), (req, res) => {
    expectTypeOf(protect.auth(req)).toEqualTypeOf<AccessToken>()
    expectTypeOf(protect.optional.auth(req)).toEqualTypeOf<AccessToken | undefined>()
    // The SDKs of MCP, which other tests import, type `req.auth` itself.
    expectTypeOf<Express.Request['auth']>().toEqualTypeOf<AccessToken | undefined>()
    expectTypeOf(req.params.id).toEqualTypeOf<string>()
    res.end()
  })
})

test('protect.auth() has the claims of the schema, from options and from a validator', () => {
  const typed = { ...trust, claims: zodClaims }
  expectTypeOf(createProtect(createValidator(typed))).toEqualTypeOf<Protect<TenantClaims>>()
  const protect = createProtect(typed)
  expectTypeOf(protect).toEqualTypeOf<Protect<TenantClaims>>()
  express().get('/:id', protect(scopes('read')), (req, res) => {
    expectTypeOf(protect.auth(req)).toEqualTypeOf<AccessToken<TenantClaims>>()
    expectTypeOf(protect.optional.auth(req)).toEqualTypeOf<AccessToken<TenantClaims> | undefined>()
    // @ts-expect-error -- the schema has no such claim
    void protect.auth(req).claims.department
    res.end()
  })
})

test('an invalid option or guard does not compile', () => {
  const uncalled = (): void => {
    // @ts-expect-error -- audience is missing
    createProtect({ issuer: 'https://as.example' })
    // @ts-expect-error -- there is no such option
    createProtect({ ...trust, refusal: 'throw' })
    // @ts-expect-error -- there is no such word
    createProtect({ ...trust, errors: 'ignore' })
    // @ts-expect-error -- preflights is a word
    createProtect({ ...trust, preflights: true })
    // @ts-expect-error -- there is no such option beside a validator
    createProtect(createValidator(trust), { realm: 'api' })
    const protect = createProtect(trust)
    // @ts-expect-error -- protect has to be called
    express().use(protect)
    // @ts-expect-error -- a scope is no guard
    protect('read')
  }
  expectTypeOf(uncalled).toBeFunction()
})
