import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import type { MockIssuer } from '../src/index.ts'
import { ask, basic, type Introspecting, introspectWith, open } from './harness.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

const documents: Readonly<Record<number, unknown>> = {
  200: { active: false },
  400: expect.objectContaining({ error: 'invalid_request' }),
  401: { error: 'invalid_client' },
}

/** The status, of an answer that says what belongs to it. */
async function outcome(issuer: MockIssuer, introspecting: Introspecting): Promise<number> {
  const { status, headers, text } = await introspectWith(issuer, 't', introspecting)
  expect(JSON.parse(text)).toEqual(documents[status])
  expect(String(headers['www-authenticate']).startsWith('Basic ')).toBe(status === 401)
  return status
}

function withAuthorization(authorization: string): Introspecting {
  return { headers: { authorization } }
}

interface Asserting {
  readonly key?: Uint8Array | CryptoKey
  readonly header?: { readonly alg: string; readonly kid?: string }
  readonly claims?: Readonly<Record<string, unknown>>
}

/** An assertion that is good for a minute, with these changes. */
async function assert(
  issuer: MockIssuer,
  { key = new TextEncoder().encode(issuer.client.secret), header = { alg: 'HS256' }, claims = {} }: Asserting = {},
): Promise<Introspecting> {
  const { id } = issuer.client
  const exp = Math.floor(issuer.clock() / 1000) + 60
  const jti = crypto.randomUUID()
  const all = { iss: id, sub: id, aud: issuer.url, exp, jti, ...claims }
  const assertion = await new SignJWT(all).setProtectedHeader(header).sign(key)
  return { form: { client_assertion_type: assertionType, client_assertion: assertion } }
}

async function openWithKey(): Promise<{ issuer: MockIssuer; privateKey: CryptoKey }> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k-1' }] }
  return { issuer: await open({ port: 'none', client: { keys } }), privateKey }
}

test('a client is api with a long secret, unless it is somebody else', async () => {
  const { client } = await open({ port: 'none' })
  expect(client.id).toBe('api')
  expect(client.secret.length).toBeGreaterThanOrEqual(64)
  const other = await open({ port: 'none', client: { id: 'i', secret: 's' } })
  expect(other.client).toEqual({ id: 'i', secret: 's' })
})

test('nobody is let in without credentials', async () => {
  const issuer = await open({ port: 'none' })
  expect(await outcome(issuer, {})).toBe(401)
  expect(await outcome(issuer, { form: { client_id: 'api' } })).toBe(401)
})

test('client_secret_basic has both halves form-encoded', async () => {
  const [id, secret] = ['https://api.example/ü', 'a b+c%:é/=&']
  const issuer = await open({ port: 'none', client: { id, secret } })
  expect(await outcome(issuer, withAuthorization(basic(id, secret)))).toBe(200)
  expect(await outcome(issuer, withAuthorization(basic(id, secret).replace('Basic', 'bASIC ')))).toBe(200)
  const raw = (value: string): string => `Basic ${Buffer.from(value).toString('base64')}`
  for (const wrong of [
    basic(id, 'other'),
    basic('other', secret),
    raw(`${id}:${secret}`),
    raw('api%:%zz'),
    raw('no colon'),
    'Basic',
    'Digest x',
  ]) {
    expect(await outcome(issuer, withAuthorization(wrong)), wrong).toBe(401)
  }
  const { headers } = withAuthorization(basic(id, secret))
  expect(await outcome(issuer, { headers: headers ?? {}, form: { client_id: 'other' } })).toBe(401)
})

test('client_secret_post names the client and its secret', async () => {
  const issuer = await open({ port: 'none' })
  const { id, secret } = issuer.client
  expect(await outcome(issuer, { form: { client_id: id, client_secret: secret } })).toBe(200)
  expect(await outcome(issuer, { form: { client_id: id, client_secret: 'other' } })).toBe(401)
  expect(await outcome(issuer, { form: { client_id: 'other', client_secret: secret } })).toBe(401)
  expect(await outcome(issuer, { form: { client_secret: secret } })).toBe(401)
})

test('a bearer token is good where there is one', async () => {
  const issuer = await open({ port: 'none', client: { bearerToken: 'b-1' } })
  expect(await outcome(issuer, withAuthorization('Bearer b-1'))).toBe(200)
  expect(await outcome(issuer, withAuthorization('Bearer b-2'))).toBe(401)
  expect(await outcome(await open({ port: 'none' }), withAuthorization('Bearer undefined'))).toBe(401)
})

