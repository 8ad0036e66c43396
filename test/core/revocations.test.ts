/** A revoked token is refused: by `revoke` in this process, and by the log in every other one. */
import {
  active,
  createValidator,
  isRefusal,
  memoryRevocations,
  type Refusal,
  type Revocation,
  trustedIssuer,
  type Validator,
} from '@tollgate/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { audience, T0 } from '../harness/constants.ts'
import { fleetKey, openFleet, signFor, waitForEntries } from '../harness/fleet.ts'
import { client } from '../harness/scripted-api.ts'
import { openScriptedIssuer } from '../harness/scripted-issuer.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'

const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })

async function refusalOf(validator: Validator, token: string): Promise<Refusal> {
  const error: unknown = await validator.authenticate(requestWith(token)).catch((thrown: unknown) => thrown)
  if (isRefusal(error)) {
    return error
  }
  throw error
}

type Way = readonly [name: string, revocation: (token: string) => Revocation, claimPaths: readonly string[]]

const ways: readonly Way[] = [
  ['token', (token) => ({ token }), []],
  ['jti', () => ({ jti: 'j-1' }), ['jti']],
  ['sid', () => ({ sid: 's-1' }), ['sid']],
  ['sub', () => ({ sub: 'alice' }), ['sub']],
  ['clientId', () => ({ clientId: 'app' }), ['client_id']],
]

/** Another token, which differs in every claim by which a token can be revoked. */
const others = { jti: 'j-2', sid: 's-2', sub: 'bob', client_id: 'other' }

describe.each(ways)('revoke({ %s })', (_name, revocationOf, claimPaths) => {
  test('refuses a JWT in all processes, cached or not, and no other one', async () => {
    const fleet = await openFleet()
    const [cached, fresh] = [fleet.validator, fleet.start()]
    const token = fleet.sign()
    for (let use = 0; use < 3; use += 1) {
      expect(await fleet.reason(token, cached)).toBe('OK')
    }
    await cached.revoke(revocationOf(token))
    await waitForEntries(fresh, 1)
    for (const validator of [cached, fresh, fresh]) {
      const refusal = await refusalOf(validator, token)
      expect([refusal.status, refusal.code, refusal.reason]).toEqual([401, 'invalid_token', 'revoked'])
      expect(refusal.claimPaths).toEqual(claimPaths)
      expect(await fleet.reason(fleet.sign(others), validator)).toBe('OK')
    }
  })

  test('refuses an opaque token in all processes, cached or not, and no other one', async () => {
    const fleet = await openFleet()
    const [cached, fresh] = [fleet.validator, fleet.start()]
    fleet.issuer.introspect = (text) => {
      const changes = text === 'other' ? others : { jti: 'j-1', sid: 's-1' }
      return fleet.issuer.active(changes)
    }
    expect(await fleet.reason('t', cached)).toBe('OK')
    await cached.revoke(revocationOf('t'))
    await waitForEntries(fresh, 1)
    for (const validator of [cached, fresh, fresh]) {
      const refusal = await refusalOf(validator, 't')
      expect([refusal.status, refusal.reason, refusal.claimPaths]).toEqual([401, 'revoked', claimPaths])
      expect(await fleet.reason('other', validator)).toBe('OK')
    }
  })

  test('works without the option `revocations`', async () => {
    const fleet = await openFleet({ validator: { revocations: undefined } })
    const token = fleet.sign()
    expect(await fleet.reason(token)).toBe('OK')
    await fleet.validator.revoke(revocationOf(token))
    expect(await fleet.reason(token)).toBe('revoked')
    expect(await fleet.reason(fleet.sign(others))).toBe('OK')
    expect(await fleet.reason(token, fleet.start())).toBe('OK')
  })
})

test('a token that is issued after the second of the revocation is valid', async () => {
  for (const revocation of [{ sub: 'alice' }, { sid: 's-1' }, { clientId: 'app' }]) {
    const fleet = await openFleet()
    fleet.time.now = T0 + 0.4
    await fleet.validator.revoke(revocation)
    fleet.time.now = T0 + 1
    const reasons = [T0 - 1, T0, T0 + 1, T0 + 0.5].map(async (iat) => fleet.reason(fleet.sign({ iat, jti: `${iat}` })))
    expect(await Promise.all(reasons)).toEqual(['revoked', 'revoked', 'OK', 'OK'])
  }
})

test('an issuer that writes `iat` in milliseconds is understood', async () => {
  const fleet = await openFleet()
  await fleet.validator.revoke({ sub: 'alice' })
  const times = [T0 * 1000 - 1, T0 * 1000, T0 * 1000 + 1]
  const reasons = times.map(async (iat) => fleet.reason(fleet.sign({ iat })))
  expect(await Promise.all(reasons)).toEqual(['revoked', 'revoked', 'OK'])
})

test('a token without `iat` counts as issued before', async () => {
  const fleet = await openFleet()
  await fleet.validator.revoke({ sub: 'alice' })
  fleet.time.now += 100
  expect(await fleet.reason(fleet.sign({ iat: undefined }))).toBe('revoked')
  fleet.issuer.introspect = () => fleet.issuer.active({ iat: undefined })
  expect(await fleet.reason('t')).toBe('revoked')
})

test('`before` is a Date or milliseconds, and spares later tokens', async () => {
  for (const before of [new Date((T0 - 30) * 1000), (T0 - 30) * 1000, (T0 - 30) * 1000 + 0.5]) {
    const fleet = await openFleet()
    await fleet.validator.revoke({ sub: 'alice', before })
    const reasons = [T0 - 60, T0 - 30, T0 - 29].map(async (iat) => fleet.reason(fleet.sign({ iat })))
    expect(await Promise.all(reasons)).toEqual(['revoked', 'revoked', 'OK'])
  }
})

