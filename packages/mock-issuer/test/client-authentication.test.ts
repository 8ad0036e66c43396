import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import type { MockIssuer } from '../src/index.ts'
import { basic, type IntrospectionRequest, introspectWith, start } from './harness.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

const documents: Readonly<Record<number, unknown>> = {
  200: { active: false },
  400: expect.objectContaining({ error: 'invalid_request' }),
  401: { error: 'invalid_client' },
}

/** Introspects, and returns the status. Checks that body and challenge agree with it. */
async function statusOf(issuer: MockIssuer, credentials: IntrospectionRequest): Promise<number> {
  const { status, headers, text } = await introspectWith(issuer, 't', credentials)
  expect(JSON.parse(text)).toEqual(documents[status])
  expect(String(headers['www-authenticate']).startsWith('Basic ')).toBe(status === 401)
  return status
}

function withAuthorization(...authorization: string[]): IntrospectionRequest {
  return { headers: { authorization } }
}

interface AssertionChanges {
  readonly key?: Uint8Array | CryptoKey
  readonly header?: { readonly alg: string; readonly kid?: string }
  readonly claims?: Readonly<Record<string, unknown>>
}

/** A client assertion that is valid for a minute, with these changes. */
async function withAssertion(issuer: MockIssuer, changes: AssertionChanges = {}): Promise<IntrospectionRequest> {
  const { key = new TextEncoder().encode(issuer.client.secret), header = { alg: 'HS256' }, claims } = changes
  const { id } = issuer.client
  const exp = Math.floor(issuer.clock() / 1000) + 60
  const payload = { iss: id, sub: id, aud: issuer.url, exp, jti: crypto.randomUUID(), ...claims }
  const assertion = await new SignJWT(payload).setProtectedHeader(header).sign(key)
  return { form: { client_assertion_type: assertionType, client_assertion: assertion } }
}

test('the client is `api` with a long secret by default', async () => {
  const { client } = await start()
  expect(client.id).toBe('api')
  expect(client.secret.length).toBeGreaterThanOrEqual(64)
  const other = await start({ client: { id: 'i', secret: 's' } })
  expect(other.client).toEqual({ id: 'i', secret: 's' })
})

test('a request without credentials is 401', async () => {
  const issuer = await start()
  expect(await statusOf(issuer, {})).toBe(401)
  expect(await statusOf(issuer, { form: { client_id: 'api' } })).toBe(401)
})

test('client_secret_basic needs both parts form-encoded', async () => {
  const [id, secret] = ['https://api.example/ü', 'a b+c%:é/=&']
  const issuer = await start({ client: { id, secret } })
  const right = basic(id, secret)
  expect(await statusOf(issuer, withAuthorization(right))).toBe(200)
  expect(await statusOf(issuer, withAuthorization(right.replace('Basic', 'bASIC ')))).toBe(200)
  const unencoded = (value: string): string => `Basic ${Buffer.from(value).toString('base64')}`
  for (const wrong of [
    basic(id, 'other'),
    basic('other', secret),
    unencoded(`${id}:${secret}`),
    unencoded('api%:%zz'),
    unencoded('no colon'),
    'Basic',
    'Digest x',
  ]) {
    expect(await statusOf(issuer, withAuthorization(wrong)), wrong).toBe(401)
  }
  expect(await statusOf(issuer, { ...withAuthorization(right), form: { client_id: 'other' } })).toBe(401)
})

test('client_secret_post needs the id and the secret of the client', async () => {
  const issuer = await start()
  const { id, secret } = issuer.client
  expect(await statusOf(issuer, { form: { client_id: id, client_secret: secret } })).toBe(200)
  expect(await statusOf(issuer, { form: { client_id: id, client_secret: 'other' } })).toBe(401)
  expect(await statusOf(issuer, { form: { client_id: 'other', client_secret: secret } })).toBe(401)
  expect(await statusOf(issuer, { form: { client_secret: secret } })).toBe(401)
})

test('a bearer token is accepted only if the client has one', async () => {
  const issuer = await start({ client: { bearerToken: 'b-1' } })
  expect(await statusOf(issuer, withAuthorization('Bearer b-1'))).toBe(200)
  expect(await statusOf(issuer, withAuthorization('Bearer b-2'))).toBe(401)
  expect(await statusOf(await start(), withAuthorization('Bearer undefined'))).toBe(401)
})

