/** The fast path (`authenticateKnown`) may only accept. Whatever it returns, the full path returns for the same request. */
import {
  type AccessToken,
  active,
  allOf,
  anyOf,
  anyScope,
  audience as audienceGuard,
  authorizationDetails,
  claims,
  clientSecretBasic,
  cookie,
  createValidator,
  defineGuard,
  type Guard,
  header,
  type HttpRequest,
  Refusal,
  scopes,
  subscribe,
  trustedIssuer,
  type Validator,
} from '@tollgate/core'
import { createRequestAuth, nodeHeaders } from '@tollgate/core/adapter'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { jws } from '../harness/jws.ts'
import { claimsOf } from '../harness/scripted-issuer.ts'
import { audience, T0 } from '../harness/reference.ts'

const secret = Buffer.alloc(32, 7)
const iss = 'https://as.example'

function tokenOf(changes: object, key: Buffer = secret): string {
  return jws({ alg: 'HS256', typ: 'at+jwt' }, { ...claimsOf(iss), ...changes }, key, 'HS256')
}

/** At most two changes of a good token, so that many of the tokens stay good. */
const changes = fc
  .array(
    fc.constantFrom<readonly [string, unknown]>(
      ['sub', 'bob'],
      ['sub', 'app'],
      ['scope', 'read write'],
      ['scope', 'write'],
      ['scope', ''],
      ['aud', [audience, 'urn:reports']],
      ['aud', 'urn:other'],
      ['aud', []],
      ['exp', T0 + 10],
      ['exp', T0 - 10],
      ['nbf', T0 - 10],
      ['nbf', T0 + 20],
      ['iss', 'https://stranger.example'],
      ['cnf', { jkt: 'a thumbprint' }],
      ['cnf', null],
      ['authorization_details', [{ type: 'payment', identifier: 'a' }]],
      ['authorization_details', [{ type: 'payment', identifier: 7 }]],
    ),
    { maxLength: 2 },
  )
  .map((pairs) => Object.fromEntries(pairs))

const guards: Readonly<Record<string, () => Guard>> = {
  none: () => allOf(audienceGuard(audience)),
  scopes: () => scopes('read'),
  'any scope': () => anyScope('write', 'admin'),
  audience: () => audienceGuard('urn:reports'),
  'all of': () => allOf(scopes('read'), audienceGuard('urn:reports')),
  'any of': () => anyOf(scopes('admin'), allOf(scopes('write'), audienceGuard(audience))),
  'authorization details': () => authorizationDetails('payment'),
  'authorization details with a condition': () =>
    authorizationDetails('payment', ({ identifier }) => identifier === 'a'),
  'waiting claims': () => claims(({ sub }) => sub === 'alice', 'not-alice'),
  'own guard': () =>
    defineGuard({ check: ({ subject }) => (subject === 'bob' ? new Refusal({ reason: 'bob' }) : 'pass') }),
  'any of with an own guard': () => anyOf(scopes('admin'), defineGuard({ check: () => 'pass' })),
}

function fromNode(...lines: readonly (readonly [string, string])[]): HttpRequest['headers'] {
  return nodeHeaders({ rawHeaders: lines.flat(), headers: Object.fromEntries(lines.toReversed()) })
}

const usualLine = (token: string): HttpRequest['headers'] => fromNode(['authorization', `Bearer ${token}`])

const lines = fc.constantFrom<(token: string) => HttpRequest['headers']>(
  (token) => new Headers({ authorization: `Bearer ${token}`, host: 'api.example' }),
  usualLine,
  (token) => fromNode(['host', 'api.example'], ['authorization', `Bearer ${token}`]),
  (token) => new Headers({ authorization: `Bearer ${token}` }),
  (token) => fromNode(['authorization', `bearer ${token}`]),
  (token) => fromNode(['authorization', `Bearer  ${token}`]),
  (token) => fromNode(['authorization', `Bearer ${token}, Bearer ${token}`]),
  (token) => fromNode(['authorization', `Bearer ${token}`], ['authorization', `Bearer ${token}`]),
  (token) => fromNode(['authorization', `Bearer ${token}`], ['Authorization', `Bearer ${token}`]),
  (token) => [['authorization', `Bearer ${token}`]],
  (token) => fromNode(['authorization', `Basic ${token}`]),
  (token) => fromNode(['authorization', `Bearer ${token}.x`]),
  () => fromNode(),
)

