import { type RawClaims, createProtect, Refusal, type StandardSchema } from '@tollgate/express'
import express5, { type ErrorRequestHandler } from 'express'
import { expect, test } from 'vitest'
import { audience, openIssuer } from '../harness/reference.ts'
import { send } from '../harness/send.ts'
import { bearer, serve } from './serving.ts'

test('options count wherever an object has them', async () => {
  const issuer = await openIssuer()
  const refuseAll: StandardSchema<RawClaims> = {
    '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'no' }] }) },
  }
  class Config {
    issuer = issuer.validatorOptions.issuer
    audience = audience
    dispatcher = issuer.validatorOptions.dispatcher
    clock = issuer.clock
    get claims(): StandardSchema<RawClaims> {
      return refuseAll
    }
    get refusals(): 'throw' {
      return 'throw'
    }
  }
  const app = express5()
  app.get('/', createProtect(new Config())(), (_req, res) => void res.send('ok'))
  const own: ErrorRequestHandler = (error: Refusal, _req, res, _next) =>
    void res.status(error.status).send(error.reason)
  app.use(own)
  const received = await send(await serve(app), { path: '/', ...bearer(await issuer.accessToken()) })
  expect([received.status, received.body]).toEqual([401, 'wrong-claims'])
})

test('the message of a mistake tells the fix', () => {
  const create = createProtect as (...args: unknown[]) => unknown
  const options = { issuer: 'https://as.example', audience: 'api' }
  const protect = createProtect(options)
  const messageOf = (mistake: () => unknown): string => {
    try {
      mistake()
    } catch (error) {
      return (error as Error).message
    }
    throw new Error('It was taken for good')
  }
  expect(messageOf(() => create({ ...options, algorithms: ['ES256'] }))).toContain('trustedIssuer(url, { algorithms })')
  expect(messageOf(() => create({ ...options, refusal: 'throw' }))).toContain('refusals')
  expect(messageOf(() => create(options, { errors: 'throw' }))).toContain('first argument')
  expect(messageOf(() => (protect as (guard: unknown) => unknown)('read'))).toContain('scopes(')
  expect(messageOf(() => (protect as (guard: unknown) => unknown)({ method: 'GET', headers: {} }))).toContain(
    'protect()',
  )
  expect(messageOf(() => create({ ...options, audience: undefined }))).toContain('`audience`')
})

test('a Refusal is 403 unless it says otherwise', () => {
  expect(new Refusal({ reason: 'mine' })).toMatchObject({ status: 403, code: 'insufficient_scope', reason: 'mine' })
  expect(new Refusal({ reason: 'mine', code: 'invalid_token' }).status).toBe(401)
})

test.each([
  ['no options', undefined],
  ['the metadata for the issuer', { issuer: 'https://as.example/.well-known/openid-configuration', audience: 'api' }],
  ['a clock of seconds', { issuer: 'https://as.example', audience: 'api', clock: () => 1_700_000_000 }],
  ['null for a dispatcher', { issuer: 'https://as.example', audience: 'api', dispatcher: null }],
  ['an option of the issuer', { issuer: 'https://as.example', audience: 'api', secret: 'x'.repeat(32) }],
  ['a misspelt option', { issuer: 'https://as.example', audiences: 'api' }],
  ['no issuer', { audience: 'api' }],
  ['no audience', { issuer: 'https://as.example' }],
  ['an unknown word', { issuer: 'https://as.example', audience: 'api', errors: 'ignore' }],
  ['an issuer twice', { issuer: ['https://as.example', 'https://as.example'], audience: 'api' }],
  ['no issuers', { issuer: [], audience: 'api' }],
  ['an issuer made by hand', { issuer: { url: 'https://as.example' }, audience: 'api' }],
  ['a clock that tells no number', { issuer: 'https://as.example', audience: 'api', clock: () => 'now' }],
  ['a dispatcher that is none', { issuer: 'https://as.example', audience: 'api', dispatcher: {} }],
])('%s is a TypeError at start-up', (_what, options) => {
  const create = createProtect as (options: unknown) => unknown
  expect(() => create(options)).toThrow(expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }))
})

test.each([
  ['a text', 'read'],
  ['nothing', undefined],
  ['an object of the right shape', { demands: {}, stage: 'claims', check: () => undefined }],
])('%s in place of a guard is a TypeError when the route is defined', (_what, guard) => {
  const protect = createProtect({ issuer: 'https://as.example', audience: 'api' })
  expect(() => (protect as (guard: unknown) => unknown)(guard)).toThrow(TypeError)
  expect(() => (protect.optional as (guard: unknown) => unknown)(guard)).toThrow(TypeError)
})
