/** A mistake in a revocation, or in the option `revocations`, is an invalid option. */
import { createValidator, memoryRevocations, type Revocation, type Revocations } from '@tollgate/core'
import { expect, test } from 'vitest'
import { audience, T0 } from '../harness/constants.ts'
import { openFleet } from '../harness/fleet.ts'

const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })

test.each<readonly [string, unknown]>([
  ['nothing', {}],
  ['two names', { sub: 'a', sid: 'b' }],
  ['an unknown name', { user: 'a' }],
  ['a name and an unknown one', { sub: 'a', aud: 'b' }],
  ['no object', 'alice'],
  ['undefined', undefined],
  ['a list', [{ sub: 'a' }]],
  ['an empty text', { sub: '' }],
  ['a number', { jti: 1 }],
  ['null', { sub: null }],
  ['a token with its scheme', { token: 'Bearer abc' }],
  ['a token with a line end', { token: 'abc\n' }],
  ['a token with an issuer', { token: 'abc', issuer: 'https://as.example' }],
  ['a stranger', { sub: 'a', issuer: 'https://stranger.example' }],
  ['a token before a time', { token: 'abc', before: 1 }],
  ['a jti before a time', { jti: 'abc', before: 1 }],
  ['a time in seconds of the future', { sub: 'a', before: (T0 + 61) * 1000 }],
  ['a text as time', { sub: 'a', before: '2026-01-01' }],
  ['no date', { sub: 'a', before: new Date(NaN) }],
  ['a time before 1970', { sub: 'a', before: -1 }],
  ['no number', { sub: 'a', before: NaN }],
  ['infinity', { sub: 'a', before: -Infinity }],
])('a revocation with %s is an invalid option', async (_name, revocation) => {
  const { validator } = await openFleet()
  await expect(validator.revoke(revocation as Revocation)).rejects.toThrow(wrong)
  expect(validator.health().revocations.entries).toBe(0)
})

const good: Revocations = memoryRevocations()

test.each<readonly [string, unknown]>([
  ['a text', 'redis'],
  ['null', null],
  ['an empty object', {}],
  ['no `read`', { ...good, read: undefined }],
  ['no `publish`', { ...good, publish: true }],
  ['no `keepFor`', { ...good, keepFor: undefined }],
  ['a text as `keepFor`', { ...good, keepFor: '24h' }],
  ['a `keepFor` of NaN', { ...good, keepFor: NaN }],
  ['a `keepFor` without end', { ...good, keepFor: Infinity }],
  ['no silence', { ...good, maxSilence: 0 }],
  ['a negative silence', { ...good, maxSilence: -1000 }],
  ['an unknown word', { ...good, whenSilent: 'ignore' }],
])('`revocations` with %s is an invalid option', async (_name, revocations) => {
  const options = { issuer: 'https://as.example', audience, revocations: revocations as Revocations }
  expect(() => createValidator(options)).toThrow(wrong)
})

test.each<readonly [string, unknown]>([
  ['an unknown name', { maxSilence: '5s' }],
  ['a number', { keepFor: 1000 }],
  ['more than 30 days', { keepFor: '721h' }],
  ['less than a second', { keepFor: '999ms' }],
])('memoryRevocations with %s is an invalid option', (_name, options) => {
  expect(() => memoryRevocations(options as object)).toThrow(wrong)
})