test('client_secret_jwt accepts three algorithms with the secret', async () => {
  const issuer = await start()
  for (const alg of ['HS256', 'HS384', 'HS512']) {
    expect(await statusOf(issuer, await withAssertion(issuer, { header: { alg } })), alg).toBe(200)
  }
  const key = new TextEncoder().encode('another secret that is long enough')
  expect(await statusOf(issuer, await withAssertion(issuer, { key }))).toBe(401)
})

test('private_key_jwt accepts the keys of the client', async () => {
  const { publicKey, privateKey: key } = await generateKeyPair('ES256')
  const issuer = await start({ client: { keys: { keys: [{ ...(await exportJWK(publicKey)), kid: 'k-1' }] } } })
  const header = { alg: 'ES256', kid: 'k-1' }
  expect(await statusOf(issuer, await withAssertion(issuer, { key, header }))).toBe(200)
  expect(await statusOf(issuer, await withAssertion(issuer, { key, header: { alg: 'ES256' } }))).toBe(200)
  expect(await statusOf(issuer, await withAssertion(issuer, { key, header: { ...header, kid: 'k-2' } }))).toBe(401)
  const { privateKey: foreignKey } = await generateKeyPair('ES256')
  expect(await statusOf(issuer, await withAssertion(issuer, { key: foreignKey, header }))).toBe(401)
  const withoutKeys = await start()
  expect(await statusOf(withoutKeys, await withAssertion(withoutKeys, { key, header }))).toBe(401)
})

test('an assertion names the issuer or its endpoint, and expires within ten minutes', async () => {
  const issuer = await start()
  issuer.clock.freeze(1_700_000_000_000)
  const at = (seconds: number): number => 1_700_000_000 + seconds
  const valid = [
    { aud: `${issuer.url}/introspect` },
    { aud: ['https://elsewhere.example', issuer.url] },
    { exp: at(600) },
    { exp: at(1) },
  ]
  const invalid = [
    { aud: 'https://elsewhere.example' },
    { aud: undefined },
    { iss: 'other' },
    { sub: 'other' },
    { sub: undefined },
    { exp: undefined },
    { exp: at(0) },
    { exp: at(601) },
    { jti: undefined },
    { jti: '' },
    { nbf: at(60) },
  ]
  for (const claims of [...valid, ...invalid]) {
    const expected = valid.some((candidate) => candidate === claims) ? 200 : 401
    expect(await statusOf(issuer, await withAssertion(issuer, { claims })), JSON.stringify(claims)).toBe(expected)
  }
})

test('an assertion needs its type, and the id of no other client', async () => {
  const issuer = await start()
  const { form } = await withAssertion(issuer)
  expect(await statusOf(issuer, { form: { ...form, client_id: 'api' } })).toBe(200)
  expect(await statusOf(issuer, { form: { ...form, client_id: 'other' } })).toBe(401)
  expect(await statusOf(issuer, { form: { ...form, client_assertion_type: 'other' } })).toBe(401)
  expect(await statusOf(issuer, { form: { ...form, client_assertion: 'garbage' } })).toBe(401)
  expect(await statusOf(issuer, { form: { client_assertion_type: assertionType } })).toBe(401)
})

test.each([
  ['re-usable', 200],
  ['once', 401],
] as const)('a second use of an assertion that is %s is %i', async (assertions, expected) => {
  const issuer = await start({ client: { assertions } })
  const asserted = await withAssertion(issuer)
  expect(await statusOf(issuer, asserted)).toBe(200)
  expect(await statusOf(issuer, asserted)).toBe(expected)
  expect(await statusOf(issuer, await withAssertion(issuer))).toBe(200)
})

test('more than one authentication method is 400', async () => {
  const issuer = await start({ client: { bearerToken: 'b-1' } })
  const { id, secret } = issuer.client
  const post = { client_id: id, client_secret: secret }
  const { form } = await withAssertion(issuer)
  for (const several of [
    { ...withAuthorization(basic(id, secret)), form: post },
    { ...withAuthorization(basic(id, secret)), form: { ...form } },
    { ...withAuthorization('Bearer b-1'), form: post },
    { form: { ...post, ...form } },
    withAuthorization(basic(id, secret), 'Bearer b-1'),
  ]) {
    expect(await statusOf(issuer, several)).toBe(400)
  }
})

test.each([
  { name: 'api' },
  { id: '' },
  { secret: 1 },
  { bearerToken: '' },
  { keys: [] },
  { keys: { keys: [{ kty: 'oct', k: 'AA' }] } },
  { keys: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'AA', d: 'AA' }] } },
  { assertions: 'twice' },
])('the client %j throws a TypeError', async (client) => {
  await expect(start({ client: client as object })).rejects.toThrow(TypeError)
})
