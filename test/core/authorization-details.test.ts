/** The guard for authorization details (RFC 9396), its parameters, and what `explain` says. */
import {
  type AccessToken,
  authorizationDetails,
  authorizationDetailsOf,
  clientSecretBasic,
  createValidator,
  type Guard,
  Refusal,
  type StandardSchema,
  trustedIssuer,
  type ValidatorOptions,
} from '@tollgate/core'
import type { MockIssuer } from '@tollgate/mock-issuer'
import { type } from 'arktype'
import fc from 'fast-check'
import * as v from 'valibot'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { openIssuer } from '../harness/reference.ts'
import { requestWith } from '../harness/scripted-validator.ts'

interface Scene {
  readonly issuer: MockIssuer
  readonly authenticate: (details: unknown, ...guards: readonly Guard[]) => Promise<AccessToken<unknown>>
  /** The paths that the refusal names, or `'OK'`. */
  readonly pathsFor: (details: unknown, ...guards: readonly Guard[]) => Promise<'OK' | readonly string[]>
  readonly lineFor: (details: unknown, ...guards: readonly Guard[]) => Promise<string | undefined>
}

async function open(options: Partial<ValidatorOptions<unknown>> = {}): Promise<Scene> {
  const issuer = await openIssuer()
  const validator = createValidator({ ...issuer.validatorOptions, ...options })
  onTestFinished(() => validator.close())
  const authenticate: Scene['authenticate'] = async (details, ...guards) =>
    validator.authenticate(requestWith(await issuer.accessToken({ authorization_details: details })), ...guards)
  const errorFor = async (details: unknown, guards: readonly Guard[]): Promise<unknown> =>
    authenticate(details, ...guards).then(
      () => undefined,
      (error: unknown) => error,
    )
  return {
    issuer,
    authenticate,
    pathsFor: async (details, ...guards) => {
      const error = await errorFor(details, guards)
      return error === undefined ? 'OK' : (error as Refusal).claimPaths
    },
    lineFor: async (details, ...guards) => {
      const explanation = validator.explain(await errorFor(details, guards))
      expect(explanation).toMatchObject({ status: 403, reason: 'missing-authorization-details', step: 'guards' })
      return explanation?.line
    },
  }
}

const payment = { type: 'payment', amount: { value: '12.00', currency: 'EUR' } }

test.each<readonly [string, StandardSchema]>([
  ['zod', z.object({ type: z.string(), amount: z.object({ value: z.string() }) })],
  ['valibot', v.object({ type: v.string(), amount: v.object({ value: v.string() }) })],
  ['arktype', type({ type: 'string', amount: { value: 'string' } })],
  [
    'an async schema of zod',
    z.object({ type: z.string(), amount: z.object({ value: z.string().refine(async () => true) }) }),
  ],
])('a schema of %s decides, with a type and without', async (_name, schema) => {
  const { pathsFor } = await open()
  for (const guard of [authorizationDetails('payment', schema), authorizationDetails(schema)]) {
    expect(await pathsFor([payment], guard)).toBe('OK')
    expect(await pathsFor([{ type: 'payment' }, { ...payment, amount: {} }, payment], guard)).toBe('OK')
    expect(await pathsFor([{ ...payment, amount: { value: 7 } }], guard)).toEqual([
      'authorization_details[0].amount.value',
    ])
    expect(await pathsFor([], guard)).toEqual(['authorization_details'])
  }
  expect(await pathsFor([{ ...payment, type: 'other' }], authorizationDetails('payment', schema))).toEqual([
    'authorization_details',
  ])
  expect(await pathsFor([{ ...payment, type: 'other' }], authorizationDetails(schema))).toBe('OK')
})

test('a predicate sees one element at a time, and the request', async () => {
  const { pathsFor } = await open()
  const seen: unknown[] = []
  const guard = authorizationDetails((detail, { request, now }) => {
    seen.push([detail, request?.method, typeof now])
    return detail.identifier === 'b'
  })
  const details = [
    { type: 'x', identifier: 'a', actions: null },
    { type: 'y', identifier: 'b' },
    { type: 'z', identifier: 'b' },
  ]
  expect(await pathsFor(details, guard)).toBe('OK')
  expect(seen).toEqual([
    [{ type: 'x', identifier: 'a' }, 'GET', 'number'],
    [{ type: 'y', identifier: 'b' }, 'GET', 'number'],
  ])
  const [[detail]] = seen as [[object]]
  expect(Object.isFrozen(detail)).toBe(true)
})

test('a refusal names at most ten paths', async () => {
  const { pathsFor } = await open()
  const details = Array.from({ length: 30 }, () => ({ type: 'payment' }))
  const paths = await pathsFor(
    details,
    authorizationDetails('payment', () => false),
  )
  expect(paths).toEqual(Array.from({ length: 10 }, (_, index) => `authorization_details[${index}]`))
})

