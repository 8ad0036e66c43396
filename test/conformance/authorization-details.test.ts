/** Rich authorization requests (RFC 9396). */
import {
  type AccessToken,
  allOf,
  anyOf,
  authorizationDetails,
  authorizationDetailsOf,
  scopes,
  stepUp,
} from '@tollgate/core'
import { expect } from 'vitest'
import { z } from 'zod'
import type { Adapter } from '../harness/adapters.ts'
import { messagesOn } from '../harness/channel-messages.ts'
import { openDpopApi } from '../harness/dpop.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { openReference, type Reference, type ReferenceOptions, T0 } from '../harness/reference.ts'
import { openScriptedApi } from '../harness/scripted-api.ts'
import { verifies } from '../harness/verifies.ts'

interface DetailsApi extends Reference {
  /** The result for a token with this claim. */
  readonly presentDetails: (details: unknown, claims?: Record<string, unknown>) => Promise<string>
  /** The status and the challenges for the same token. */
  readonly challengesFor: (details: unknown, claims?: Record<string, unknown>) => Promise<readonly unknown[]>
}

async function open(
  adapter: Adapter,
  guards: NonNullable<ReferenceOptions['guards']>,
  options: ReferenceOptions = {},
): Promise<DetailsApi> {
  const api = await openReference(adapter, { guards, ...options })
  return {
    ...api,
    presentDetails: async (details, claims = {}) =>
      api.present(await api.token({ authorization_details: details, ...claims })),
    challengesFor: async (details, claims = {}) => {
      const token = await api.token({ authorization_details: details, ...claims })
      const { status, challenges } = await api.send({ headers: [['Authorization', `Bearer ${token}`]] })
      return [status, ...challenges]
    },
  }
}

const refused =
  'Bearer realm="api", error="insufficient_scope", error_description="The access token does not permit this request"'
const demanded =
  'Bearer realm="api", error="insufficient_authorization", error_description="The access token lacks required authorization details"'

/** Claims that authorize nothing. */
const malformed: readonly unknown[] = [
  undefined,
  null,
  [],
  'payment',
  '[{"type":"payment"}]',
  7,
  true,
  { type: 'payment' },
  { 0: { type: 'payment' }, length: 1 },
  [null, 'payment', 7, ['payment']],
  [[{ type: 'payment' }]],
  [{}],
  [{ Type: 'payment' }],
  [{ type: 7 }],
  [{ type: ['payment'] }],
  [{ type: '' }],
  [{ type: 'Payment' }],
  [{ type: 'payment ' }],
  [{ type: 'other' }],
  [{ type: 'payment', actions: 'write' }],
  [{ type: 'payment', locations: [7] }],
  [{ type: 'payment', datatypes: {} }],
  [{ type: 'payment', privileges: 'admin' }],
  [{ type: 'payment', identifier: 7 }],
  Array.from({ length: 101 }, () => ({ type: 'payment' })),
]

const sound: readonly unknown[] = [
  [{ type: 'payment' }],
  [{ type: 'other' }, { type: 'payment', actions: ['write'] }],
  [null, 'text', { type: 7 }, { type: 'payment' }],
  [{ type: 'payment', actions: null, identifier: null }],
  Array.from({ length: 100 }, (_, index) => ({ type: index === 99 ? 'payment' : 'other' })),
]

verifies('RAR-01', 'a claim that is not well-formed authorizes nothing, in each form of the guard', async (adapter) => {
  const type = await open(adapter, [authorizationDetails('payment')])
  const predicate = await open(adapter, [authorizationDetails('payment', () => true)])
  const schema = await open(adapter, [authorizationDetails(z.object({ type: z.literal('payment') }))])
  for (const api of [type, predicate, schema]) {
    for (const details of malformed) {
      const shown = JSON.stringify(details)?.slice(0, 80)
      expect([shown, await api.presentDetails(details)]).toEqual([shown, 'E-SCOPE'])
    }
    for (const details of sound) {
      const shown = JSON.stringify(details).slice(0, 80)
      expect([shown, await api.presentDetails(details)]).toEqual([shown, 'OK'])
    }
    const token = await api.token({ authorization_details: [{ type: 'payment' }] })
    expect([await api.present(token), await api.present(token)]).toEqual(['OK', 'OK'])
  }
  expect(await type.outcome({})).toBe('C0')
})

