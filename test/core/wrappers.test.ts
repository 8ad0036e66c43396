import { runInNewContext } from 'node:vm'
import { createValidator, Refusal, scopes, type Validator } from '@tollgate/core'
import { createRequestAuth, type RequestAuth, nodeHeaders } from '@tollgate/core/adapter'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { expect, onTestFinished, test } from 'vitest'
import { reasonOf, requestWith } from '../harness/asking.ts'

const ofAnotherRealm = runInNewContext('(method) => async (...given) => method(...given)') as <Method>(
  method: Method,
) => Method

/** Whoever brings a library of promises. */
function thenable<Given extends readonly unknown[]>(
  method: (...given: Given) => Promise<unknown>,
): (...given: Given) => unknown {
  // oxlint-disable-next-line unicorn/no-thenable -- this is what it is for
  return (...given) => ({ then: (...wanted: Parameters<Promise<unknown>['then']>) => method(...given).then(...wanted) })
}

/** For web requests. */
function gateOf(validator: Validator): RequestAuth<Request> {
  return createRequestAuth({ validator, toHttpRequest: (request) => request, preflights: 'authenticate' })
}

test.each(['authorize', 'authenticateOptional'] as const)(
  'a wrapper whose %s gives promises of another kind lets nobody in who was not',
  async (name) => {
    const issuer = await createMockIssuer({ port: 'none' })
    onTestFinished(() => issuer.close())
    const validator = createValidator(issuer.validatorOptions)
    const token = await issuer.accessToken({ scope: 'read' })
    for (const wrap of [ofAnotherRealm, thenable as unknown as typeof ofAnotherRealm]) {
      const wrapped = { ...validator, [name]: wrap(validator[name]) }
      const gate = gateOf(wrapped)
      const admitted = async (request: Request, ...needed: readonly string[]): Promise<string> =>
        reasonOf((async () => gate.admit(request, validator.combine(scopes('read', ...needed))))())
      for (let round = 0; round < 4; round += 1) {
        expect(await admitted(requestWith(token), 'admin')).toBe('missing-scope')
        expect(await admitted(requestWith(token))).toBe('OK')
      }
      expect(await admitted(new Request('https://api.example/'))).toBe('no-credentials')
    }
  },
)

test.each(['authorize', 'authenticateOptional'] as const)(
  '%s is replaced between two requests, and put back',
  async (name) => {
    const issuer = await createMockIssuer({ port: 'none' })
    onTestFinished(() => issuer.close())
    const validator = createValidator(issuer.validatorOptions)
    const token = await issuer.accessToken({ scope: 'read' })
    const spied = { ...validator }
    const gate = gateOf(spied)
    const admitted = async (): Promise<string> =>
      reasonOf((async () => gate.admit(requestWith(token), validator.combine(scopes('read'))))())
    for (let round = 0; round < 3; round += 1) {
      expect(await admitted()).toBe('OK')
      Object.assign(spied, { [name]: () => Promise.reject(new Refusal({ reason: 'of-a-spy' })) })
      expect(await admitted()).toBe('of-a-spy')
      Object.assign(spied, { [name]: validator[name] })
    }
  },
)

test('a gate lets in nothing that is no object, for nobody would find its token again', async () => {
  const issuer = await createMockIssuer({ port: 'none' })
  onTestFinished(() => issuer.close())
  const validator = createValidator(issuer.validatorOptions)
  const request = requestWith(await issuer.accessToken({ scope: 'read' }))
  const gate = createRequestAuth({ validator, toHttpRequest: () => request, preflights: 'authenticate' })
  for (const subject of ['a text', 5, undefined, null]) {
    expect(() => gate.admit(subject as never, validator.combine())).toThrow(TypeError)
  }
})

test('a header that a middleware has set beside the one of the client, in another spelling, is not resolved by picking one', async () => {
  const issuer = await createMockIssuer({ port: 'none' })
  onTestFinished(() => issuer.close())
  const validator = createValidator(issuer.validatorOptions)
  const authorization = `Bearer ${await issuer.accessToken({ scope: 'read' })}`
  const judged = (headers: Record<string, string>): Promise<string> =>
    reasonOf(validator.authenticate({ method: 'GET', url: '/', headers: nodeHeaders({ headers }) }))
  expect(await judged({ authorization })).toBe('OK')
  expect(await judged({ Authorization: authorization })).toBe('OK')
  expect(await judged({ authorization, Authorization: authorization })).toBe('repeated-credentials')
})
