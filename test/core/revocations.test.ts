/** A revoked token is refused: by `revoke` in this process, and by the log in every other one. */
import {
  active,
  createValidator,
  isRefusal,
  memoryRevocations,
  type Refusal,
  type Revocation,
  type Revocations,
  trustedIssuer,
  type Validator,
} from '@tollgate/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { audience, T0 } from '../harness/constants.ts'
import { type Fleet, fleetKey, openFleet, signFor, waitForEntries } from '../harness/fleet.ts'
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

/** Texts that a lenient decoder of base64url reads as the same token. */
function spellingsOf(token: string): readonly string[] {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const end = alphabet.indexOf(token.at(-1) ?? '')
  const cut = token.slice(0, -1)
  const dot = token.lastIndexOf('.')
  const [head, signature] = [token.slice(0, dot), token.slice(dot + 1)]
  return [
    `${cut}${alphabet[end ^ 1]}`,
    `${cut}${alphabet[end ^ 15]}`,
    `${token}=`,
    `${token}==`,
    `${head}.${signature.replaceAll('-', '+').replaceAll('_', '/')}`,
    `${head}.~${signature}`,
  ]
}

test('no other spelling of a revoked JWT is accepted, also if its issuer would accept it', async () => {
  for (const formats of ['jwt', 'opaque'] as const) {
    const fleet = await openFleet({ issuer: formats === 'opaque' ? { formats } : {} })
    const token = fleet.sign()
    const all = [token, ...spellingsOf(token)]
    const before = await Promise.all(all.map((text) => fleet.reason(text)))
    expect(new Set(formats === 'opaque' ? before : before.slice(0, 1))).toEqual(new Set(['OK']))
    await fleet.validator.revoke({ token })
    const after = await Promise.all(all.map((text) => fleet.reason(text)))
    expect(after).not.toContain('OK')
    expect(after[0]).toBe('revoked')
    expect(await fleet.reason(fleet.sign({ jti: 'j-2' }))).toBe('OK')
  }
})

test('a JWT is revoked by any of its spellings', async () => {
  const fleet = await openFleet()
  const token = fleet.sign()
  await fleet.validator.revoke({ token: spellingsOf(token)[0] })
  expect(await fleet.reason(token)).toBe('revoked')
})

test('opaque tokens with dots are revoked one by one', async () => {
  const fleet = await openFleet()
  await fleet.validator.revoke({ token: 'a.b.c' })
  expect(await fleet.reason('a.b.c')).toBe('revoked')
  expect(await fleet.reason('a.b.d')).toBe('OK')
})

const strange: readonly string[] = [
  'two\nlines',
  '"quotes"',
  '\u0000',
  '\ud800',
  '["sub","x"]',
  '__proto__',
  'constructor',
  'é',
  'e\u0301',
  'x'.repeat(7000),
  ' ',
]

test('a strange name revokes the tokens with exactly that name', async () => {
  for (const revoked of strange) {
    const fleet = await openFleet()
    const other = fleet.start()
    await fleet.validator.revoke({ sub: revoked })
    await fleet.validator.revoke({ jti: revoked })
    await waitForEntries(other, 2)
    for (const sub of strange) {
      expect(await fleet.reason(fleet.sign({ sub }), other)).toBe(sub === revoked ? 'revoked' : 'OK')
      expect(await fleet.reason(fleet.sign({ jti: sub }), other)).toBe(sub === revoked ? 'revoked' : 'OK')
    }
  }
})

test('a name of one kind revokes no token that has it as another kind', async () => {
  const fleet = await openFleet()
  await fleet.validator.revoke({ sub: 'x' })
  const tokens = [{ jti: 'x' }, { sid: 'x' }, { client_id: 'x' }, { sub: 'alice', azp: 'x' }]
  const reasons = await Promise.all(tokens.map((changes) => fleet.reason(fleet.sign(changes))))
  expect(new Set(reasons)).toEqual(new Set(['OK']))
  expect(await fleet.reason('x')).toBe('OK')
})

test('names that end where others begin do not collide', async () => {
  const iss = 'https://as.example/","x'
  const validator = createValidator({
    issuer: () => undefined,
    audience,
    clock: () => T0 * 1000,
  })
  await validator.revoke({ sub: 'alice', issuer: iss })
  await validator.revoke({ sub: 'x","alice', issuer: 'https://as.example/' })
  expect(validator.health().revocations.entries).toBe(2)
})

