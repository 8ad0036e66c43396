import { active, cookie, createValidator, type Guard, header, scopes } from '@tollgate/core'
import { createProtect as createProtectForExpress } from '@tollgate/express'
import tollgate, { type TollgateOptions } from '@tollgate/fastify'
import { createProtect as createProtectForKoa } from '@tollgate/koa'
import fastify from 'fastify'
import { describe, expect, test } from 'vitest'
import { adapters } from '../harness/adapters.ts'

const trust = { issuer: 'https://as.example', audience: 'api' }
const invalidOption = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }) as Error

const wrongOptions: readonly (readonly [string, object | null | undefined])[] = [
  ['a misspelt option', { ...trust, audiences: 'api' }],
  ['no issuer', { audience: 'api' }],
  ['no audience', { issuer: trust.issuer }],
  ['an empty list of issuers', { ...trust, issuer: [] }],
  ['the same issuer twice', { ...trust, issuer: [trust.issuer, trust.issuer] }],
  ['the metadata URL as issuer', { ...trust, issuer: `${trust.issuer}/.well-known/openid-configuration` }],
  ['an issuer that trustedIssuer did not make', { ...trust, issuer: { url: trust.issuer } }],
  ['an option of the issuer', { ...trust, secret: 'x'.repeat(32) }],
  ['a clock in seconds', { ...trust, clock: () => 1_700_000_000 }],
  ['a clock that returns no number', { ...trust, clock: () => 'now' }],
  ['no source of credentials', { ...trust, credentials: [] }],
  ['null as credentials', { ...trust, credentials: null }],
  ['a misspelt source', { ...trust, credentials: 'Authorization' }],
  ['a name instead of a source', { ...trust, credentials: ['authorization', 'cookie'] }],
  ['an object that looks like a source', { ...trust, credentials: { in: 'cookie', name: 'session', origins: [] } }],
  ['a copy of a source', { ...trust, credentials: { ...header('x-token') } }],
  ['a function instead of a source', { ...trust, credentials: cookie }],
  ['sources within an array of sources', { ...trust, credentials: [['authorization']] }],
  ['undefined among the sources', { ...trust, credentials: ['authorization', undefined] }],
  // oxlint-disable-next-line eslint/no-sparse-arrays -- a hole is a mistake of the developer
  ['a hole among the sources', { ...trust, credentials: ['authorization', ,] }],
  ['the same source twice', { ...trust, credentials: [header('x-token'), header('X-Token')] }],
  ['a misspelt `credentials`', { ...trust, credential: 'authorization' }],
  ['null as dispatcher', { ...trust, dispatcher: null }],
  ['an object that is no dispatcher', { ...trust, dispatcher: {} }],
]

/** The options of the frameworks, which a validator alone does not have. */
const wrongMiddlewareOptions: typeof wrongOptions = [
  ['no options', undefined],
  ['null', null],
  ['an unknown word for errors', { ...trust, errors: 'ignore' }],
  ['a boolean for preflights', { ...trust, preflights: true }],
]

/** Each way to create a protection from one argument. */
const creators: readonly (readonly [string, (options: unknown) => unknown])[] = [
  ['Express', async (options) => createProtectForExpress(options as typeof trust)],
  ['Koa', async (options) => createProtectForKoa(options as typeof trust)],
  [
    'Fastify',
    (options) =>
      fastify()
        .register(tollgate, options as TollgateOptions)
        .ready(),
  ],
]

describe.each(adapters)('$name', (adapter) => {
  test.each(wrongOptions)('%s is a TypeError at start-up', async (_what, options) => {
    await expect(async () => adapter.create(options as typeof trust)).rejects.toThrow(invalidOption)
  })
})

describe.each(creators)('%s', (_name, create) => {
  test.each(wrongMiddlewareOptions)('%s is a TypeError at start-up', async (_what, options) => {
    await expect(async () => create(options)).rejects.toThrow(invalidOption)
  })
})

test.each([
  ['options in two places', [trust, { errors: 'throw' }]],
  ['an option of the validator beside a validator', [createValidator(trust), { audience: 'api' }]],
  ['an unknown word beside a validator', [createValidator(trust), { errors: 'ignore' }]],
])('createProtect with %s throws a TypeError', (_what, args) => {
  for (const create of [createProtectForExpress, createProtectForKoa]) {
    expect(() => (create as (...given: readonly unknown[]) => unknown)(...args)).toThrow(invalidOption)
  }
})

test.each([
  ['an option of the validator beside a validator', { ...trust, validator: createValidator(trust) }],
  ['an object that is no validator', { validator: {} }],
  ['null as validator', { ...trust, validator: null }],
])('Fastify rejects %s', async (_what, options) => {
  await expect(async () => fastify().register(tollgate, options as unknown as TollgateOptions)).rejects.toThrow(
    invalidOption,
  )
})

test.each([
  ['a string', 'read'],
  ['a list', [scopes('read')]],
  ['undefined', undefined],
  ['a function', () => true],
  ['a middleware', createProtectForKoa(trust)()],
  ['a copy of a guard', { ...scopes('read') }],
  ['active() without introspection', active({ within: '5s' })],
])('%s in place of a guard is a TypeError when the route is defined', async (_what, guard) => {
  const app = fastify()
  await app.register(tollgate, trust)
  const validator = createValidator(trust)
  for (const protect of [createProtectForExpress(trust), createProtectForKoa(trust), app.protect]) {
    expect(() => protect(guard as Guard)).toThrow(invalidOption)
    expect(() => protect.optional(guard as Guard)).toThrow(invalidOption)
  }
  await expect(validator.authenticate(new Request('https://api.example/'), guard as Guard)).rejects.toThrow(
    invalidOption,
  )
  await app.close()
})
