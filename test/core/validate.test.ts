/** `validator.validate(token, …guards)` does for a token by itself what `authenticate` does for a request. */
import {
  type AccessToken,
  active,
  audience as audienceGuard,
  claims,
  clientSecretBasic,
  cookie,
  createValidator,
  defineGuard,
  type Guard,
  Refusal,
  scopes,
  trustedIssuer,
  type Validator,
  type ValidatorOptions,
} from '@tollgate/core'
import { type MockIssuer, wrongTokens } from '@tollgate/mock-issuer'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { openIssuer, T0 } from '../harness/reference.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'

async function open(options: Partial<ValidatorOptions> = {}): Promise<{ issuer: MockIssuer; validator: Validator }> {
  const issuer = await openIssuer()
  const client = clientSecretBasic(issuer.client.id, issuer.client.secret)
  const trusted = trustedIssuer(issuer.url, { introspection: { client } })
  const validator = createValidator({ ...issuer.validatorOptions, issuer: trusted, ...options })
  onTestFinished(() => validator.close())
  return { issuer, validator }
}

/** All that an application can see of a result. */
async function resultOf(work: Promise<AccessToken<unknown>>): Promise<object> {
  try {
    const token = await work
    const { kind, issuer, subject, subjectType, clientId, audience, scopes: granted, expiresAt } = token
    const members = { kind, issuer, subject, subjectType, clientId, audience, granted, expiresAt }
    return { ...members, claims: token.claims, raw: token.raw() }
  } catch (error) {
    const { name, status, reason, headers, body, claimPaths, code } = error as Refusal
    return { name, status, reason, headers, body, claimPaths, code }
  }
}

/** The result of a request. A header line cannot contain all characters. A pair of a name and a value can. */
function resultOfRequest(validator: Validator<unknown>, token: string, route: readonly Guard[]): Promise<object> {
  const headers = [['Authorization', `Bearer ${token}`]] as const
  return resultOf(validator.authenticate({ method: 'GET', url: '/', headers }, ...route))
}

const odd = ['a.b', 'a.b.c', '..', '=', 'a=b', 'a b', 'a ', 'a\n', 'a\u0000', 'é', '"a"', 'a, b', 'Bearer', 'Bearer a']

const routes: readonly (readonly [name: string, result: 'accepts' | 'refuses', guards: readonly Guard[]])[] = [
  ['no guard', 'accepts', []],
  ['scopes', 'accepts', [scopes('read')]],
  ['a missing scope', 'refuses', [scopes('read', 'write')]],
  ['another audience', 'refuses', [audienceGuard('urn:other')]],
  ['claims', 'accepts', [claims(({ sub }) => sub === 'bob', 'not-bob')]],
  ['active', 'accepts', [active({ within: '0s' })]],
  ['a guard of the application', 'refuses', [defineGuard({ check: () => new Refusal({ reason: 'mine' }) })]],
]

test.each(routes)('validate and authenticate have equal results: %s', async (_name, result, guards) => {
  const { issuer, validator } = await open()
  const revoked = await issuer.opaqueToken()
  issuer.revoke(revoked)
  const tokens = [
    await issuer.accessToken({ scope: 'read' }),
    await issuer.accessToken({ scope: 'admin read', sub: 'bob' }),
    await issuer.accessToken({ cnf: { jkt: 'a'.repeat(43) } }),
    ...(await Promise.all(wrongTokens.map((name) => issuer.wrongToken(name, { scope: 'read' })))),
    await issuer.opaqueToken({ scope: 'read' }),
    await issuer.opaqueToken({ token_type: 'DPoP' }),
    revoked,
    'made-up',
    ...odd,
    'x'.repeat(16 * 1024),
    'x'.repeat(16 * 1024 + 1),
  ]
  let accepted = 0
  for (const token of tokens) {
    const expected = await resultOfRequest(validator, token, guards)
    expect(await resultOf(validator.validate(token, ...guards)), token.slice(0, 20)).toEqual(expected)
    accepted += 'kind' in expected ? 1 : 0
  }
  expect(accepted > 0 ? 'accepts' : 'refuses').toBe(result)
})

test('a token that no request presented before is validated, and cached', async () => {
  const { issuer, validator } = await open()
  const [jwt, opaque] = [await issuer.accessToken(), await issuer.opaqueToken()]
  for (let run = 0; run < 3; run += 1) {
    expect((await validator.validate(jwt)).kind).toBe('jwt')
    expect((await validator.validate(opaque)).kind).toBe('opaque')
  }
  expect(issuer.requests.filter(({ path }) => path === '/introspect')).toHaveLength(1)
  issuer.clock.advance('10m')
  expect(await reasonOf(validator.validate(jwt))).toBe('expired')
})