test('an older revocation does not replace a newer one', async () => {
  const fleet = await openFleet()
  const other = fleet.start()
  await fleet.validator.revoke({ sub: 'alice', before: (T0 - 10) * 1000 })
  await fleet.validator.revoke({ sub: 'alice', before: (T0 - 100) * 1000 })
  await waitForEntries(other, 1)
  for (const validator of [fleet.validator, other, fleet.start()]) {
    expect(await fleet.reason(fleet.sign({ iat: T0 - 60 }), validator)).toBe('revoked')
    expect(await fleet.reason(fleet.sign({ iat: T0 - 9 }), validator)).toBe('OK')
  }
})

test('jti and token revoke that token, whenever it was issued', async () => {
  const fleet = await openFleet()
  const token = fleet.sign({ iat: T0 + 4 })
  await fleet.validator.revoke({ token })
  await fleet.validator.revoke({ jti: 'j-9' })
  expect(await fleet.reason(token)).toBe('revoked')
  expect(await fleet.reason(fleet.sign({ iat: T0 + 4, jti: 'j-9' }))).toBe('revoked')
})

test('a clock with fractions of milliseconds revokes in all processes', async () => {
  const fleet = await openFleet()
  const other = fleet.start()
  fleet.time.now = T0 + 0.000_123_4
  for (const revocation of [{ sub: 'alice' }, { token: 't' }, { jti: 'j-5' }]) {
    await fleet.validator.revoke(revocation)
  }
  await waitForEntries(other, 3)
  expect(await fleet.reason(fleet.sign(), other)).toBe('revoked')
})

test('the same names at another issuer are untouched', async () => {
  const log = memoryRevocations()
  const [first, second] = [await openScriptedIssuer([fleetKey]), await openScriptedIssuer([fleetKey])]
  const validator = createValidator({
    issuer: [first, second].map(({ url }) => trustedIssuer(url, { introspection: { client } })),
    opaqueRouting: 'in-order',
    audience,
    clock: () => T0 * 1000,
    revocations: log,
  })
  onTestFinished(() => validator.close())
  const reason = (token: string) => reasonOf(validator.authenticate(requestWith(token)))
  for (const [, revocationOf] of ways.slice(1)) {
    const revocation = revocationOf('')
    await expect(validator.revoke(revocation)).rejects.toThrow(wrong)
    await expect(validator.revoke({ ...revocation, issuer: `${first.url}/` })).rejects.toThrow(wrong)
    await validator.revoke({ ...revocation, issuer: first.url })
  }
  expect(await reason(signFor(first.url))).toBe('revoked')
  expect(await reason(signFor(second.url))).toBe('OK')
})

test('with an `issuer` function, each revocation names its issuer', async () => {
  const fleet = await openFleet()
  const validator = fleet.start({ issuer: (iss) => trustedIssuer(iss, { network: 'any' }) })
  await expect(validator.revoke({ sub: 'alice' })).rejects.toThrow(wrong)
  await validator.revoke({ sub: 'alice', issuer: 'https://other.example' })
  expect(await fleet.reason(fleet.sign(), validator)).toBe('OK')
  await validator.revoke({ sub: 'alice', issuer: fleet.issuer.url })
  expect(await fleet.reason(fleet.sign(), validator)).toBe('revoked')
})

test('the client is the one that the dialect names', async () => {
  const fleet = await openFleet({ issuer: { dialect: { clientId: 'cid' } } })
  await fleet.validator.revoke({ clientId: 'phone' })
  expect(await fleet.reason(fleet.sign({ cid: 'phone' }))).toBe('revoked')
  expect(await fleet.reason(fleet.sign({ cid: 'web', client_id: 'phone' }))).toBe('OK')
})

test('with the guard `active`, a revoked token is refused, and a later one without `iat` in its response is not', async () => {
  const fleet = await openFleet()
  const reason = (token: string) => reasonOf(fleet.validator.authenticate(requestWith(token), active({ within: '5s' })))
  const [old, later] = [fleet.sign(), fleet.sign({ iat: T0 + 3, jti: 'j-2' })]
  fleet.issuer.introspect = () => fleet.issuer.active({ iat: undefined, sid: 's-1' })
  expect(await reason(old)).toBe('OK')
  await fleet.validator.revoke({ sub: 'alice' })
  expect(await reason(old)).toBe('revoked')
  expect(await reason(later)).toBe('OK')
  // Only the response names the subject.
  await fleet.validator.revoke({ sub: 'carol', before: (T0 + 3) * 1000 })
  fleet.issuer.introspect = () => fleet.issuer.active({ iat: undefined, sub: 'carol' })
  fleet.time.now += 10
  expect(await reason(later)).toBe('revoked')
})

test('a revoked token is refused where credentials are optional, and by itself', async () => {
  const fleet = await openFleet()
  const token = fleet.sign()
  await fleet.validator.revoke({ token })
  expect(await reasonOf(fleet.validator.authenticateOptional(requestWith(token)))).toBe('revoked')
  expect(await reasonOf(fleet.validator.validate(token))).toBe('revoked')
  expect(await fleet.validator.authenticateOptional(new Request('https://api.example/'))).toBeUndefined()
})

test('a token of a request that is under way keeps its guards', async () => {
  const fleet = await openFleet()
  const request = requestWith(fleet.sign())
  const token = await fleet.validator.authenticate(request)
  await fleet.validator.revoke({ sub: 'alice' })
  expect(await fleet.validator.authorize(token, request)).toBe(token)
  const confirmed = fleet.validator.authorize(token, request, active({ within: '5s' }))
  expect(await reasonOf(confirmed)).toBe('revoked')
})