test('a claim that is no text, and an empty one, name nothing', async () => {
  const fleet = await openFleet()
  await fleet.validator.revoke({ sid: '1' })
  await expect(fleet.validator.revoke({ sid: '' })).rejects.toThrow(wrong)
  for (const sid of [1, [1], ['1'], { 1: '1' }, null, '', true]) {
    fleet.issuer.introspect = () => fleet.issuer.active({ sid })
    expect(await fleet.reason(JSON.stringify(sid).replaceAll(/\W/g, '-'))).toBe('OK')
  }
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

test('when the log fails, `revoke` rejects, and the token is refused in this process', async () => {
  const log = { ...memoryRevocations(), publish: () => Promise.reject(new Error('down')) }
  const fleet = await openFleet({ log })
  await expect(fleet.validator.revoke({ sub: 'alice' })).rejects.toThrow('down')
  expect(await fleet.reason(fleet.sign())).toBe('revoked')
  expect(await fleet.reason(fleet.sign(), fleet.start({ revocations: memoryRevocations() }))).toBe('OK')
})

test.each<readonly [string, Revocations['publish']]>([
  ['hangs', () => new Promise(() => undefined)],
  [
    'throws at once',
    () => {
      throw new Error('down')
    },
  ],
  // oxlint-disable-next-line prefer-promise-reject-errors
  ['rejects with nothing', () => Promise.reject(undefined)],
])('`revoke` rejects when the log %s', async (_name, publish) => {
  const fleet = await openFleet({ log: { ...memoryRevocations(), publish } })
  const isRevoked = await fleet.validator.revoke({ sub: 'alice' }).then(
    () => true,
    () => false,
  )
  expect(isRevoked).toBe(false)
  expect(await fleet.reason(fleet.sign())).toBe('revoked')
})

test('a process that starts later knows all earlier revocations when it is ready', async () => {
  const fleet = await openFleet()
  for (let count = 0; count < 2500; count += 1) {
    await fleet.validator.revoke({ jti: `${count}` })
  }
  await fleet.validator.revoke({ jti: 'j-1' })
  const late = fleet.start()
  await late.ready()
  expect(await fleet.reason(fleet.sign(), late)).toBe('revoked')
  const alone: Fleet = await openFleet({ log: { ...fleet.log } })
  await alone.validator.ready()
  expect(alone.validator.health().revocations.entries).toBe(2501)
})

test('a validator that is closed twice does not end the reading of another one', async () => {
  const fleet = await openFleet()
  const [second, third] = [fleet.start(), fleet.start({ revocations: { ...fleet.log } })]
  await fleet.validator.close()
  await fleet.validator.close()
  await third.revoke({ sub: 'alice' })
  await waitForEntries(second, 1)
  expect(await fleet.reason(fleet.sign(), second)).toBe('revoked')
})

test('reading ends with the last validator, and begins again with the next', async () => {
  const log = memoryRevocations()
  let reads = 0
  const counted: Revocations = {
    ...log,
    maxSilence: 1000,
    read: (...args) => {
      reads += 1
      return log.read(...args)
    },
  }
  const fleet = await openFleet({ log: counted })
  const other = fleet.start()
  await other.ready()
  await fleet.validator.close()
  await other.close()
  const before = reads
  const elsewhere = fleet.start({ revocations: { ...log } })
  await elsewhere.revoke({ sub: 'alice' })
  await new Promise((resolve) => setTimeout(resolve, 600))
  expect(reads).toBe(before)
  const again = fleet.start()
  await again.ready()
  expect(await fleet.reason(fleet.sign(), again)).toBe('revoked')
})

test('revocations end, and are removed, when no token can be as old', async () => {
  const fleet = await openFleet({ log: memoryRevocations({ keepFor: '1h' }) })
  const other = fleet.start()
  for (let count = 0; count < 100; count += 1) {
    await fleet.validator.revoke({ jti: `${count}` })
  }
  await waitForEntries(other, 100)
  fleet.time.now += 3600
  await fleet.validator.revoke({ jti: 'j-1', issuer: fleet.issuer.url })
  expect(fleet.validator.health().revocations.entries).toBe(101)
  fleet.time.now += 1800
  expect(fleet.validator.health().revocations.entries).toBe(1)
  expect(await fleet.reason(fleet.sign(), other)).toBe('revoked')
})
