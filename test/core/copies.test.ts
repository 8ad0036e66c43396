/** An application can load the library twice. The copies recognise the objects of each other. */
import { expect, test, vi } from 'vitest'
import { createProtect } from '@tollgate/express'
import { audience, openIssuer, T0 } from '../harness/reference.ts'
import { openScriptedIssuer } from '../harness/scripted-issuer.ts'
import { requestWith } from '../harness/scripted-validator.ts'

async function loadTwice(): Promise<readonly [typeof import('@tollgate/core'), typeof import('@tollgate/core')]> {
  const one = await import('@tollgate/core')
  vi.resetModules()
  const other = await import('@tollgate/core')
  expect(other.createValidator).not.toBe(one.createValidator)
  return [one, other]
}

const invalidOption = (message: RegExp): unknown =>
  expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringMatching(message) as string })

test('guards of one copy protect with the validator of the other, and refusals are recognised', async () => {
  const [one, other] = await loadTwice()
  const issuer = await openIssuer()
  const validator = one.createValidator(issuer.validatorOptions)
  const guards = [
    other.scopes('read'),
    other.audience(audience),
    other.allOf(
      other.scopes('read'),
      other.claims(() => true, 'x'),
    ),
    other.defineGuard({ check: () => 'pass' }),
  ]
  const good = requestWith(await issuer.accessToken({ scope: 'read' }))
  for (const guard of guards) {
    expect((await validator.authenticate(good, guard)).subject).toBe('alice')
  }
  const poor = requestWith(await issuer.accessToken({ scope: 'write' }))
  const refusal: unknown = await validator.authenticate(poor, other.scopes('read')).catch((error: unknown) => error)
  expect([one.isRefusal(refusal), other.isRefusal(refusal)]).toEqual([true, true])
  expect(refusal).toMatchObject({ status: 403, reason: 'missing-scope', claimPaths: ['scope'] })
  const own = other.defineGuard({ check: () => new other.Refusal({ reason: 'mine' }) })
  await expect(validator.authenticate(good, own)).rejects.toMatchObject({ status: 403, reason: 'mine' })
})

test('an issuer with the client authentication of another copy, and an adapter over its validator', async () => {
  const [one, other] = await loadTwice()
  const issuer = await openScriptedIssuer()
  const trusted = one.trustedIssuer(issuer.url, { introspection: { client: other.clientSecretBasic('api', 'secret') } })
  const validator = other.createValidator({ issuer: trusted, audience, clock: () => T0 * 1000 })
  expect((await validator.validate('opaque', one.scopes('read'))).kind).toBe('opaque')
  const failing = other.createValidator({ issuer: one.trustedIssuer('http://127.0.0.1:18'), audience: 'x' })
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const token = `${part({ alg: 'RS256' })}.${part({ iss: 'http://127.0.0.1:18' })}.AAAA`
  const outage: unknown = await failing.validate(token).catch((error: unknown) => error)
  expect(one.isUnavailable(outage)).toBe(true)
  expect(() => createProtect(validator)(one.scopes('read'))).not.toThrow()
})

test('a guard of a newer copy with an unknown demand is refused, because nothing would meet the demand', async () => {
  const { createGuard } = await import('../../packages/core/src/guards/guard.ts')
  const newer = createGuard({
    demands: { boundTo: 'a key' } as object,
    stage: 'claims',
    check: async () => 'pass',
    checkNow: undefined,
  })
  const protect = createProtect({ issuer: 'https://as.example', audience: 'x' })
  expect(() => protect(newer)).toThrow(invalidOption(/newer version.*npm ls/))
})

test('the objects of a copy with another layout are named in the error', () => {
  const foreign = (kind: string): object => Object.defineProperty({}, Symbol.for('tollgate.kind'), { value: kind })
  const protect = createProtect({ issuer: 'https://as.example', audience: 'x' })
  expect(() => protect(foreign('guard') as never)).toThrow(invalidOption(/guard of another version.*npm ls/))
  expect(() => createProtect({ issuer: foreign('issuer') as never, audience: 'x' })).toThrow(
    invalidOption(/issuer of another version.*npm ls/),
  )
})
