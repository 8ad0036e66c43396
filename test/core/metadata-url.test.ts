/** The option `metadata`: the URL of the metadata, where the name of the issuer does not lead to it. */
import { clientSecretBasic, createValidator, trustedIssuer, type TrustedIssuerOptions } from '@tollgate/core'
import { MockAgent } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { jws, keyPair } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'
import { type Handler, json, status } from '../harness/responses.ts'
import { claimsOf, openScriptedIssuer, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'

const polluted: object = Object.prototype

const { jwk, privateKey } = keyPair('P-256')
const path = '/tenant/policy/.well-known/openid-configuration'
const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })

interface Scene {
  readonly server: ScriptedIssuer
  /** The `reason` for a good token of an issuer with this name, or the error itself. */
  readonly present: (name: string, options?: TrustedIssuerOptions) => Promise<string>
  readonly errorOf: (name: string, options?: TrustedIssuerOptions) => Promise<Error>
}

/** A server whose metadata, at a path of its own, states this issuer. */
async function open(stated: (url: string) => unknown): Promise<Scene> {
  const server = await openScriptedIssuer([{ ...jwk, kid: 'k' }])
  const { url } = server
  server.routes[path] = json({
    issuer: stated(url),
    jwks_uri: `${url}/jwks`,
    introspection_endpoint: `${url}/introspect`,
  })
  const validate = (name: string, options: TrustedIssuerOptions = {}) => {
    const issuer = trustedIssuer(name, { metadata: `${url}${path}`, ...options })
    const validator = createValidator({ issuer, audience, clock: () => T0 * 1000 })
    onTestFinished(() => validator.close())
    const token = options.introspection === undefined ? tokenOf(name) : 'opaque'
    return validator.authenticate(requestWith(token))
  }
  return {
    server,
    present: (name, options) => reasonOf(validate(name, options)),
    errorOf: (name, options) =>
      validate(name, options).then(
        () => new Error('accepted'),
        (error: Error) => error,
      ),
  }
}

function tokenOf(name: string): string {
  return jws({ alg: 'ES256', kid: 'k' }, claimsOf(name), privateKey, 'ES256')
}

test('only the configured URL is fetched', async () => {
  const { server, present } = await open((url) => `${url}/tenant/v2.0/`)
  expect(await present(`${server.url}/tenant/v2.0/`)).toBe('OK')
  expect(server.paths).toEqual([path, '/jwks'])
})

test('a query of the configured URL is sent, and no message contains it', async () => {
  const { server, present, errorOf } = await open((url) => url)
  const metadata = new URL(`${server.url}/m?p=policy-1`)
  server.routes['/m?p=policy-1'] = json({ issuer: 'https://as.example', jwks_uri: `${server.url}/jwks` })
  expect(await present('https://as.example', { metadata })).toBe('OK')
  server.routes['/m?p=policy-1'] = json({ issuer: 'https://another.example', jwks_uri: `${server.url}/jwks` })
  const { message } = await errorOf('https://third.example', { metadata })
  expect(message).not.toContain('policy-1')
})

test('the name of the issuer need not be a URL, and may be a URL that nothing fetches', async () => {
  for (const name of ['urn:as', 'acme.com', 'http://adfs.example/adfs/services/trust']) {
    const { server, present } = await open(() => name)
    expect(await present(name), name).toBe('OK')
    expect(server.paths).toEqual([path, '/jwks'])
  }
})

test('the introspection endpoint is discovered there, too', async () => {
  const { server, present } = await open(() => 'acme.com')
  server.introspect = () => server.active({ iss: 'acme.com' })
  const introspection = { client: clientSecretBasic('api', 'a secret of the tests') }
  expect(await present('acme.com', { introspection, formats: 'opaque' })).toBe('OK')
  expect(await present('acme.com', { introspection, keys: `${server.url}/jwks` })).toBe('OK')
  expect(server.paths).toContain('/introspect')
  expect(server.paths).not.toContain('/jwks')
})