verifies('RAR-01', 'introspection responses count like JWTs, and the handler reads both', async (adapter) => {
  const guards = [authorizationDetails('payment', ({ actions }) => actions?.includes('write') ?? false)]
  const details = [{ type: 'payment', actions: ['write'], limit: 5 }, { type: 7 }]
  const reads = { type: 'payment', actions: ['read'] }
  const api = await openScriptedApi(adapter, { introspection: {}, guards })
  api.issuer.introspect = (token) =>
    api.issuer.active({ authorization_details: token === 'good' ? details : token === 'read' ? [reads] : token })
  for (let use = 0; use < 2; use += 1) {
    expect([await api.present('good'), await api.present('read'), await api.present('text')]).toEqual([
      'OK',
      'E-SCOPE',
      'E-SCOPE',
    ])
  }
  const jwtApi = await open(adapter, guards)
  expect(await jwtApi.presentDetails(details)).toBe('OK')
  expect(await api.present('good')).toBe('OK')
  for (const token of [api.seen(), jwtApi.seen()] as AccessToken[]) {
    expect(authorizationDetailsOf(token)).toEqual([{ type: 'payment', actions: ['write'], limit: 5 }])
    expect(authorizationDetailsOf(token, 'other')).toEqual([])
  }
})

const rsa = keyPair('RSA')
const ec = keyPair('P-256')

verifies('RAR-01', 'a signed introspection response counts as well', async (adapter) => {
  const api = await openScriptedApi(adapter, {
    keys: [{ ...rsa.jwk, kid: 'rsa' }],
    introspection: { response: 'jwt', cacheFor: '0s' },
    guards: [authorizationDetails('payment')],
  })
  const present = async (details: unknown): Promise<string> => {
    api.issuer.routes['/introspect'] = (_request, res) => {
      const introspection = api.issuer.active({ authorization_details: details })
      const payload = { iss: api.issuer.url, aud: 'api', iat: T0, token_introspection: introspection }
      const response = jws(
        { alg: 'RS256', kid: 'rsa', typ: 'token-introspection+jwt' },
        payload,
        rsa.privateKey,
        'RS256',
      )
      res.writeHead(200, { 'content-type': 'application/token-introspection+jwt' }).end(response)
    }
    return api.present('t')
  }
  expect(await present([{ type: 'payment' }])).toBe('OK')
  expect(authorizationDetailsOf(api.seen() as AccessToken, 'payment')).toEqual([{ type: 'payment' }])
  expect(await present({ type: 'payment' })).toBe('E-SCOPE')
})

verifies(
  'RAR-01',
  "an issuer that gives details to introspection alone is read with `formats: 'opaque'`",
  async (adapter) => {
    const api = await openScriptedApi(adapter, {
      introspection: {},
      issuer: { formats: 'opaque' },
      guards: [authorizationDetails('payment')],
    })
    const header = { alg: 'ES256', kid: 'ec', typ: 'at+jwt' }
    const tokenOf = (jti: string): string => jws(header, { ...api.issuer.active(), jti }, ec.privateKey, 'ES256')
    api.issuer.introspect = () => api.issuer.active({ authorization_details: [{ type: 'payment' }] })
    expect(await api.present(tokenOf('1'))).toBe('OK')
    api.issuer.introspect = () => api.issuer.active()
    expect(await api.present(tokenOf('2'))).toBe('E-SCOPE')
  },
)

const a = { type: 'files', actions: ['read'], locations: ['https://x.example'] }
const b = { type: 'files', actions: ['write'], locations: ['https://y.example'] }

verifies('RAR-02', 'rights are not mixed across elements', async (adapter) => {
  const writeAtX = [
    authorizationDetails('files', ({ actions, locations }) =>
      Boolean(actions?.includes('write') && locations?.includes('https://x.example')),
    ),
    authorizationDetails(
      'files',
      z.object({
        actions: z.array(z.string()).refine((actions) => actions.includes('write')),
        locations: z.array(z.string()).refine(async (locations) => locations.includes('https://x.example')),
      }),
    ),
  ]
  for (const guard of writeAtX) {
    const api = await open(adapter, [scopes('read'), guard])
    expect(await api.challengesFor([a, b])).toEqual([403, refused])
    expect(await api.challengesFor([a, b, { ...a, type: 'unknown', actions: ['write'] }])).toEqual([403, refused])
    expect(await api.presentDetails([a, b, { ...a, actions: ['read', 'write'] }])).toBe('OK')
  }
})

verifies(
  ['RAR-02', 'ERR-04'],
  'the guard comes after step-up and the scopes, in whatever order they are written',
  async (adapter) => {
    const refusals = messagesOn('tollgate:refusal')
    const guards = [authorizationDetails('payment', ({ actions }) => actions !== undefined), scopes('write')]
    const api = await open(adapter, [...guards, stepUp({ acr: 'gold' })])
    expect(await api.presentDetails(undefined, { exp: 1 })).toBe('E-TOK')
    expect(await api.presentDetails(undefined)).toBe('E-STEP')
    expect(await api.challengesFor(undefined, { acr: 'gold' })).toEqual([403, expect.stringContaining('scope="write"')])
    const good = { acr: 'gold', scope: 'write' }
    expect(await api.challengesFor([{ type: 'other' }, { type: 'payment' }], good)).toEqual([403, refused])
    expect(refusals.at(-1)).toMatchObject({
      outcome: 'insufficient_scope',
      subject: 'alice',
      refusal: { reason: 'missing-authorization-details', claimPaths: ['authorization_details[1]'] },
    })
    expect(await api.presentDetails([{ type: 'payment', actions: [] }], good)).toBe('OK')
  },
)