test('client_secret_jwt is signed with the secret, by each of three algorithms', async () => {
  const issuer = await open({ port: 'none' })
  for (const alg of ['HS256', 'HS384', 'HS512']) {
    expect(await outcome(issuer, await assert(issuer, { header: { alg } })), alg).toBe(200)
  }
  const key = new TextEncoder().encode('another secret that is long enough')
  expect(await outcome(issuer, await assert(issuer, { key }))).toBe(401)
})

test('private_key_jwt is signed with one of the keys', async () => {
  const { issuer, privateKey } = await openWithKey()
  const header = { alg: 'ES256', kid: 'k-1' }
  expect(await outcome(issuer, await assert(issuer, { key: privateKey, header }))).toBe(200)
  expect(await outcome(issuer, await assert(issuer, { key: privateKey, header: { alg: 'ES256' } }))).toBe(200)
  const { privateKey: foreign } = await generateKeyPair('ES256')
  expect(await outcome(issuer, await assert(issuer, { key: foreign, header }))).toBe(401)
  expect(await outcome(issuer, await assert(issuer, { key: privateKey, header: { ...header, kid: 'k-2' } }))).toBe(401)
  const without = await open({ port: 'none' })
  expect(await outcome(without, await assert(without, { key: privateKey, header }))).toBe(401)
})

test('an assertion is addressed to the issuer or its endpoint, by the client, and short-lived by the clock', async () => {
  const issuer = await open({ port: 'none' })
  issuer.clock.freeze(1_700_000_000_000)
  const at = (seconds: number): number => 1_700_000_000 + seconds
  for (const claims of [
    { aud: `${issuer.url}/introspect` },
    { aud: ['https://elsewhere.example', issuer.url] },
    { exp: at(600) },
    { exp: at(1) },
  ]) {
    expect(await outcome(issuer, await assert(issuer, { claims })), JSON.stringify(claims)).toBe(200)
  }
  const wrong: readonly Readonly<Record<string, unknown>>[] = [
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
  for (const claims of wrong) {
    expect(await outcome(issuer, await assert(issuer, { claims })), JSON.stringify(claims)).toBe(401)
  }
})

test('an assertion comes with its type, and with no other client', async () => {
  const issuer = await open({ port: 'none' })
  const { form } = await assert(issuer)
  expect(await outcome(issuer, { form: { ...form, client_id: 'api' } })).toBe(200)
  expect(await outcome(issuer, { form: { ...form, client_id: 'other' } })).toBe(401)
  expect(await outcome(issuer, { form: { ...form, client_assertion_type: 'other' } })).toBe(401)
  expect(await outcome(issuer, { form: { ...form, client_assertion: 'garbage' } })).toBe(401)
  expect(await outcome(issuer, { form: { client_assertion_type: assertionType } })).toBe(401)
})

test('an assertion is good again, unless it is good only once', async () => {
  for (const [assertions, again] of [
    ['re-usable', 200],
    ['once', 401],
  ] as const) {
    const issuer = await open({ port: 'none', client: { assertions } })
    const asserted = await assert(issuer)
    expect(await outcome(issuer, asserted)).toBe(200)
    expect(await outcome(issuer, asserted), assertions).toBe(again)
    expect(await outcome(issuer, await assert(issuer))).toBe(200)
  }
})

test('more than one way at once is refused', async () => {
  const issuer = await open({ port: 'none', client: { bearerToken: 'b-1' } })
  const { id, secret } = issuer.client
  const header = { headers: { authorization: basic(id, secret) } }
  const post = { form: { client_id: id, client_secret: secret } }
  const asserted = await assert(issuer)
  for (const both of [
    { ...header, ...post },
    { ...header, ...asserted },
    { ...post, headers: { authorization: 'Bearer b-1' } },
    { form: { ...post.form, ...asserted.form } },
  ]) {
    expect(await outcome(issuer, both)).toBe(400)
  }
  const twice = await ask(issuer, '/introspect', {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: [basic(id, secret), 'Bearer b-1'],
    },
    body: 'token=t',
  })
  expect(twice.status).toBe(400)
})

const mistakes: readonly object[] = [
  { name: 'api' },
  { id: '' },
  { secret: 1 },
  { bearerToken: '' },
  { keys: [] },
  { keys: { keys: [{ kty: 'oct', k: 'AA' }] } },
  { keys: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'AA', d: 'AA' }] } },
  { assertions: 'twice' },
]

test.each(mistakes)('%o is a mistake that shows', async (client) => {
  await expect(open({ port: 'none', client })).rejects.toThrow(TypeError)
})