interface Result {
  readonly token?: unknown
  readonly reason?: string | undefined
}

async function fullPath(validator: Validator, request: HttpRequest, guard: Guard): Promise<Result> {
  return validator.authenticate(request, guard).then(
    (token) => ({ token }),
    (error: unknown) => ({ reason: (error as Refusal).reason }),
  )
}

test('whatever is revoked, the fast path accepts no token that the full path refuses', async () => {
  const names = ['alice', 'bob', 'app', 'j-1', 's-1'] as const
  const revocations = fc.record({
    name: fc.constantFrom('sub', 'clientId', 'jti', 'sid'),
    value: fc.constantFrom(...names),
    before: fc.constantFrom(T0 - 100, T0 - 60, T0),
  })
  const counts = { known: 0, revoked: 0 }
  await fc.assert(
    fc.asyncProperty(changes, fc.array(revocations, { maxLength: 3 }), async (change, revoked) => {
      const validator = createValidator({ issuer: trustedIssuer(iss, { secret }), audience, clock: () => T0 * 1000 })
      const request = { method: 'GET', url: '/', headers: usualLine(tokenOf({ ...change, sid: 's-1' })) }
      const guard = scopes('read')
      await fullPath(validator, request, guard)
      await fullPath(validator, request, guard)
      for (const { name, value, before } of revoked) {
        const isOne = name === 'jti'
        await validator.revoke({ [name]: value, ...(isOne ? {} : { before: before * 1000 }) })
        const auth = createRequestAuth({ validator, preflights: 'authenticate' }, () => request)
        const known = auth.known({}, guard)
        const full = await fullPath(validator, request, guard)
        counts.known += known === undefined ? 0 : 1
        counts.revoked += full.reason === 'revoked' ? 1 : 0
        expect(known === undefined || full.reason === undefined).toBe(true)
      }
      await validator.close()
    }),
    { numRuns: 500 },
  )
  expect(counts.known).toBeGreaterThan(20)
  expect(counts.revoked).toBeGreaterThan(20)
})

test('whatever the fast path returns, the full path returns', async () => {
  let now = T0
  const validator = createValidator({ issuer: trustedIssuer(iss, { secret }), audience, clock: () => now * 1000 })
  onTestFinished(() => validator.close())
  const accepted = { known: 0, full: 0 }
  await fc.assert(
    fc.asyncProperty(
      changes,
      lines,
      fc.constantFrom(...Object.keys(guards)),
      fc.nat(30),
      async (change, line, name, later) => {
        const request = { method: 'GET', url: '/', headers: line(tokenOf(change)) }
        const guard = guards[name]?.() ?? scopes('read')
        now = T0
        await fullPath(validator, request, guard)
        await fullPath(validator, request, guard)
        now = T0 + later
        const auth = createRequestAuth({ validator, preflights: 'authenticate' }, () => request)
        const known = auth.known({}, guard)
        const full = await fullPath(validator, request, guard)
        accepted.known += known === undefined ? 0 : 1
        accepted.full += full.reason === undefined ? 1 : 0
        expect(known === undefined || full.reason === undefined).toBe(true)
        const expected = known === undefined ? undefined : (full.token as AccessToken)
        expect(known).toEqual(expected)
        expect(known?.raw()).toBe(expected?.raw())
      },
    ),
    {
      numRuns: 1000,
      // The cached token has expired, or is bound to a key, or the guard of the route refuses it.
      examples: [
        [{ exp: T0 + 10 }, usualLine, 'scopes', 20],
        [{ cnf: { jkt: 'a thumbprint' } }, usualLine, 'scopes', 0],
        [{ scope: 'write' }, usualLine, 'scopes', 0],
      ],
    },
  )
  // The property says nothing unless the fast path accepts some requests, and refuses to decide others that are good.
  expect(accepted.known).toBeGreaterThan(10)
  expect(accepted.full).toBeGreaterThan(accepted.known)
})

