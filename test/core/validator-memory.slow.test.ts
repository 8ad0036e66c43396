/** The memory of a validator that has validated one token: its caches grow with use. An application can have one per tenant. */
import { clientSecretBasic, createValidator, trustedIssuer, type ValidatorOptions } from '@tollgate/core'
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import { expect, onTestFinished, test } from 'vitest'
import { bytesInUseAtRest } from '../harness/memory.ts'

/** Measured: 20 to 40 KiB. */
const bound = 100 * 1024
const count = 50

interface Kind {
  readonly issuerOf: (issuer: MockIssuer) => ValidatorOptions['issuer']
  readonly tokenOf: (issuer: MockIssuer) => Promise<string>
}

const kinds: Readonly<Record<string, Kind>> = {
  'a listed issuer': { issuerOf: ({ url }) => url, tokenOf: (issuer) => issuer.accessToken() },
  'an issuer function': {
    issuerOf: () => (iss) => trustedIssuer(iss, { network: 'any' }),
    tokenOf: (issuer) => issuer.accessToken(),
  },
  introspection: {
    issuerOf: ({ url, client: { id, secret } }) =>
      trustedIssuer(url, { introspection: { client: clientSecretBasic(id, secret) } }),
    tokenOf: async (issuer) => issuer.opaqueToken(),
  },
}

test.each(Object.entries(kinds))('a validator with %s needs little memory', async (_name, { issuerOf, tokenOf }) => {
  const mock = await createMockIssuer({ port: 'none' })
  onTestFinished(() => mock.close())
  const { audience, dispatcher } = mock.validatorOptions
  const issuer = issuerOf(mock)
  const token = await tokenOf(mock)
  const validators: { close(): Promise<void> }[] = []
  const open = async (): Promise<void> => {
    const validator = createValidator({ issuer, audience, dispatcher })
    validators.push(validator)
    // The second use is the first of the cache.
    for (let use = 0; use < 3; use += 1) {
      expect((await validator.validate(token)).subject).toBe('alice')
    }
  }
  await open()
  const before = await bytesInUseAtRest()
  for (let opened = 0; opened < count; opened += 1) {
    await open()
  }
  expect(((await bytesInUseAtRest()) - before) / count).toBeLessThan(bound)
  await Promise.all(validators.map((validator) => validator.close()))
})
