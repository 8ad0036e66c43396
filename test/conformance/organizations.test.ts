/** The tokens of organizations (Logto), on routes with and without their guard. */
import {
  anyOf,
  createValidator,
  type Guard,
  type HttpRequest,
  organization,
  scopes,
  trustedIssuer,
} from '@tollgate/core'
import { expect, onTestFinished, test } from 'vitest'
import type { Adapter } from '../harness/adapters.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'
import type { ResultCode } from '../harness/result-code.ts'
import { openScriptedApi } from '../harness/scripted-api.ts'
import { claimsOf, openScriptedIssuer } from '../harness/scripted-issuer.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'
import { verifies } from '../harness/verifies.ts'

const { jwk, privateKey } = keyPair('P-256')

type Claims = Readonly<Record<string, unknown>>

function tokenOf(issuer: string, claims: Claims): string {
  return jws({ alg: 'ES256', kid: 'k', typ: 'at+jwt' }, claimsOf(issuer, claims), privateKey, 'ES256')
}

/** The tokens of an issuer, and what they are for. */
const tokens = {
  ordinary: {},
  'API of org-1': { organization_id: 'org-1' },
  'API of org-2': { organization_id: 'org-2' },
  'API of org-10': { organization_id: 'org-10' },
  'org-1': { aud: 'urn:logto:organization:org-1' },
  'org-2': { aud: ['urn:logto:organization:org-2'] },
  'org-10': { aud: 'urn:logto:organization:org-10' },
  'org-1 in another case': { aud: 'urn:logto:organization:ORG-1' },
  'another API of org-1': { aud: 'https://other.example', organization_id: 'org-1' },
  'another API': { aud: 'https://other.example' },
} satisfies Readonly<Record<string, Claims>>

type Row = Readonly<Record<keyof typeof tokens, ResultCode>>

const refused = { 'another API of org-1': 'E-TOK', 'another API': 'E-TOK' } as const

const routes: readonly (readonly [name: string, guards: readonly Guard[], expected: Row])[] = [
  [
    'without the guard',
    [],
    {
      ordinary: 'OK',
      'API of org-1': 'E-SCOPE',
      'API of org-2': 'E-SCOPE',
      'API of org-10': 'E-SCOPE',
      'org-1': 'E-TOK',
      'org-2': 'E-TOK',
      'org-10': 'E-TOK',
      'org-1 in another case': 'E-TOK',
      ...refused,
    },
  ],
  ...(['org-1', async () => 'org-1'] as const).map(
    (id) =>
      [
        `for the API within org-1, by ${typeof id}`,
        [organization({ id, kind: 'api' })],
        {
          ordinary: 'E-SCOPE',
          'API of org-1': 'OK',
          'API of org-2': 'E-SCOPE',
          'API of org-10': 'E-SCOPE',
          'org-1': 'E-TOK',
          'org-2': 'E-TOK',
          'org-10': 'E-TOK',
          'org-1 in another case': 'E-TOK',
          ...refused,
        },
      ] as const,
  ),
  ...(['org-1', () => 'org-1'] as const).map(
    (id) =>
      [
        `for org-1 itself, by ${typeof id}`,
        [organization({ id, kind: 'organization' })],
        {
          ordinary: 'E-TOK',
          'API of org-1': 'E-TOK',
          'API of org-2': 'E-TOK',
          'API of org-10': 'E-TOK',
          'org-1': 'OK',
          'org-2': 'E-SCOPE',
          'org-10': 'E-SCOPE',
          'org-1 in another case': 'E-SCOPE',
          ...refused,
        },
      ] as const,
  ),
  [
    'for either organization',
    [anyOf(organization({ id: 'org-1', kind: 'api' }), organization({ id: 'org-2', kind: 'organization' }))],
    {
      ordinary: 'E-SCOPE',
      'API of org-1': 'OK',
      'API of org-2': 'E-SCOPE',
      'API of org-10': 'E-SCOPE',
      'org-1': 'E-TOK',
      'org-2': 'OK',
      'org-10': 'E-TOK',
      'org-1 in another case': 'E-TOK',
      ...refused,
    },
  ],
]

