/** A revocation concerns exactly the tokens that it names, however strange a name is, and however a token is spelt. */
import { createValidator } from '@tollgate/core'
import { expect, test } from 'vitest'
import { audience, T0 } from '../harness/constants.ts'
import { openFleet, waitForEntries } from '../harness/fleet.ts'

const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })

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
