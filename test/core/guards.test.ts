import {
  active,
  allOf,
  anyOf,
  anyScope,
  audience,
  claims,
  createValidator,
  defineGuard,
  type Guard,
  Refusal,
  scopes,
} from '@tollgate/core'
import { expect, test } from 'vitest'
import { audience as ours, openIssuer } from '../harness/reference.ts'

/** The status, the reason and the scopes of the challenge for a token with the scopes `read write`; or `'OK'`. */
async function outcomeOf(guards: readonly Guard[], changes: Record<string, unknown> = {}): Promise<string> {
  const issuer = await openIssuer()
  const token = await issuer.accessToken({ scope: 'read write', tenant: 'a', ...changes })
  const request = new Request('https://api.example/', { headers: { authorization: `Bearer ${token}` } })
  const validator = createValidator(issuer.validatorOptions)
  try {
    await validator.authenticate(request, ...guards)
    return 'OK'
  } catch (error) {
    const { status, reason, headers } = error as Refusal
    return `${status} ${reason} ${headers['WWW-Authenticate']?.match(/scope="[^"]*"/g)?.at(-1) ?? ''}`.trim()
  }
}

const no = claims(() => false, 'no')

const invalidOption = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }) as Error

test('scopes demands every scope', async () => {
  expect(await outcomeOf([scopes('read', 'write')])).toBe('OK')
  expect(await outcomeOf([scopes('read', 'admin')])).toBe('403 missing-scope scope="read admin"')
})

test('anyScope demands at least one of its scopes', async () => {
  expect(await outcomeOf([anyScope('admin', 'write')])).toBe('OK')
  expect(await outcomeOf([anyScope('admin', 'root')])).toBe('403 missing-scope scope="admin root"')
})

test('audience demands one more audience', async () => {
  expect(await outcomeOf([audience(ours)])).toBe('OK')
  expect(await outcomeOf([audience('urn:other')])).toBe('401 wrong-audience')
  expect(await outcomeOf([audience('urn:other')], { aud: [ours, 'urn:other'] })).toBe('OK')
})

test('claims refuses when its predicate returns false, now or later', async () => {
  expect(await outcomeOf([claims(({ tenant }) => tenant === 'a', 'wrong-tenant')])).toBe('OK')
  expect(await outcomeOf([claims(({ tenant }) => tenant === 'b', 'wrong-tenant')])).toBe('403 wrong-tenant')
  expect(await outcomeOf([claims(async () => true, 'later')])).toBe('OK')
  expect(await outcomeOf([claims(async () => false, 'later')])).toBe('403 later')
  expect(() => claims('x' as never, 'r')).toThrow(invalidOption)
  expect(() => claims(() => true, '')).toThrow(invalidOption)
})

test('guards run in the order audience, scopes, claims, in whatever order they are written', async () => {
  const all = [no, scopes('admin'), audience('urn:other')]
  expect(await outcomeOf(all)).toBe('401 wrong-audience scope="admin"')
  expect(await outcomeOf(all.toReversed())).toBe('401 wrong-audience scope="admin"')
  expect(await outcomeOf([no, scopes('admin')])).toBe('403 missing-scope scope="admin"')
  expect(await outcomeOf([allOf(no, scopes('admin')), audience('urn:other')])).toBe('401 wrong-audience scope="admin"')
  expect(await outcomeOf([no, scopes('read')])).toBe('403 no')
})

test('allOf demands every guard, with one challenge', async () => {
  expect(await outcomeOf([allOf(scopes('read'), scopes('write'))])).toBe('OK')
  expect(await outcomeOf([allOf(scopes('read'), allOf(scopes('admin'), scopes('read')))])).toBe(
    '403 missing-scope scope="read admin"',
  )
  expect(() => allOf()).toThrow(invalidOption)
})

test('anyOf demands one guard, and its challenge names the scopes of all', async () => {
  expect(await outcomeOf([anyOf(scopes('admin'), scopes('read'))])).toBe('OK')
  expect(await outcomeOf([anyOf(no, scopes('read'))])).toBe('OK')
  expect(await outcomeOf([anyOf(no, scopes('admin'))])).toBe('403 missing-scope scope="admin"')
  const neither = claims(() => false, 'neither')
  expect(await outcomeOf([anyOf(no, neither)])).toBe('403 no')
  expect(await outcomeOf([anyOf(allOf(scopes('admin'), no), scopes('root'))])).toBe(
    '403 missing-scope scope="admin root"',
  )
  expect(() => anyOf()).toThrow(invalidOption)
})

test('active is an option error inside anyOf, at every depth, and permitted inside allOf', () => {
  const fresh = active({ within: '5s' })
  expect(() => anyOf(scopes('read'), fresh)).toThrow(invalidOption)
  expect(() => anyOf(scopes('read'), allOf(scopes('write'), fresh))).toThrow(invalidOption)
  expect(() => allOf(scopes('read'), fresh)).not.toThrow()
})

test('a guard of the app sees the token, the request and the time', async () => {
  const seen: unknown[] = []
  const guard = defineGuard({
    check: (token, { request, now }) => {
      seen.push(token.subject, request?.method, now)
      return new Refusal({ reason: 'mine' })
    },
  })
  expect(await outcomeOf([guard])).toBe('403 mine')
  expect(seen).toEqual(['alice', 'GET', 1_700_000_000_000])
})

test("a guard of the app passes when its check returns 'pass', now or later", async () => {
  expect(await outcomeOf([defineGuard({ check: () => 'pass' })])).toBe('OK')
  expect(await outcomeOf([defineGuard({ check: async () => 'pass' as const })])).toBe('OK')
  expect(await outcomeOf([defineGuard({ check: async () => new Refusal({ reason: 'later' }) })])).toBe('403 later')
})

test('the scopes that a guard of the app demands are enforced before its check runs', async () => {
  let count = 0
  const guard = defineGuard({
    demands: { scopes: ['read', 'admin'] },
    check: () => {
      count += 1
      return 'pass'
    },
  })
  expect(await outcomeOf([guard])).toBe('403 missing-scope scope="read admin"')
  expect(count).toBe(0)
  expect(await outcomeOf([guard], { scope: 'read admin' })).toBe('OK')
  expect(count).toBe(1)
})

test('defineGuard throws a TypeError for invalid options', () => {
  const check = (): 'pass' => 'pass'
  for (const init of [{}, { check: 'x' }, { check, demand: {} }]) {
    expect(() => defineGuard(init as never), JSON.stringify(init)).toThrow(invalidOption)
  }
  const wrongScopes = ['a b', [], ['é'], ['a\r\nX: 1'], [''], [null]]
  for (const demands of [5, { scope: ['a'] }, ...wrongScopes.map((names) => ({ scopes: names }))]) {
    expect(() => defineGuard({ check, demands } as never), JSON.stringify(demands)).toThrow(invalidOption)
  }
})

test('a guard cannot be changed after it was made', () => {
  const guard = scopes('admin')
  expect(() => (guard.demands.scopes as string[]).pop()).toThrow(TypeError)
  expect(() => Object.assign(guard.demands, { scopes: [] })).toThrow(TypeError)
  expect(() => Object.assign(guard, { check: () => 'pass' })).toThrow(TypeError)
})