async function expectRow(adapter: Adapter, guards: readonly Guard[], expected: Row, name: string): Promise<void> {
  const api = await openScriptedApi(adapter, {
    keys: [{ ...jwk, kid: 'k' }],
    issuer: { organizations: 'enforced' },
    guards,
  })
  for (const [kind, claims] of Object.entries(tokens)) {
    const token = tokenOf(api.issuer.url, claims)
    const results = [await api.present(token), await api.present(token), await api.present(token)]
    const result = expected[kind as keyof Row]
    expect(results, `${kind} at a route ${name}, new and cached`).toEqual([result, result, result])
  }
}

verifies('ORGANIZATION', 'each route accepts the tokens that are for it, new or cached', async (adapter) => {
  for (const [name, guards, expected] of routes) {
    await expectRow(adapter, guards, expected, name)
  }
})

verifies(
  'ORGANIZATION',
  'by default the claim organization_id says nothing, and an organization is no audience',
  async (adapter) => {
    const api = await openScriptedApi(adapter, { keys: [{ ...jwk, kid: 'k' }], guards: [] })
    expect(await api.present(tokenOf(api.issuer.url, tokens['API of org-1']))).toBe('OK')
    expect(await api.present(tokenOf(api.issuer.url, tokens['org-1']))).toBe('E-TOK')
  },
)

verifies('ORGANIZATION', 'the id comes from the request, and every layer enforces the rule', async (adapter) => {
  const id = (request: HttpRequest | undefined): string | undefined => /\?org=(.*)$/.exec(request?.url ?? '')?.[1]
  const api = await openScriptedApi(adapter, {
    keys: [{ ...jwk, kid: 'k' }],
    issuer: { organizations: 'enforced' },
    guards: [organization({ id, kind: 'api' })],
  })
  const token = tokenOf(api.issuer.url, tokens['API of org-1'])
  const at = (path: string): Promise<ResultCode> =>
    api.outcome({ path, headers: [['Authorization', `Bearer ${token}`]] })
  expect(await at('/items?org=org-1')).toBe('OK')
  expect(await at('/items?org=org-2')).toBe('E-SCOPE')
  expect(await at('/items')).toBe('E-SCOPE')
  expect(await at('/optional?org=org-1')).toBe('OK')
  expect(await at('/optional?org=org-2')).toBe('E-SCOPE')
  // In the frameworks, a layer without the guard is in front. NestJS combines the guards of all layers.
  const isCombined = adapter.name.startsWith('NestJS')
  expect(await at('/twice?org=org-1')).toBe(isCombined ? 'OK' : 'E-SCOPE')
})

test('every method of a validator enforces the rule', async () => {
  const issuer = await openScriptedIssuer([{ ...jwk, kid: 'k' }])
  for (const trusted of [
    trustedIssuer(issuer.url, { organizations: 'enforced' }),
    () => trustedIssuer(issuer.url, { organizations: 'enforced' }),
  ]) {
    const validator = createValidator({ issuer: trusted, audience, clock: () => T0 * 1000 })
    onTestFinished(() => validator.close())
    const [ofApi, ofOrganization] = [tokens['API of org-1'], tokens['org-1']].map((claims) =>
      tokenOf(issuer.url, claims),
    )
    const guard = organization({ id: 'org-1', kind: 'api' })
    const work = [
      (token: string) => validator.authenticate(requestWith(token)),
      (token: string) => validator.authenticateOptional(requestWith(token)),
      (token: string) => validator.authenticateOptional(requestWith(token), scopes('read')),
      (token: string) => validator.validate(token),
    ]
    for (const method of work) {
      expect(await reasonOf(method(ofApi ?? ''))).toBe('unexpected-organization')
      expect(await reasonOf(method(ofOrganization ?? ''))).toBe('wrong-audience')
    }
    const accepted = await validator.authenticate(requestWith(ofApi ?? ''), guard)
    // A later layer of the same request does not apply the rule.
    expect(await reasonOf(validator.authorize(accepted, requestWith(ofApi ?? '')))).toBe('OK')
    expect(await reasonOf(validator.validate(ofApi))).toBe('unexpected-organization')
  }
})