test('members that another part of the application added to every object grant nothing', async () => {
  const { authenticate } = await open()
  const tokens = (await Promise.all(
    [undefined, [{}], [{ type: 'other' }]].map(async (details) => authenticate(details)),
  )) as AccessToken[]
  const guards = [
    authorizationDetails('payment'),
    authorizationDetails('payment', () => true),
    authorizationDetails('other', ({ actions }) => actions?.includes('write') ?? false),
  ]
  const added = { type: 'payment', actions: ['write'], authorization_details: [{ type: 'payment' }] }
  const results: unknown[] = []
  Object.assign(Object.prototype, added)
  try {
    for (const guard of guards) {
      for (const token of tokens) {
        results.push(await guard.check(token, { request: undefined, native: undefined, now: 0 }))
      }
    }
  } finally {
    for (const name of Object.keys(added)) {
      Reflect.deleteProperty(Object.prototype, name)
    }
  }
  expect(results).toHaveLength(9)
  expect(results.filter((result) => result === 'pass')).toEqual([])
})

const actions = ['read', 'write', 'delete'] as const
const locations = ['x', 'y', 'z'] as const

/** Elements of which each lacks the right type, the action or the location of the call. */
const call = fc.record({ action: fc.constantFrom(...actions), location: fc.constantFrom(...locations) })
const element = fc.record({
  type: fc.constantFrom('files', 'files', 'other'),
  actions: fc.subarray([...actions]),
  locations: fc.subarray([...locations]),
})

test('a token passes exactly when one element permits the whole call: rights never mix', async () => {
  const { authenticate } = await open()
  await fc.assert(
    fc.asyncProperty(call, fc.array(element, { maxLength: 6 }), async ({ action, location }, details) => {
      const covers = details.some(
        (one) => one.type === 'files' && one.actions.includes(action) && one.locations.includes(location),
      )
      const needs = (names: readonly string[], name: string): boolean => names.includes(name)
      const schema = z.object({
        actions: z.array(z.string()).refine((names) => needs(names, action)),
        locations: z.array(z.string()).refine((names) => needs(names, location)),
      })
      for (const guard of [
        authorizationDetails('files', schema),
        authorizationDetails(
          'files',
          async (one) => needs(one.actions ?? [], action) && needs(one.locations ?? [], location),
        ),
      ]) {
        const outcome = await authenticate(details, guard).then(
          () => 'pass',
          (error: unknown) => (error as Refusal).reason,
        )
        expect(outcome).toBe(covers ? 'pass' : 'missing-authorization-details')
      }
    }),
    { numRuns: 150 },
  )
})

test('the handler reads the elements, of one type or by a schema, even when a schema of the claims removed them', async () => {
  const { authenticate } = await open({ claims: z.object({ sub: z.string() }) })
  const token = await authenticate([payment, { type: 'other' }, 7, { type: 'payment', actions: 'all' }])
  expect(Object.keys(token.claims as object)).toEqual(['sub'])
  expect(authorizationDetailsOf(token)).toEqual([payment, { type: 'other' }])
  expect(authorizationDetailsOf(token, 'payment')).toEqual([payment])
  expect(Object.isFrozen(authorizationDetailsOf(token))).toBe(true)
  const amount = z.object({ amount: z.object({ value: z.string().transform(Number) }) })
  expect(await authorizationDetailsOf(token, 'payment', amount)).toEqual([{ amount: { value: 12 } }])
  expect(await authorizationDetailsOf(token, amount)).toEqual([{ amount: { value: 12 } }])
  expect(await authorizationDetailsOf(token, 'other', amount)).toEqual([])
  expect(() => authorizationDetailsOf({} as AccessToken)).toThrow(TypeError)
  const read = authorizationDetailsOf as (...given: readonly unknown[]) => unknown
  for (const wrong of [[undefined], ['payment', undefined], ['payment', () => true], [7]]) {
    expect(() => read(token, ...wrong)).toThrow(TypeError)
  }
})

test.each(['json', 'jwt'] as const)('the mock issuer introspects the details of its tokens (%s)', async (response) => {
  const issuer = await openIssuer(['RS256'])
  const { url, client, validatorOptions } = issuer
  const introspection = { client: clientSecretBasic(client.id, client.secret), response }
  const validator = createValidator({ ...validatorOptions, issuer: trustedIssuer(url, { introspection }) })
  onTestFinished(() => validator.close())
  for (const kind of ['accessToken', 'opaqueToken'] as const) {
    const token = await validator.authenticate(
      requestWith(await issuer[kind]({ authorization_details: [payment] })),
      authorizationDetails('payment', ({ amount }) => amount !== undefined),
    )
    expect(authorizationDetailsOf(token)).toEqual([payment])
  }
})