test('the document must state the name of the issuer, or a template of it', async () => {
  const name = (url: string): string => `${url}/9188040d/v2.0`
  const stated: readonly (readonly [(url: string) => unknown, string])[] = [
    [name, 'OK'],
    [(url) => `${url}/{tenantid}/v2.0`, 'OK'],
    [(url) => `${url}/{tenantid}/v2.0/`, 'issuer-mismatch'],
    [(url) => `${url}/{tenantid}/../v2.0`, 'issuer-mismatch'],
    [(url) => `${url}/{tenantid}`, 'issuer-mismatch'],
    [(url) => `${url}/9188040d/{tenantid}/v2.0`, 'issuer-mismatch'],
    [() => 'https://another.example/{tenantid}/v2.0', 'issuer-mismatch'],
    [() => '{tenantid}', 'issuer-mismatch'],
    [(url) => `${name(url)}/`, 'issuer-mismatch'],
    [() => undefined, 'malformed-document'],
    [() => null, 'malformed-document'],
    [() => '', 'malformed-document'],
    [(url) => [name(url)], 'malformed-document'],
    [(url) => ({ toString: () => name(url) }), 'malformed-document'],
  ]
  for (const [document, expected] of stated) {
    const { server, present } = await open(document)
    expect(await present(name(server.url)), String(document)).toBe(expected)
    expect(server.count('/jwks')).toBe(expected === 'OK' ? 1 : 0)
  }
})

test('a template is not accepted at the well-known URLs', async () => {
  const server = await openScriptedIssuer([{ ...jwk, kid: 'k' }])
  const name = `${server.url}/t/v2.0`
  server.routes['/t/v2.0/.well-known/openid-configuration'] = json({
    issuer: `${server.url}/{tenantid}/v2.0`,
    jwks_uri: `${server.url}/jwks`,
  })
  const validator = createValidator({ issuer: name, audience, clock: () => T0 * 1000 })
  onTestFinished(() => validator.close())
  expect(await reasonOf(validator.authenticate(requestWith(tokenOf(name))))).toBe('issuer-mismatch')
})

test('two issuers with one document are two issuers, and one of them does not change the other', async () => {
  const { server, present } = await open((url) => `${url}/{tenantid}/v2.0`)
  expect(await present(`${server.url}/a/v2.0`)).toBe('OK')
  expect(await present(`${server.url}/a/b/v2.0`)).toBe('issuer-mismatch')
  expect(await present(`${server.url}/b/v2.0`)).toBe('OK')
})

test.each([
  'http://as.example/m',
  'https://user:password@as.example/m',
  'https://as.example/m#x',
  'ftp://as.example/m',
  'file:///etc/passwd',
  '/m',
  '',
  7,
  null,
  {},
  ['https://as.example/m'],
  `https://as.example/${'x'.repeat(2048)}`,
])('%j is no URL of metadata', (metadata) => {
  expect(() => trustedIssuer('https://as.example', { metadata: metadata as string })).toThrow(wrong)
})

test('metadata that nothing would read is an option error', () => {
  const metadata = 'https://as.example/m'
  const introspection = { client: clientSecretBasic('api', 'secret'), endpoint: 'https://as.example/introspect' }
  const secret = 'a secret of thirty-two bytes, or a few more'
  for (const options of [
    { keys: 'https://as.example/jwks' },
    { keys: { keys: [jwk] } },
    { keys: () => undefined },
    { secret },
    { keys: 'https://as.example/jwks', introspection },
    { formats: 'opaque', introspection },
  ] satisfies readonly TrustedIssuerOptions[]) {
    expect(() => trustedIssuer('https://as.example', { metadata, ...options })).toThrow(wrong)
  }
  expect(() => trustedIssuer('https://as.example', { metdata: metadata } as TrustedIssuerOptions)).toThrow(wrong)
  const { endpoint: _endpoint, ...discovered } = introspection
  trustedIssuer('https://as.example', { metadata, keys: 'https://as.example/jwks', introspection: discovered })
})

test('a URL on Object.prototype is not read', async () => {
  const { server } = await open((url) => url)
  Object.defineProperty(polluted, 'metadata', { value: `${server.url}${path}`, configurable: true })
  try {
    const validator = createValidator({ issuer: trustedIssuer(server.url, {}), audience, clock: () => T0 * 1000 })
    onTestFinished(() => validator.close())
    expect(await reasonOf(validator.authenticate(requestWith(tokenOf(server.url))))).toBe('OK')
  } finally {
    Reflect.deleteProperty(Object.prototype, 'metadata')
  }
  expect(server.count(path)).toBe(0)
})