test('a guard accepts no organization of an issuer that ignores them', async () => {
  const [first, second] = await Promise.all([openScriptedIssuer(), openScriptedIssuer([{ ...jwk, kid: 'k' }])])
  const issuer = [trustedIssuer(first.url, { organizations: 'enforced' }), trustedIssuer(second.url)]
  const validator = createValidator({ issuer, audience, clock: () => T0 * 1000 })
  onTestFinished(() => validator.close())
  const token = tokenOf(second.url, tokens['API of org-1'])
  expect(await reasonOf(validator.validate(token))).toBe('OK')
  expect(await reasonOf(validator.validate(token, organization({ id: 'org-1', kind: 'api' })))).toBe(
    'wrong-organization',
  )
})

test('an inherited demand does not switch the rule off', async () => {
  const issuer = await openScriptedIssuer([{ ...jwk, kid: 'k' }])
  const trusted = trustedIssuer(issuer.url, { organizations: 'enforced' })
  const validator = createValidator({ issuer: trusted, audience, clock: () => T0 * 1000 })
  onTestFinished(() => validator.close())
  const polluted = Object.prototype as { organization?: boolean }
  polluted.organization = true
  try {
    const token = tokenOf(issuer.url, tokens['API of org-1'])
    expect(await reasonOf(validator.validate(token, scopes('read')))).toBe('unexpected-organization')
  } finally {
    delete polluted.organization
  }
})

test('a function without a result names no organization, and one with another result fails', async () => {
  const issuer = await openScriptedIssuer([{ ...jwk, kid: 'k' }])
  const trusted = trustedIssuer(issuer.url, { organizations: 'enforced' })
  const validator = createValidator({ issuer: trusted, audience, clock: () => T0 * 1000 })
  onTestFinished(() => validator.close())
  const present = (claims: Claims, id: () => unknown): Promise<unknown> =>
    validator.validate(
      tokenOf(issuer.url, claims),
      organization({ id: id as () => string, kind: 'organization' in claims ? 'organization' : 'api' }),
    )
  for (const claims of [{ organization_id: 'undefined' }, { organization_id: undefined }, { organization_id: '' }]) {
    await expect(present(claims, () => undefined)).rejects.toMatchObject({ status: 403, reason: 'wrong-organization' })
  }
  for (const result of [null, '']) {
    const forbidden = { status: 403, reason: 'wrong-organization' }
    await expect(present({ organization_id: result }, () => result)).rejects.toMatchObject(forbidden)
  }
  for (const result of [7, {}, true, ['org-1']]) {
    await expect(present({ organization_id: result }, () => result)).rejects.toThrow(TypeError)
  }
  const urn = trustedIssuer(issuer.url, { organizations: 'enforced', audience: 'urn:logto:organization:' })
  const named = createValidator({ issuer: urn, audience, clock: () => T0 * 1000 })
  onTestFinished(() => named.close())
  const token = tokenOf(issuer.url, { aud: 'urn:logto:organization:undefined' })
  const nameless = organization({ id: () => undefined, kind: 'organization' })
  await expect(named.validate(token, nameless)).rejects.toMatchObject({ reason: 'wrong-organization' })
})

test('invalid options of the guard are a TypeError at start-up', () => {
  const wrong = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' })
  for (const options of [
    undefined,
    {},
    { id: 'org-1' },
    { kind: 'api' },
    { id: '', kind: 'api' },
    { id: 7, kind: 'api' },
    { id: 'org-1', kind: 'API' },
    { id: 'org-1', kind: 'api', roles: [] },
  ]) {
    expect(() => organization(options as { id: string; kind: 'api' }), JSON.stringify(options)).toThrow(wrong)
  }
  expect(() => anyOf(organization({ id: 'org-1', kind: 'api' }), scopes('read'))).toThrow(wrong)
  const ignoring = createValidator({ issuer: 'https://as.example', audience })
  expect(() => ignoring.combine(organization({ id: 'org-1', kind: 'api' })), 'no issuer enforces it').toThrow(wrong)
  const organizations = 'Enforced' as 'enforced'
  expect(() => trustedIssuer('https://as.example', { organizations })).toThrow(wrong)
})