test('an absent token is no credentials, and names the scopes of the route', async () => {
  const { validator } = await open()
  const without = await resultOf(validator.authenticate(new Request('https://api.example/'), scopes('read')))
  expect(without).toMatchObject({ status: 401, reason: 'no-credentials', code: undefined })
  for (const absent of [undefined, null, '']) {
    expect(await resultOf(validator.validate(absent, scopes('read')))).toEqual(without)
  }
})

test('a value that is no string is malformed credentials, and never a failure', async () => {
  const { issuer, validator } = await open()
  const token = await issuer.accessToken()
  const primitives = [0, 1, NaN, 10n, true, false, Symbol('token')]
  // oxlint-disable-next-line unicorn/new-for-builtins, eslint/no-new-wrappers -- the subject of this test
  const objects = [{}, { token }, { toString: () => token }, Object.create(null), new String(token), new Date(0)]
  const others = [[], [token], () => token, Buffer.from(token), new Proxy({}, { get: () => token })]
  const values: readonly unknown[] = [...primitives, ...objects, ...others]
  for (const value of values) {
    const result = await resultOf(validator.validate(value))
    expect(result).toMatchObject({ name: 'Refusal', status: 400, reason: 'malformed-credentials' })
  }
})

test('guards see no request', async () => {
  const { issuer, validator } = await open()
  const seen: unknown[] = []
  const guard = defineGuard({
    check: (token, { request, now }) => {
      seen.push(token.subject, request, now)
      return 'pass'
    },
  })
  await validator.validate(await issuer.accessToken(), guard)
  expect(seen).toEqual(['alice', undefined, T0 * 1000])
})

test('the schema types the claims and refuses those that do not fit', async () => {
  const schema = z.object({ tenant: z.string() })
  const { issuer, validator } = await open()
  const typed = createValidator({ ...issuer.validatorOptions, claims: schema })
  onTestFinished(() => typed.close())
  const good = await issuer.accessToken({ tenant: 'acme' })
  const token = await typed.validate(good)
  expect(token.claims.tenant).toBe('acme')
  for (const text of [good, await issuer.accessToken({ tenant: 7 })]) {
    expect(await resultOf(typed.validate(text))).toEqual(await resultOfRequest(typed, text, []))
  }
  // A token is authorized later only by the validator that validated it.
  expect(await typed.authorize(token, new Request('https://api.example/'))).toBe(token)
  await expect(validator.authorize(token as never, new Request('https://api.example/'))).rejects.toThrow(TypeError)
})

test('an outage, a failure and a closed validator are the same as for a request', async () => {
  const { issuer, validator } = await open()
  issuer.misbehave('introspection', { status: 503 })
  expect(await resultOf(validator.validate('made-up'))).toMatchObject({ name: 'Unavailable', status: 503 })
  const mistake = new Error('a mistake in a guard')
  const failing = defineGuard({ check: () => Promise.reject(mistake) })
  await expect(validator.validate(await issuer.accessToken(), failing)).rejects.toBe(mistake)
  await expect(validator.validate(await issuer.accessToken(), 'read' as never)).rejects.toThrow(TypeError)
  await validator.close()
  await expect(validator.validate(await issuer.accessToken())).rejects.toThrow(Error)
})

test('the sources of credentials do not concern a token by itself', async () => {
  const { issuer, validator } = await open({ credentials: cookie('session'), formBody: 'accepted' })
  const token = await issuer.accessToken()
  expect(await reasonOf(validator.validate(token))).toBe('OK')
  expect(await reasonOf(validator.authenticate(requestWith(token)))).toBe('no-credentials')
})

test('an `issuer` function sees no request, and its result serves no request that it would refuse', async () => {
  const issuer = await openIssuer()
  const options = { ...issuer.validatorOptions, issuer: trustedIssuer(issuer.url, { network: 'any' }) }
  const validator = createValidator({
    ...options,
    issuer: (_iss, request) => (request?.url === '/other' ? undefined : options.issuer),
  })
  onTestFinished(() => validator.close())
  const token = await issuer.accessToken()
  const headers = [['Authorization', `Bearer ${token}`]] as const
  for (let run = 0; run < 3; run += 1) {
    expect(await reasonOf(validator.validate(token))).toBe('OK')
    expect(await reasonOf(validator.authenticate({ method: 'GET', url: '/other', headers }))).toBe('untrusted-issuer')
    expect(await reasonOf(validator.authenticate({ method: 'GET', url: '/', headers }))).toBe('OK')
  }
})