verifies('RAR-02', 'a combination accepts what its parts accept', async (adapter) => {
  const either = [anyOf(authorizationDetails('payment'), allOf(scopes('admin'), authorizationDetails('files')))]
  const api = await open(adapter, either)
  expect(await api.presentDetails([{ type: 'payment' }])).toBe('OK')
  expect(await api.presentDetails([a])).toBe('E-SCOPE')
  expect(await api.presentDetails([a], { scope: 'admin' })).toBe('OK')
  const both = await open(adapter, [authorizationDetails('payment'), authorizationDetails('files')])
  expect(await both.presentDetails([a])).toBe('E-SCOPE')
  expect(await both.presentDetails([a, { type: 'payment' }])).toBe('OK')
})

verifies('RAR-02', 'a condition that fails is a failure, and no refusal', async (adapter) => {
  for (const condition of [
    () => {
      throw new Error('no database')
    },
    () => 'yes' as never,
    async () => undefined as never,
  ]) {
    const api = await open(adapter, [authorizationDetails('payment', condition)])
    expect(await api.presentDetails([{ type: 'payment' }])).toBe('500')
    expect(await api.presentDetails([])).toBe('E-SCOPE')
  }
})

const payment = { type: 'payment', actions: ['initiate'], amount: { currency: 'EUR', value: '12.00', note: 'für "x"' } }

/** The decoded parameter of the only challenge. */
function remedyIn([status, challenge, ...others]: readonly unknown[]): unknown {
  expect([status, others]).toEqual([401, []])
  const [, text = ''] = /^(?:Bearer|DPoP) .*, authorization_remediation="([\w-]+)"/.exec(String(challenge)) ?? []
  return JSON.parse(Buffer.from(text, 'base64url').toString())
}

verifies('RAR-03', 'the challenge has the remedy that the developer gave', async (adapter) => {
  const refusals = messagesOn('tollgate:refusal')
  const initiates = authorizationDetails('payment', ({ actions }) => actions?.includes('initiate') ?? false, {
    remedy: [payment],
    reference: 'p-1',
  })
  const api = await open(adapter, [scopes('read'), initiates])
  const challenges = await api.challengesFor([{ type: 'payment' }])
  expect(challenges[1]).toMatch(new RegExp(`^${demanded}, authorization_remediation="[\\w-]+", scope="read"$`))
  expect(remedyIn(challenges)).toEqual({ authorization_details: [payment], authorization_reference: 'p-1' })
  expect(refusals.at(-1)).toMatchObject({
    outcome: 'insufficient_authorization',
    refusal: { reason: 'missing-authorization-details' },
  })
  expect(await api.presentDetails(undefined)).toBe('E-RAR')
  expect(await api.presentDetails([payment])).toBe('OK')
  for (const challenge of [
    await api.challengesFor([], { exp: 1 }),
    await api.challengesFor([], { scope: 'other' }),
    (await api.send({})).challenges,
  ]) {
    expect(challenge).toEqual(expect.not.arrayContaining([expect.stringContaining('authorization_remediation')]))
  }
  const off = await open(adapter, [authorizationDetails('payment')])
  expect(await off.challengesFor([])).toEqual([403, refused])
})

verifies('RAR-03', 'a token that needs several details gets them in one remedy', async (adapter) => {
  const pay = authorizationDetails('payment', { remedy: [payment], reference: 'p-1' })
  const read = authorizationDetails('files', { remedy: [a] })
  const all = await open(adapter, [pay, read, pay])
  expect(remedyIn(await all.challengesFor([]))).toEqual({ authorization_details: [payment, a] })
  expect(remedyIn(await all.challengesFor([payment]))).toEqual({ authorization_details: [payment, a] })
  expect(await all.presentDetails([payment, a])).toBe('OK')
  const any = await open(adapter, [anyOf(authorizationDetails('other'), pay, read)])
  expect(remedyIn(await any.challengesFor([]))).toEqual({
    authorization_details: [payment],
    authorization_reference: 'p-1',
  })
  expect(await any.presentDetails([a])).toBe('OK')
  const withScope = await open(adapter, [anyOf(pay, scopes('admin'))])
  expect(await withScope.presentDetails([])).toBe('E-SCOPE')
})

verifies('RAR-03', 'the remedy is in the challenge of the scheme that the request used', async (adapter) => {
  const guards = [authorizationDetails('payment', { remedy: [payment] })]
  const api = await openDpopApi(adapter, {}, { guards })
  expect(await api.presentBound(await api.bound())).toBe('E-RAR DPoP')
  expect(await api.present(await api.token())).toBe('E-RAR')
})
