import { generateKeyPairSync } from 'node:crypto'
import { createValidator, type ResourceOptions, scopes, type ValidatorOptions } from '@tollgate/core'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { expect, onTestFinished, test } from 'vitest'
import { createResourceMetadata } from '../../packages/core/src/resource/resource-metadata.ts'
import { metadataPathsOf, metadataUrlOf } from '../../packages/core/src/resource/well-known.ts'

const trust = { issuer: 'https://as.example', audience: 'https://api.example' }
const suffix = '/.well-known/oauth-protected-resource'
const invalidOption = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }) as Error

function create(options: object): unknown {
  return createValidator({ ...trust, ...options })
}

test.each([
  ['https://h.example', suffix, [suffix]],
  ['https://h.example/', suffix, [suffix]],
  ['https://h.example/t1', `${suffix}/t1`, [`${suffix}/t1`]],
  ['https://h.example/t1/', `${suffix}/t1/`, [`${suffix}/t1/`, `${suffix}/t1`]],
  ['https://h.example/x?y=1', `${suffix}/x?y=1`, [`${suffix}/x?y=1`]],
  ['https://h.example/?y=1', `${suffix}?y=1`, [`${suffix}?y=1`]],
  ['https://h.example:8443/x', `${suffix}/x`, [`${suffix}/x`]],
  ['HTTPS://H.EXAMPLE/X', `${suffix}/X`, [`${suffix}/X`]],
])('the metadata of %s is at %s', (resource, path, paths) => {
  expect(metadataUrlOf(resource)).toBe(`${new URL(resource).origin}${path}`)
  expect(metadataPathsOf(resource)).toEqual(paths)
})

test.each<[string, unknown]>([
  ['no URL', {}],
  ['a URL without a scheme', 'api.example'],
  ['http: on the network', { url: 'http://api.example' }],
  ['a fragment', 'https://api.example#'],
  ['credentials', 'https://user:password@api.example'],
  ['a misspelt option', { url: 'https://api.example', scope: ['read'] }],
  ['no scope', { url: 'https://api.example', scopes: [] }],
  ['several scopes in one text', { url: 'https://api.example', scopes: ['read write'] }],
  ['a page that is no URL', { url: 'https://api.example', documentation: 'the docs' }],
  ['a script as a page', { url: 'https://api.example', policy: 'javascript:alert(1)' }],
  ['an empty name', { url: 'https://api.example', name: '' }],
  ['a secret as a key', { url: 'https://api.example', signingKey: { kty: 'oct', k: 'AAAA', alg: 'HS256' } }],
  ['an issuer of the signature without a key', { url: 'https://api.example', signingIssuer: 'https://api.example' }],
  ['servers beside listed issuers', { url: 'https://api.example', authorizationServers: ['https://as.example'] }],
])('a resource with %s is refused', (_name, resource) => {
  expect(() => create({ resource })).toThrow(invalidOption)
})

test('a public key, and a key without an algorithm, cannot sign', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ofKey = (signingKey: unknown) => () => create({ resource: { url: 'https://api.example', signingKey } })
  expect(ofKey(publicKey)).toThrow(invalidOption)
  expect(ofKey(publicKey.export({ format: 'jwk' }))).toThrow(invalidOption)
  expect(ofKey({ ...publicKey.export({ format: 'jwk' }), alg: 'none' })).toThrow(invalidOption)
  expect(ofKey(generateKeyPairSync('x25519').privateKey)).toThrow(invalidOption)
})

test.each<[string, ValidatorOptions['audience']]>([
  ['none of two URLs', ['https://api.example', 'https://other.example']],
  ['no name', 'orders'],
  ['no URL on http:', 'http://api.example'],
])('without the option, the resource is %s', (_name, audience) => {
  const validator = createValidator({ ...trust, audience })
  expect(() => validator.metadata()).toThrow(invalidOption)
})

test.each<[string, ValidatorOptions['audience'], string]>([
  ['the only audience', 'https://api.example/v1', 'https://api.example/v1'],
  ['the only audience that is a URL', ['orders', 'https://api.example'], 'https://api.example'],
])('without the option, the resource is %s', async (_name, audience, resource) => {
  const validator = createValidator({ ...trust, audience })
  const { pathname } = new URL(resource)
  const url = `https://any.example${suffix}${pathname === '/' ? '' : pathname}`
  const response = await validator.metadata()(new Request(url))
  expect(JSON.parse(response?.body ?? '')).toMatchObject({ resource })
})

async function documentOf(options: Partial<ValidatorOptions>): Promise<unknown> {
  const response = await createValidator({ ...trust, ...options }).metadata()({ method: 'GET', url: suffix })
  return JSON.parse(response?.body ?? '')
}

test('the servers of an issuer function are as given', async () => {
  const issuer: ValidatorOptions['issuer'] = () => undefined
  const resource: ResourceOptions = { url: 'https://api.example', authorizationServers: ['https://as.example'] }
  expect(await documentOf({ issuer })).not.toHaveProperty('authorization_servers')
  expect(await documentOf({ issuer, resource })).toMatchObject({ authorization_servers: ['https://as.example'] })
})

test('given scopes replace those of the guards', async () => {
  const validator = createValidator({ ...trust, resource: { url: 'https://api.example', scopes: ['read'] } })
  validator.combine(scopes('internal'))
  const response = await validator.metadata()({ method: 'GET', url: suffix })
  expect(JSON.parse(response?.body ?? '')).toMatchObject({ scopes_supported: ['read'] })
})

test('a token in a header of its own or in a cookie has no method of RFC 6750', async () => {
  const { header } = await import('@tollgate/core')
  expect(await documentOf({ credentials: header('x-token') })).toMatchObject({ bearer_methods_supported: [] })
})

test('the number of names from guards is bounded', () => {
  const metadata = createResourceMetadata({
    resource: { url: 'https://api.example', signingIssuer: 'https://api.example', source: 'option' },
    issuers: [],
    credentials: ['authorization'],
    formBody: 'ignored',
    dpop: { mode: 'off', algorithms: [] },
    mtls: { mode: 'off' },
  })
  for (let index = 0; index < 2000; index += 1) {
    metadata.noteDemands({ scopes: [`scope-${index}`], authorizationDetails: ['payment', 'account'] })
  }
  const document = metadata.document()
  expect(document['scopes_supported']).toHaveLength(1000)
  expect(document['authorization_details_types_supported']).toEqual(['account', 'payment'])
})

test('only an accepted token adds the scopes of a guard of one request', async () => {
  const issuer = await createMockIssuer({ port: 'none' })
  onTestFinished(() => issuer.close())
  const validator = createValidator({ ...issuer.validatorOptions, resource: 'https://api.example' })
  const respond = validator.metadata()
  const scopesSupported = async (): Promise<unknown> => {
    const { body } = (await respond({ method: 'GET', url: suffix })) ?? {}
    return (JSON.parse(body ?? '{}') as { readonly scopes_supported?: unknown }).scopes_supported
  }
  const guard = scopes('tenant:a')
  const call = (token?: string): Promise<unknown> => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    return validator.authenticate(new Request('https://api.example/a', { headers }), guard)
  }
  await expect(call()).rejects.toThrow()
  await expect(call(await issuer.accessToken({ scope: 'tenant:b' }))).rejects.toThrow()
  expect(await scopesSupported()).toBeUndefined()
  await call(await issuer.accessToken({ scope: 'tenant:a' }))
  expect(await scopesSupported()).toEqual(['tenant:a'])
})
