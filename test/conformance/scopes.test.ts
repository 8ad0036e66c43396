import { anyScope, type Dialect, scopes, trustedIssuer } from '@tollgate/core'
import { expect } from 'vitest'
import type { Adapter } from '../harness/adapters.ts'
import { openScriptedApi } from '../harness/scripted-api.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { openReference, type Reference } from '../harness/reference.ts'
import { claimsOf } from '../harness/scripted-issuer.ts'
import { verifies } from '../harness/verifies.ts'

type ScopeOption = Dialect['scopes']

/** Presents claims to an API whose issuer has its scopes at this place. */
async function reading(
  adapter: Adapter,
  option: ScopeOption,
  required: readonly string[] = ['read'],
): Promise<(claims: object) => Promise<string>> {
  const { privateKey, jwk } = keyPair('P-256')
  const api = await openScriptedApi(adapter, {
    keys: [{ ...jwk, kid: 'k' }],
    issuer: { dialect: { scopes: option } },
    guards: [anyScope(...required)],
  })
  return (claims) =>
    api.present(
      jws(
        { alg: 'ES256', kid: 'k' },
        { ...claimsOf(api.issuer.url, { scope: undefined }), ...claims },
        privateKey,
        'ES256',
      ),
    )
}

verifies(['AT-08', 'DIALECT-SCOPES'], 'scopes are read where the dialect says', async (adapter) => {
  const places: readonly (readonly [ScopeOption, object])[] = [
    ['scope', { scope: 'read write' }],
    ['scope', { scope: ['write', 'read'] }],
    ['scp', { scp: 'openid read' }],
    ['scp', { scp: ['openid', 'read'] }],
    ['permissions', { permissions: ['read'] }],
    ['roles', { roles: ['read'] }],
    ['realm_access.roles', { realm_access: { roles: ['offline_access', 'read'] } }],
    ['resource_access.orders-api.roles', { resource_access: { 'orders-api': { roles: ['read'] } } }],
    [[['resource_access', 'orders.api', 'roles']], { resource_access: { 'orders.api': { roles: ['read'] } } }],
    ['https://api.example/roles', { 'https://api.example/roles': ['read'] }],
    [['scope', 'permissions'], { scope: 'openid', permissions: ['read'] }],
    [['scope', 'permissions'], { scope: 'read', permissions: [] }],
    // Keycloak has commas in some claims, and Zitadel has roles as the names of an object.
    ['groups', { groups: 'openid,read' }],
    ['groups', { groups: 'openid, read' }],
    ['urn:zitadel:iam:org:project:roles', { 'urn:zitadel:iam:org:project:roles': { read: { 400: 'example.com' } } }],
    ['roles', { roles: { read: 1, write: false } }],
    [(claims) => [String(claims['perm']).toLowerCase()], { perm: 'READ' }],
  ]
  for (const [option, claims] of places) {
    const present = await reading(adapter, option)
    expect(await present(claims), JSON.stringify([option, claims])).toBe('OK')
    expect(await present({ other: ['read'] }), 'the scopes are in another claim').toBe('E-SCOPE')
  }
})

verifies('DIALECT-SCOPES', 'by default only the string in `scope` grants scopes', async (adapter) => {
  const present = await reading(adapter, undefined)
  expect(await present({ scope: 'read' })).toBe('OK')
  for (const claims of [
    { scope: ['read'] },
    { scp: 'read' },
    { scp: ['read'] },
    { permissions: ['read'] },
    { roles: ['read'] },
    { realm_access: { roles: ['read'] } },
  ]) {
    expect(await present(claims), JSON.stringify(claims)).toBe('E-SCOPE')
  }
  const scpOnly = await reading(adapter, 'scp')
  expect(await scpOnly({ scope: 'read' }), 'the dialect replaces the default').toBe('E-SCOPE')
})

verifies('DIALECT-SCOPES', 'a value of another type grants no scope', async (adapter) => {
  const flat = await reading(adapter, 'roles')
  const deep = await reading(adapter, 'realm_access.roles')
  const values = [
    { read: false },
    { read: null },
    { 0: 'read' },
    ['read write'],
    [['read']],
    [{ name: 'read' }],
    'a\tread',
    'READ',
    'reads',
    ['read:x', 'xread'],
    7,
    true,
    null,
    [],
    {},
    '',
    [null, 7, ''],
  ]
  for (const value of values) {
    expect(await flat({ roles: value }), JSON.stringify(value)).toBe('E-SCOPE')
    expect(await deep({ realm_access: { roles: value } }), JSON.stringify(value)).toBe('E-SCOPE')
  }
  for (const realmAccess of [null, 'roles', ['read'], [{ roles: ['read'] }], { roles: undefined }, 7]) {
    expect(await deep({ realm_access: realmAccess }), JSON.stringify(realmAccess)).toBe('E-SCOPE')
  }
  for (const path of ['constructor.name', 'roles.constructor.name', '__proto__.roles', 'sub.length', 'aud.0']) {
    const inherited = await reading(adapter, path, ['Object', 'Array', 'read'])
    expect(await inherited({ roles: ['x'] }), path).toBe('E-SCOPE')
  }
})