const always = (): boolean => true
const noType = /a type, a Standard Schema or a predicate/

test.each<readonly [name: string, parameters: readonly unknown[], message: RegExp]>([
  ['nothing', [], noType],
  ['undefined', [undefined], noType],
  ['an empty type', [''], /`type`/],
  ['options alone', [{ remedy: [{ type: 'a' }] }], noType],
  ['a list of types', [['a', 'b']], noType],
  ['two types', ['a', 'b'], /./],
  ['a variable without a value', ['a', undefined], noType],
  ['no condition, and options', ['a', undefined, {}], noType],
  ['two conditions', ['a', always, always], /./],
  ['an object that is no schema', ['a', { parse: always }], /Unknown option `parse`/],
  ['null', ['a', null], /options/],
  ['one parameter too many', ['a', always, {}, {}], noType],
  ['an unknown option', ['a', { remedies: [] }], /write `remedy`|Unknown option/],
  ['a reference alone', ['a', { reference: 'r' }], /`remedy` beside `reference`/],
  ['an empty reference', ['a', { remedy: [{ type: 'a' }], reference: '' }], /`reference`/],
  ['an empty remedy', ['a', { remedy: [] }], /`remedy`/],
  ['a remedy that is no array', ['a', { remedy: { type: 'a' } }], /`remedy`/],
  ['a remedy without a type', [always, { remedy: [{ actions: ['a'] }] }], /`remedy`/],
  ['a remedy with an action that is a text', ['a', { remedy: [{ type: 'a', actions: 'b' }] }], /`remedy`/],
  ['a remedy of another type', ['a', { remedy: [{ type: 'b' }] }], /of the type that the guard demands/],
  ['a remedy that is too long', ['a', { remedy: [{ type: 'a', note: 'n'.repeat(2048) }] }], /at most 2048/],
])('%s is an option error', (_name, parameters, message) => {
  const create = authorizationDetails as (...given: readonly unknown[]) => Guard
  const error = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' })
  expect(() => create(...parameters)).toThrow(error)
  expect(() => create(...parameters)).toThrow(message)
})

test('a guard announces its types and its remedy, which later changes do not alter', () => {
  const remedy = [{ type: 'payment', actions: ['initiate'] }]
  const { demands } = authorizationDetails('payment', always, { remedy })
  remedy[0]?.actions.push('cancel')
  expect(demands).toEqual({
    authorizationDetails: ['payment'],
    remedy: { details: [{ type: 'payment', actions: ['initiate'] }], reference: undefined },
  })
  expect(authorizationDetails(always).demands).toEqual({})
})

test.each<readonly [name: string, details: unknown, line: RegExp]>([
  [
    'no claim',
    undefined,
    /the token has no `authorization_details`\. Expected an element of the type "payment", got nothing\. .*formats/,
  ],
  ['an object', payment, /`authorization_details` of the token is not usable\. .*got an object\. .*array of objects/],
  ['too many', Array.from({ length: 101 }, () => payment), /not usable\. .*got 101 elements, and at most 100 count/],
  ['no element', [], /no element of a demanded type\. .*got no element\./],
  ['another type', [{ type: 'Payment' }], /no element of a demanded type\. .*got "Payment"\. .*compared exactly/],
  ['no type', [payment, {}].slice(1), /`authorization_details\[0\]\.type` is not a text.* got nothing\./],
  ['an empty type', [{ type: '' }], /`authorization_details\[0\]\.type` is not a text.* got an empty text\./],
  ['a text', ['payment'], /`authorization_details\[0\]\.type` is not a text/],
  [
    'an action that is a text',
    [{ ...payment, actions: 'initiate' }],
    /`authorization_details\[0\]\.actions` is not an array of texts.* got a string\./,
  ],
  [
    'a number',
    [{ ...payment, identifier: 7 }],
    /`authorization_details\[0\]\.identifier` is not a text.* got a number/,
  ],
])('%s is explained', async (_name, details, line) => {
  const { lineFor } = await open()
  expect(await lineFor(details, authorizationDetails('payment'))).toMatch(line)
})

test('a condition that no element satisfies is explained by the paths', async () => {
  const { lineFor } = await open()
  const schema = z.object({ amount: z.object({ currency: z.literal('CHF') }) })
  const details = [{ type: 'other' }, payment]
  expect(await lineFor(details, authorizationDetails('payment', schema))).toMatch(
    /no element of `authorization_details` permits the whole call by itself: see `authorization_details\[1\]\.amount\.currency`\. .*do not add up/,
  )
  expect(await lineFor([], authorizationDetails(always))).toMatch(/no element of a demanded type\. Got no element\./)
})