test('endpoints are compared with the host that was fetched, and not with the name', async () => {
  const hosts = [
    // The name is on loopback, the metadata is not.
    ['http://127.0.0.1:1', 'https://meta.example', 'insecure-endpoint'],
    ['https://as.example', 'https://meta.example', 'insecure-endpoint'],
    ['urn:as', 'https://meta.example', 'insecure-endpoint'],
    ['urn:as', 'http://127.0.0.1:9', 'OK'],
  ] as const
  for (const [name, origin, expected] of hosts) {
    const agent = new MockAgent()
    agent.disableNetConnect()
    const document = { issuer: name, jwks_uri: 'http://127.0.0.1:9/jwks', keys: [{ ...jwk, kid: 'k' }] }
    for (const at of new Set([origin, 'http://127.0.0.1:9'])) {
      agent
        .get(at)
        .intercept({ path: () => true })
        .reply(200, document)
        .persist()
    }
    const issuer = trustedIssuer(name, { metadata: `${origin}/m` })
    const validator = createValidator({ issuer, audience, clock: () => T0 * 1000, dispatcher: agent })
    expect(await reasonOf(validator.authenticate(requestWith(tokenOf(name)))), `${name} ${origin}`).toBe(expected)
    await validator.close()
    await agent.close()
  }
})

test('metadata of an issuer that a function returned is on a public address', async () => {
  const { server } = await open((url) => url)
  const metadata = `${server.url}${path}`
  const resolve = async (name: string, options: TrustedIssuerOptions): Promise<string> => {
    const validator = createValidator({ issuer: () => trustedIssuer(name, options), audience, clock: () => T0 * 1000 })
    onTestFinished(() => validator.close())
    return reasonOf(validator.authenticate(requestWith(tokenOf(name))))
  }
  expect(await resolve('https://as.example', { metadata })).toBe('insecure-endpoint')
  expect(await resolve('urn:as', { metadata })).toBe('insecure-endpoint')
  expect(await resolve('https://as.example', { metadata: 'https://10.0.0.1/m' })).toBe('insecure-endpoint')
  // A name on loopback does not open the network for metadata elsewhere.
  expect(await resolve('http://127.0.0.1:1', { metadata: 'https://10.0.0.1/m' })).toBe('insecure-endpoint')
  expect(server.paths).toEqual([])
  expect(await resolve(server.url, { metadata })).toBe('OK')
  expect(await resolve('https://as.example', { metadata, network: 'any' })).toBe('issuer-mismatch')
})

test('the error of a failed discovery names the options that replace it', async () => {
  const { server, errorOf } = await open((url) => `${url}/x/`)
  const failures: readonly Handler[] = [
    status(404),
    status(403),
    status(302, { location: '/' }),
    status(503),
    json({}),
    json('x'),
    json({ issuer: 'https://another.example', jwks_uri: 'https://another.example/jwks' }),
    json({ issuer: `${server.url}/x`, jwks_uri: null }),
  ]
  for (const [index, failure] of failures.entries()) {
    server.routes['/x/.well-known/openid-configuration'] = failure
    server.routes[`/${index}/m`] = failure
    const validator = createValidator({ issuer: `${server.url}/x`, audience, clock: () => T0 * 1000 + index * 60_000 })
    const error = await validator.ready().then(
      () => new Error('ready'),
      (thrown: Error) => thrown,
    )
    await validator.close()
    expect(error.message, `failure ${index}`).toMatch(/`keys`/)
    expect(error.message, `failure ${index}`).toMatch(/`metadata`/)
    const configured = await errorOf(`${server.url}/x`, { metadata: `${server.url}/${index}/m` })
    expect(configured.message, `failure ${index}`).toMatch(/`metadata`.*`keys`/)
  }
})

test('a missing endpoint, a long one and an insecure one are different faults', async () => {
  const { server, errorOf } = await open((url) => url)
  const messageFor = async (uri: unknown, index: number): Promise<string> => {
    server.routes[`/${index}`] = json({ issuer: 'urn:as', jwks_uri: uri })
    return (await errorOf('urn:as', { metadata: `${server.url}/${index}` })).message
  }
  const uris = [null, '', undefined, 7, `https://as.example/${'x'.repeat(2048)}`, 'http://as.example/jwks', 'x y']
  const messages = await Promise.all(uris.map(messageFor))
  const faults = [
    'without `jwks_uri`',
    'without `jwks_uri`',
    'without `jwks_uri`',
    'malformed `jwks_uri`',
    '2048',
    'https:',
    'absolute URL',
  ]
  expect(messages).toEqual(faults.map((fault) => expect.stringContaining(fault) as string))
})
