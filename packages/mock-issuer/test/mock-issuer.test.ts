import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createMockIssuer, type MockIssuerOptions, wrongTokens } from '../src/index.ts'
import { keysOf, open, ports, runToExit, send, start, verifier } from './harness.ts'

test('another library discovers the keys over loopback and verifies a token', async () => {
  const issuer = await start({ port: 'free' })
  const { payload, protectedHeader } = await jwtVerify(
    await issuer.accessToken({ scope: 'read', sub: undefined }),
    createRemoteJWKSet(new URL(`${issuer.url}/jwks`)),
    { issuer: issuer.url, audience: 'https://api.example.com', typ: 'at+jwt' },
  )
  expect(payload).toMatchObject({ scope: 'read', client_id: 'client-1' })
  expect(payload).not.toHaveProperty('sub')
  expect(protectedHeader.alg).toBe('ES256')
  expect(issuer.requests).toEqual([{ endpoint: 'jwks', method: 'GET', path: '/jwks' }])
})

test('metadata at both well-known paths names the issuer and its keys, and other paths are 404', async () => {
  const issuer = await start()
  for (const name of ['oauth-authorization-server', 'openid-configuration']) {
    const { text } = await send(issuer, `/.well-known/${name}`)
    expect(JSON.parse(text)).toMatchObject({ issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` })
  }
  expect((await send(issuer, '/other')).status).toBe(404)
  expect((await send(issuer, '/jwks', { method: 'POST' })).status).toBe(404)
  expect(issuer.requests.map(({ endpoint }) => endpoint)).toEqual(['metadata', 'metadata', 'unknown', 'unknown'])
})

test('a rotation publishes a new key, and keeps or withdraws the previous keys', async () => {
  const issuer = await start()
  const currentKid = async () => decodeProtectedHeader(await issuer.accessToken()).kid
  const publishedKids = async () => (await keysOf(issuer)).map(({ kid }) => kid)
  const first = await currentKid()
  await issuer.rotateKeys()
  const second = await currentKid()
  expect(await publishedKids()).toEqual([second, first])
  await issuer.rotateKeys({ previous: 'withdrawn' })
  expect(await publishedKids()).toEqual([await currentKid()])
  expect(await publishedKids()).not.toContain(second)
  await expect(issuer.rotateKeys({ previous: 'withdraw' as 'withdrawn' })).rejects.toThrow(TypeError)
})

test('the issuer signs with each of its algorithms and no other', async () => {
  const algorithms = ['RS256', 'Ed25519', 'ES384'] as const
  const issuer = await start({ algorithms })
  const keys = await verifier(issuer)
  for (const algorithm of algorithms) {
    const { protectedHeader } = await jwtVerify(await issuer.accessToken({}, { algorithm }), keys)
    expect(protectedHeader.alg).toBe(algorithm)
  }
  await expect(issuer.accessToken({}, { algorithm: 'ES256' })).rejects.toThrow(TypeError)
})

test('the clock follows real time, stops, and moves in both directions', async () => {
  const { clock } = await start()
  const before = Date.now()
  expect(clock()).toBeGreaterThanOrEqual(before)
  expect(clock()).toBeLessThanOrEqual(Date.now())
  clock.freeze(1000)
  clock.advance('1.5s')
  clock.advance('1m')
  expect(clock()).toBe(62_500)
  clock.advance('-1s')
  expect(clock()).toBe(61_500)
  expect(() => clock.advance('soon' as '1s')).toThrow(TypeError)
  expect(() => clock.freeze('2020-01-01' as unknown as Date)).toThrow(TypeError)
})

test('jose refuses every wrong token, except valid JWTs of another kind', async () => {
  const issuer = await start()
  const keys = await verifier(issuer)
  const validForJose = new Set(['senderConstrained', 'idToken'])
  for (const name of wrongTokens.filter((candidate) => !validForJose.has(candidate))) {
    const verified = jwtVerify(await issuer.wrongToken(name), keys, {
      issuer: issuer.url,
      audience: 'https://api.example.com',
      requiredClaims: ['exp'],
      ...(name === 'logoutToken' ? { typ: 'at+jwt' } : {}),
    })
    await expect(verified, name).rejects.toThrow(Error)
  }
  await expect(issuer.wrongToken('other' as 'expired')).rejects.toThrow(TypeError)
})

const invalidOptions: readonly unknown[] = [
  null,
  [],
  { audiences: 'x' },
  { audience: '' },
  { port: 'nome' },
  { port: 65_536 },
  { algorithms: [] },
  { algorithms: ['HS256'] },
]

test.each(invalidOptions)('createMockIssuer(%j) throws a TypeError', async (options) => {
  await expect(createMockIssuer(options as MockIssuerOptions)).rejects.toThrow(TypeError)
})

test('a polluted Object.prototype sets no option', async () => {
  const inherited = { audience: 'https://evil.example', id: 'evil', header: { alg: 'none' }, previous: 'withdrawn' }
  for (const [name, value] of Object.entries(inherited)) {
    // oxlint-disable-next-line eslint/no-extend-native -- pollution is the subject of this test
    Object.defineProperty(Object.prototype, name, { value, configurable: true })
  }
  const clean = (): void => Object.keys(inherited).forEach((name) => Reflect.deleteProperty(Object.prototype, name))
  onTestFinished(clean)
  const issuer = await start()
  await issuer.rotateKeys()
  expect(issuer.validatorOptions.audience).toBe('https://api.example.com')
  expect(issuer.client.id).toBe('api')
  expect(decodeProtectedHeader(await issuer.accessToken()).alg).toBe('ES256')
  // undici, which reads the keys, does not always survive these members.
  clean()
  expect(await keysOf(issuer)).toHaveLength(2)
})

test('the dispatcher of an issuer without a port refuses every other origin', async () => {
  const issuer = await start()
  for (const origin of ['https://elsewhere.example', 'http://issuer.example', 'https://issuer.example:8443']) {
    await expect(open(issuer, `${origin}/jwks`)).rejects.toThrow(Error)
  }
  expect(issuer.requests).toEqual([])
})

test('an issuer without a port responds while fake timers replace queueMicrotask', async () => {
  const issuer = await start()
  vi.useFakeTimers({ toFake: ['queueMicrotask'] })
  onTestFinished(() => void vi.useRealTimers())
  expect((await open(issuer, '/jwks')).statusCode).toBe(200)
})

test.each(ports)('an issuer with port %s responds to many concurrent requests', async (port) => {
  const issuer = await start({ port })
  const responses = await Promise.all(Array.from({ length: 50 }, () => send(issuer, '/jwks')))
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]))
  expect(issuer.requests).toHaveLength(50)
})

test('an issuer without a port lets the process exit without close()', async () => {
  const script = `const issuer = await createMockIssuer({ port: 'none' })
    const { dispatcher } = issuer.validatorOptions
    const { body } = await request(issuer.url + '/jwks', { dispatcher })
    await body.text()
    issuer.misbehave('jwks', 'hang')
    request(issuer.url + '/jwks', { dispatcher }).catch(() => undefined)
    issuer.misbehave('metadata', { delay: '1h' })
    request(issuer.url + '/.well-known/openid-configuration', { dispatcher }).catch(() => undefined)
    console.log('done')`
  expect(await runToExit(script)).toBe('done\n')
})

test('an issuer with a port lets the process exit after close()', async () => {
  const script = `const issuer = await createMockIssuer()
    issuer.misbehave('jwks', 'hang')
    const hanging = request(issuer.url + '/jwks').catch(() => 'closed')
    issuer.misbehave('metadata', { delay: '1h' })
    const delayed = request(issuer.url + '/.well-known/openid-configuration').catch(() => 'closed')
    while (issuer.requests.length < 2) await setTimeout(5)
    await issuer.close()
    console.log(await hanging, await delayed)`
  expect(await runToExit(script)).toBe('closed closed\n')
})