test('the fast path does not serve a closed validator, a schema, a form body, another source, or the guard active', async () => {
  const issuer = trustedIssuer(iss, {
    secret,
    introspection: { client: clientSecretBasic('api', 'secret'), endpoint: 'https://as.example/introspect' },
  })
  const options = { issuer, audience, clock: () => T0 * 1000 }
  const token = header('x-token')
  const schema = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const
  const request = { method: 'POST', url: '/', headers: fromNode(['authorization', `Bearer ${tokenOf({})}`]) }
  const cases: readonly [string, Validator<unknown>, Guard, boolean][] = [
    ['plain', createValidator(options), scopes('read'), true],
    ['schema', createValidator({ ...options, claims: schema }), scopes('read'), false],
    ['form body', createValidator({ ...options, formBody: 'accepted' }), scopes('read'), false],
    ['active', createValidator(options), active({ within: '5s' }), false],
    ['the usual source', createValidator({ ...options, credentials: ['authorization'] }), scopes('read'), true],
    ['another source', createValidator({ ...options, credentials: ['authorization', token] }), scopes('read'), false],
    ['a cookie', createValidator({ ...options, credentials: [cookie('s'), 'authorization'] }), scopes('read'), false],
  ]
  for (const [name, validator, guard, isServed] of cases) {
    await validator.authenticate(request)
    await validator.authenticate(request)
    const { known } = createRequestAuth({ validator, preflights: 'authenticate' }, () => request)
    expect(known({}, guard) !== undefined, name).toBe(isServed)
    await validator.close()
    expect(known({}, guard), `${name}, closed`).toBeUndefined()
  }
})

test('the fast path does not serve while a tracing channel has a subscriber, because it publishes no trace', async () => {
  const validator = createValidator({ issuer: trustedIssuer(iss, { secret }), audience, clock: () => T0 * 1000 })
  onTestFinished(() => validator.close())
  const request = { method: 'GET', url: '/', headers: usualLine(tokenOf({})) }
  await validator.authenticate(request)
  await validator.authenticate(request)
  const { known } = createRequestAuth({ validator, preflights: 'authenticate' }, () => request)
  expect(known({}, scopes('read'))).toBeDefined()
  const unsubscribe = subscribe('tracing:tollgate.authenticate:asyncEnd', () => undefined)
  expect(known({}, scopes('read'))).toBeUndefined()
  unsubscribe()
  expect(known({}, scopes('read'))).toBeDefined()
})

test('a wrapper around a validator has no fast path, so that its own methods decide', async () => {
  const issuer = trustedIssuer('https://as.example', { secret })
  const validator = createValidator({ issuer, audience, clock: () => T0 * 1000 })
  const request = { method: 'GET', url: '/', headers: fromNode(['authorization', `Bearer ${tokenOf({})}`]) }
  const refusing = {
    ...validator,
    authenticateOptional: () => Promise.reject(new Refusal({ reason: 'of-the-wrapper' })),
  }
  await validator.authenticate(request)
  await validator.authenticate(request)
  const auth = createRequestAuth({ validator: refusing, preflights: 'authenticate' }, () => request)
  expect(auth.known({}, scopes('read'))).toBeUndefined()
  await expect(auth.authenticate({}, scopes('read'), 'required')).rejects.toMatchObject({ reason: 'of-the-wrapper' })
})
