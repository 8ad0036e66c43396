import {
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

async function judge(guards: readonly Guard[], changes: Record<string, unknown> = {}): Promise<string> {
  const issuer = await openIssuer()
  const token = await issuer.accessToken({ scope: 'read write', tenant: 'a', ...changes })
  const request = new Request('https://api.example/', { headers: { authorization: `Bearer ${token}` } })
  return createValidator(issuer.validatorOptions)
    .authenticate(request, ...guards)
    .then(
      () => 'OK',
      (error: Refusal) =>
        `${error.status} ${error.reason} ${error.headers['WWW-Authenticate']?.match(/scope="[^"]*"/g)?.at(-1) ?? ''}`.trim(),
    )
}

const no = claims(() => false, 'no')

test('scopes: every one', async () => {
  expect(await judge([scopes('read', 'write')])).toBe('OK')
  expect(await judge([scopes('read', 'admin')])).toBe('403 missing-scope scope="read admin"')
})

test('anyScope: one is enough', async () => {
  expect(await judge([anyScope('admin', 'write')])).toBe('OK')
  expect(await judge([anyScope('admin', 'root')])).toBe('403 missing-scope scope="admin root"')
})

test('audience: this one as well', async () => {
  expect(await judge([audience(ours)])).toBe('OK')
  expect(await judge([audience('urn:other')])).toBe('401 wrong-audience')
  expect(await judge([audience('urn:other')], { aud: [ours, 'urn:other'] })).toBe('OK')
})

test('claims: what the predicate says, now or later', async () => {
  expect(await judge([claims(({ tenant }) => tenant === 'a', 'wrong-tenant')])).toBe('OK')
  expect(await judge([claims(({ tenant }) => tenant === 'b', 'wrong-tenant')])).toBe('403 wrong-tenant')
  expect(await judge([claims(async () => false, 'later')])).toBe('403 later')
  expect(await judge([claims(async () => true, 'later')])).toBe('OK')
  expect(() => claims('x' as never, 'r')).toThrow(TypeError)
  expect(() => claims(() => true, '')).toThrow(TypeError)
})

test('guards are judged in one order, however they are written', async () => {
  const all = [no, scopes('admin'), audience('urn:other')]
  expect(await judge(all)).toBe('401 wrong-audience')
  expect(await judge(all.toReversed())).toBe('401 wrong-audience')
  expect(await judge([no, scopes('admin')])).toBe('403 missing-scope scope="admin"')
  expect(await judge([allOf(no, scopes('admin')), audience('urn:other')])).toBe('401 wrong-audience')
  expect(await judge([no, scopes('read')])).toBe('403 no')
})

test('allOf: each, with one challenge for all', async () => {
  expect(await judge([allOf(scopes('read'), scopes('write'))])).toBe('OK')
  expect(await judge([allOf(scopes('read'), allOf(scopes('admin'), scopes('read')))])).toBe(
    '403 missing-scope scope="read admin"',
  )
  expect(() => allOf()).toThrow(TypeError)
  expect(await judge([])).toBe('OK')
})

test('anyOf: one is enough, and the refusal tells what would help', async () => {
  expect(await judge([anyOf(scopes('admin'), scopes('read'))])).toBe('OK')
  expect(await judge([anyOf(no, scopes('read'))])).toBe('OK')
  expect(await judge([anyOf(no, scopes('admin'))])).toBe('403 missing-scope scope="admin"')
  expect(
    await judge([
      anyOf(
        no,
        claims(() => false, 'neither'),
      ),
    ]),
  ).toBe('403 no')
  expect(await judge([anyOf(allOf(scopes('admin'), no), scopes('root'))])).toBe('403 missing-scope scope="admin root"')
  expect(() => anyOf()).toThrow(TypeError)
})

test('defineGuard: a guard of your own sees the token, the request and the time', async () => {
  const seen: unknown[] = []
  const guard = defineGuard({
    demands: { scopes: ['own'] },
    check: (token, { request, now }) => {
      seen.push(token.subject, request.method, now)
      return new Refusal({ code: 'insufficient_scope', reason: 'mine' })
    },
  })
  expect(await judge([guard])).toBe('403 mine')
  expect(seen).toEqual(['alice', 'GET', 1_700_000_000_000])
  expect(() => defineGuard({} as never)).toThrow(TypeError)
  for (const demands of [
    { scope: ['a'] },
    { scopes: 'a b' },
    { scopes: ['é'] },
    { scopes: ['a\r\nX: 1'] },
    { scopes: [''] },
    { scopes: [null] },
    { scopes: [] },
    5,
  ]) {
    expect(() => defineGuard({ check: () => undefined, demands } as never), JSON.stringify(demands)).toThrow(TypeError)
  }
  expect(() => defineGuard({ check: () => undefined, demand: {} } as never)).toThrow(TypeError)
})

test('what a guard demands cannot be changed behind its back', () => {
  const guard = scopes('admin')
  expect(() => (guard.demands.scopes as string[]).pop()).toThrow(TypeError)
  expect(() => Object.assign(guard.demands, { scopes: [] })).toThrow(TypeError)
  expect(() => Object.assign(guard, { check: () => undefined })).toThrow(TypeError)
})
