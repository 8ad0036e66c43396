/** Several layers of protection on one request. */
import { type AccessToken, createValidator, Refusal, scopes, type Validator } from '@tollgate/core'
import { createRequestAuth, type RequestAuth } from '@tollgate/core/adapter'
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import { expect, onTestFinished, test } from 'vitest'
import { reasonOf } from '../harness/asking.ts'

interface Incoming {
  method: string
  readonly headers: readonly (readonly [string, string])[]
}

interface Scene {
  readonly issuer: MockIssuer
  readonly validator: Validator
  readonly gateOf: (validator: Validator) => RequestAuth<Incoming>
}

async function open(): Promise<Scene> {
  const issuer = await createMockIssuer({ port: 'none' })
  onTestFinished(() => issuer.close())
  const toHttpRequest = ({ method, headers }: Incoming) => ({ method, url: '/', headers })
  const gateOf = (validator: Validator): RequestAuth<Incoming> =>
    createRequestAuth({ validator, toHttpRequest, preflights: 'skip' })
  return { issuer, validator: createValidator(issuer.validatorOptions), gateOf }
}

test('what was a preflight when an outer layer saw it, and is none any more, is judged', async () => {
  const { issuer, validator, gateOf } = await open()
  const authorization = `Bearer ${await issuer.accessToken({ scope: 'read' })}`
  const gate = gateOf(validator)
  for (let round = 0; round < 4; round += 1) {
    const request: Incoming = {
      method: 'OPTIONS',
      headers: [
        ['origin', 'https://app.example'],
        ['access-control-request-method', 'DELETE'],
        ['authorization', authorization],
      ],
    }
    const admin = validator.combine(scopes('admin'))
    await gate.admitOptional(request, validator.combine())
    expect(await gate.admit(request, admin)).toBeUndefined()
    request.method = 'DELETE'
    expect(await reasonOf((async () => gate.admit(request, admin))())).toBe('missing-scope')
  }
})

test('what one of two layers at the same time has heard, the other does not undo', async () => {
  const { issuer, validator, gateOf } = await open()
  const headers = [['authorization', `Bearer ${await issuer.accessToken()}`]] as const
  const [first, second, third] = [scopes('first'), scopes('second'), scopes('third')]
  const inactive = new Refusal({ code: 'invalid_token', reason: 'inactive' })
  const wrapped: Validator = {
    ...validator,
    async authorize(token, _request, guard): Promise<AccessToken> {
      if (guard === first) {
        throw inactive
      }
      return token as AccessToken
    },
  }
  const gate = gateOf(wrapped)
  const request: Incoming = { method: 'GET', headers }
  const both = [first, second].map(async (guard) => reasonOf((async () => gate.admit(request, guard))()))
  expect(await Promise.all(both)).toEqual(['inactive', 'OK'])
  expect(await reasonOf((async () => gate.admit(request, third))())).toBe('inactive')
})

test('whoever changes the audience of a token changes nothing for others', async () => {
  const { issuer, validator } = await open()
  const audience = 'api'
  const other = createValidator({ ...issuer.validatorOptions, audience })
  const tokens = await Promise.all([1, 2, 3].map(() => issuer.accessToken({ aud: audience, scope: audience })))
  for (const authorization of tokens.flatMap((token) => Array.from({ length: 4 }, () => `Bearer ${token}`))) {
    const token = await other.authenticate({ method: 'GET', url: '/', headers: [['authorization', authorization]] })
    expect(() => (token.audience as string[]).push('admin')).toThrow(TypeError)
    expect([...token.scopes, ...token.audience]).toEqual([audience, audience])
  }
  expect(other.health().caches.jwt).toMatchObject({ hits: 6, entries: 3 })
  await other.close()
  await validator.close()
})