verifies('DIALECT-SCOPES', 'a comma is a part of a scope in `scope` and `scp`', async (adapter) => {
  for (const name of ['scope', 'scp']) {
    const present = await reading(adapter, name)
    expect(await present({ [name]: 'photos.x,read' }), name).toBe('E-SCOPE')
    expect(await present({ [name]: 'photos.x, read' }), name).toBe('OK')
  }
})

verifies('DIALECT-SCOPES', 'the scopes of an introspection response are read in the same way', async (adapter) => {
  const api = await openScriptedApi(adapter, {
    introspection: {},
    issuer: { dialect: { scopes: ['scope', 'realm_access.roles'] } },
  })
  for (const [answer, outcome] of [
    [{ scope: ['read'] }, 'OK'],
    [{ scope: { read: {} } }, 'OK'],
    [{ scope: 'other', realm_access: { roles: ['read'] } }, 'OK'],
    [{ scope: undefined, roles: ['read'] }, 'E-SCOPE'],
  ] as const) {
    api.issuer.introspect = () => api.issuer.active(answer)
    expect(await api.present(Buffer.from(JSON.stringify(answer)).toString('hex')), JSON.stringify(answer)).toBe(outcome)
  }
})

verifies('MCP-05', 'a scope that implies the required one is enough, also indirectly', async (adapter) => {
  const scopeHierarchy = { admin: ['write'], write: 'read', audit: ['read', 'logs'] }
  const granting = (api: Reference, scope: string): Promise<string> =>
    api.token({ scope }).then((token) => api.present(token))
  const reader = await openReference(adapter, { protect: { scopeHierarchy } })
  for (const scope of ['read', 'write', 'admin', 'audit', 'openid admin']) {
    expect(await granting(reader, scope), scope).toBe('OK')
  }
  expect(await granting(reader, 'logs openid')).toBe('E-SCOPE')
  const writer = await openReference(adapter, { protect: { scopeHierarchy }, guards: [anyScope('write', 'other')] })
  expect(await granting(writer, 'admin')).toBe('OK')
  expect(await granting(writer, 'read audit'), 'a scope does not imply its parent').toBe('E-SCOPE')
  const { challenges } = await writer.send({ headers: [['Authorization', `Bearer ${await writer.token()}`]] })
  expect(challenges[0], 'the challenge names the scopes of the route').toContain('scope="write other"')
  await granting(reader, 'admin')
  expect(reader.seen()?.scopes).toEqual(new Set(['admin', 'write', 'read']))
  expect(reader.seen()?.claims.scope).toBe('admin')
})

verifies('MCP-05', 'a role can imply scopes, also for an opaque token', async (adapter) => {
  const api = await openScriptedApi(adapter, {
    introspection: {},
    issuer: { dialect: { scopes: 'roles' } },
    protect: { scopeHierarchy: { Accountant: ['read', 'invoices:write'] } },
    guards: [scopes('read', 'invoices:write')],
  })
  api.issuer.introspect = () => api.issuer.active({ roles: ['Accountant'] })
  expect(await api.present('accountant')).toBe('OK')
  api.issuer.introspect = () => api.issuer.active({ roles: ['accountant'] })
  expect(await api.present('other')).toBe('E-SCOPE')
})

verifies(
  ['DIALECT-SCOPES', 'MCP-05'],
  'an invalid path of scopes or scopeHierarchy is a TypeError at start-up',
  async (adapter) => {
    const wrong = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' })
    for (const option of ['', [], [''], 'a..b', '.a', 'a.', 7, null, [[]], [['a', '']], [['a', 7]], {}]) {
      expect(
        () => trustedIssuer('https://as.example', { dialect: { scopes: option as string } }),
        JSON.stringify(option),
      ).toThrow(wrong)
    }
    for (const scopeHierarchy of [
      { a: ['b'], b: ['a'] },
      { a: ['a'] },
      { a: ['b'], b: ['c'], c: ['a'] },
      { a: [] },
      { 'a b': ['c'] },
      { a: ['b c'] },
      { a: 7 },
      { a: '' },
      { a: 'x"y' },
      [],
      null,
      'admin',
      new Map([['a', ['b']]]),
      new Date(),
      { __proto__: ['x'] },
    ]) {
      const options = { issuer: 'https://as.example', audience: 'api', scopeHierarchy: scopeHierarchy as { a: string } }
      await expect(adapter.create(options), JSON.stringify(scopeHierarchy)).rejects.toThrow(wrong)
    }
  },
)
