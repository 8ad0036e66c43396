/** Metadata of the protected resource (RFC 9728), and the metadata of MCP. */
import { generateKeyPairSync } from 'node:crypto'
import { createValidator, scopes, stepUp } from '@tollgate/core'
import { decodeProtectedHeader, jwtVerify } from 'jose'
import { expect } from 'vitest'
import type { Adapter } from '../harness/adapters.ts'
import { type Api, openApi } from '../harness/api.ts'
import { parseChallenges } from '../harness/challenges.ts'
import { messagesOn } from '../harness/channel-messages.ts'
import { openIssuer, openReference, type Reference, type ReferenceOptions, T0 } from '../harness/reference.ts'
import type { Sent } from '../harness/send.ts'
import { verifies } from '../harness/verifies.ts'
import { catchWarnings } from '../harness/warnings.ts'

const places = ['metadata in front', 'metadata behind'] as const
const wellKnown = '/.well-known/oauth-protected-resource'
const metadataUrl = `https://api.example${wellKnown}`

function open(adapter: Adapter, { protect, ...options }: ReferenceOptions = {}): Promise<Reference> {
  return openReference(adapter, { habits: ['metadata in front'], protect: { ...protect }, ...options })
}

async function documentOf(api: Api, path = wellKnown): Promise<Record<string, unknown>> {
  const { status, body } = await api.send({ path })
  expect([path, status]).toEqual([path, 200])
  return JSON.parse(body) as Record<string, unknown>
}

/** Every challenge of a response, with its parameter. */
async function namedIn(api: Api, sent: Sent): Promise<readonly unknown[]> {
  const { status, challenges } = await api.send(sent)
  return [status, ...parseChallenges(challenges).map(({ parameters }) => parameters['resource_metadata'])]
}

verifies(
  ['PRM-02', 'PRM-09', 'MCP-01'],
  'anyone gets the document in front of a global guard, and behind it',
  async (adapter) => {
    for (const place of places) {
      const api = await open(adapter, { habits: [place] })
      const { status, headers, body } = await api.send({ path: wellKnown })
      expect(status).toBe(200)
      expect(headers).toMatchObject({
        'content-type': expect.stringMatching(/^application\/json/) as string,
        'cache-control': expect.stringMatching(/\bmax-age=\d+/) as string,
        'access-control-allow-origin': '*',
      })
      expect(JSON.parse(body)).toEqual({
        resource: 'https://api.example',
        authorization_servers: [api.issuer.url],
        scopes_supported: ['read'],
        bearer_methods_supported: ['header'],
      })
      const valid: [string, string] = ['Authorization', `Bearer ${await api.token()}`]
      for (const credentials of [valid, ['Authorization', 'Bearer wrong'], ['Authorization', 'Bearer']] as const) {
        const again = await api.send({ path: wellKnown, headers: [credentials] })
        expect([credentials, again.status, again.body]).toEqual([credentials, 200, body])
      }
      expect(await api.outcome({})).toBe('C0')
      expect(await api.present(await api.token())).toBe('OK')
    }
  },
)

verifies('PRM-02', 'HEAD and preflights have a response, and POST is 405', async (adapter) => {
  for (const place of places) {
    const api = await open(adapter, { habits: [place] })
    const head = await api.send({ path: wellKnown, method: 'HEAD' })
    expect([head.status, head.headers['content-type'], head.body]).toEqual([
      200,
      expect.stringMatching(/^application\/json/),
      '',
    ])
    const preflight = await api.send({
      path: wellKnown,
      method: 'OPTIONS',
      headers: [
        ['Origin', 'https://client.example'],
        ['Access-Control-Request-Method', 'GET'],
        ['Access-Control-Request-Headers', 'mcp-protocol-version'],
      ],
    })
    expect([preflight.status, preflight.headers]).toEqual([
      204,
      expect.objectContaining({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET, HEAD',
        'access-control-allow-headers': '*',
      }),
    ])
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const { status, headers, body } = await api.send({ path: wellKnown, method })
      expect([method, status, headers['allow'], body]).toEqual([method, 405, 'GET, HEAD, OPTIONS', ''])
    }
  }
})

function oneOf(...values: readonly number[]): number {
  return expect.toSatisfy((value: number) => values.includes(value)) as number
}

/** Spellings that a router may take for the path, and that are another request target. */
const otherSpellings = [
  '/.well-known/oauth-protected-resource/',
  '/.well-known/oauth-protected-resource/items',
  '/.well-known/oauth-protected-resource?x=1',
  '/.well-known/oauth-protected-resource;x',
  '/.well-known/OAuth-Protected-Resource',
  '/.well-known/oauth%2Dprotected-resource',
  '/.well-known/oauth-protected-resource%2Fitems',
  '/.well-known/oauth-protected-resource/..%2F..%2Fitems',
  '//.well-known/oauth-protected-resource',
  '/items/.well-known/oauth-protected-resource',
  '/items?/.well-known/oauth-protected-resource',
  '/items?x=http://h/.well-known/oauth-protected-resource',
]

verifies('PRM-02', 'no other request target passes the global guard in both places', async (adapter) => {
  for (const place of places) {
    const api = await open(adapter, { habits: [place] })
    expect(await api.outcome({})).toBe('C0')
    for (const path of otherSpellings) {
      // A framework may run its guards for known routes only.
      expect([path, await api.send({ path })]).toEqual([path, expect.objectContaining({ status: oneOf(401, 404) })])
    }
  }
})

verifies(['PRM-03', 'MCP-02'], 'two resources on one host have two documents', async (adapter) => {
  const resources = { outer: 'https://api.example', inner: 'https://api.example/mcp' }
  const { validatorOptions } = await openIssuer()
  const inner = createValidator({ ...validatorOptions, resource: { url: resources.inner, name: 'MCP' } })
  const api = await open(adapter, { protect: { resource: resources.outer }, inner })
  expect(await documentOf(api)).toMatchObject({ resource: resources.outer })
  expect(await documentOf(api, `${wellKnown}/mcp`)).toMatchObject({ resource: resources.inner, resource_name: 'MCP' })
})

verifies(['MCP-02', 'PRM-03'], 'a resource with a path has no document at the root', async (adapter) => {
  const api = await open(adapter, { protect: { resource: 'https://api.example/mcp' } })
  expect(await documentOf(api, `${wellKnown}/mcp`)).toMatchObject({ resource: 'https://api.example/mcp' })
  expect(await namedIn(api, {})).toEqual([401, `${metadataUrl}/mcp`])
  expect(await api.send({ path: wellKnown })).toMatchObject({ status: oneOf(401, 404) })
})

verifies(['PRM-04', 'PRM-05'], 'the document follows from the configuration', async (adapter) => {
  const unguarded = await open(adapter, { guards: [] })
  expect(Object.keys(await documentOf(unguarded))).toEqual([
    'resource',
    'authorization_servers',
    'bearer_methods_supported',
  ])
  const api = await open(adapter, {
    guards: [scopes('write', 'read'), stepUp({ maxAge: '5m' })],
    protect: {
      formBody: 'accepted',
      dpop: { mode: 'required', algorithms: ['ES256', 'PS256'] },
      mtls: { mode: 'accepted', certificate: 'tls' },
      resource: {
        url: 'https://api.example',
        name: 'Orders',
        documentation: 'https://docs.example',
        policy: 'https://docs.example/policy',
        termsOfService: 'https://docs.example/terms',
      },
    },
  })
  expect(await documentOf(api)).toEqual({
    resource: 'https://api.example',
    authorization_servers: [api.issuer.url],
    scopes_supported: ['read', 'write'],
    bearer_methods_supported: ['header', 'body'],
    resource_name: 'Orders',
    resource_documentation: 'https://docs.example',
    resource_policy_uri: 'https://docs.example/policy',
    resource_tos_uri: 'https://docs.example/terms',
    dpop_signing_alg_values_supported: ['ES256', 'PS256'],
    dpop_bound_access_tokens_required: true,
    tls_client_certificate_bound_access_tokens: true,
  })
  const { challenges } = await api.send({})
  expect(parseChallenges(challenges)).toEqual([
    { scheme: 'DPoP', parameters: expect.objectContaining({ algs: 'ES256 PS256', resource_metadata: metadataUrl }) },
  ])
})

verifies('PRM-06', 'the document is signed when a key is given', async (adapter) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signingKey = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', kid: 'of-the-resource' }
  const api = await open(adapter, { protect: { resource: { url: 'https://api.example', signingKey } } })
  const { signed_metadata: signed, ...plain } = await documentOf(api)
  const { payload } = await jwtVerify(String(signed), publicKey, { algorithms: ['ES256'] })
  expect(payload).toEqual({ ...plain, iss: 'https://api.example', iat: T0 })
  expect(decodeProtectedHeader(String(signed))).toEqual({ alg: 'ES256', kid: 'of-the-resource' })
  expect((await documentOf(api))['signed_metadata']).toBe(signed)
})

verifies(['PRM-07', 'MCP-02'], 'every challenge names the document, and the Host has no effect', async (adapter) => {
  const api = await open(adapter, { protect: { dpop: { mode: 'accepted' }, resource: 'https://api.example' } })
  const bearer = (token: string): [string, string] => ['Authorization', `Bearer ${token}`]
  expect(await namedIn(api, {})).toEqual([401, metadataUrl, metadataUrl])
  expect(await namedIn(api, { headers: [['Host', 'evil.example']] })).toEqual([401, metadataUrl, metadataUrl])
  expect(await namedIn(api, { headers: [bearer('wrong')] })).toEqual([401, metadataUrl])
  expect(await namedIn(api, { headers: [bearer('')] })).toEqual([400, metadataUrl])
  expect(await namedIn(api, { headers: [bearer(await api.token({ scope: '' }))] })).toEqual([403, metadataUrl])
  expect(await namedIn(api, { headers: [['Authorization', 'DPoP wrong']] })).toEqual([401, metadataUrl])
  const { status, body } = await api.send({ path: wellKnown, headers: [['Host', 'evil.example']] })
  expect([status, JSON.parse(body)]).toEqual([200, expect.objectContaining({ resource: 'https://api.example' })])
})

verifies('PRM-07', 'a challenge names the document of a given resource, and of no guessed one', async (adapter) => {
  const given = await openReference(adapter, { protect: { resource: 'https://api.example/v1' } })
  expect(await namedIn(given, {})).toEqual([401, `${metadataUrl}/v1`])
  expect(await namedIn(await openReference(adapter), {})).toEqual([401, undefined])
})

/** A client that follows the challenge, and compares the `resource` with the URL that it requested. */
async function discover(api: Api, url: string, rule: 'prefix' | 'literal'): Promise<boolean> {
  const [, named] = await namedIn(api, { path: new URL(url).pathname })
  const resource = String((await documentOf(api, new URL(String(named)).pathname))['resource'])
  return rule === 'literal' ? resource === url : url === resource || url.startsWith(`${resource.replace(/\/$/, '')}/`)
}

verifies('PRM-08', 'a client accepts the document of the host by its prefix', async (adapter) => {
  const api = await open(adapter)
  expect(await discover(api, 'https://api.example/items', 'prefix')).toBe(true)
  expect(await discover(api, 'https://api.example/items', 'literal')).toBe(false)
  const versioned = await open(adapter, { protect: { resource: 'https://api.example/mounted' } })
  expect(await discover(versioned, 'https://api.example/mounted/items', 'prefix')).toBe(true)
  expect(await discover(versioned, 'https://api.example/items', 'prefix')).toBe(false)
})

verifies('PRM-08', 'with a validator for a route, a client accepts its document literally', async (adapter) => {
  const api = await open(adapter, { protect: { resource: 'https://api.example/items' } })
  expect(await discover(api, 'https://api.example/items', 'literal')).toBe(true)
})

verifies('MCP-03', 'each 401 names the scopes of its route', async (adapter) => {
  const api = await openReference(adapter, { guards: [scopes('read', 'write')] })
  const scopesFor = async (...headers: [string, string][]) => {
    const { status, challenges } = await api.send({ headers })
    return [status, ...parseChallenges(challenges).map(({ parameters }) => parameters['scope'])]
  }
  expect(await scopesFor()).toEqual([401, 'read write'])
  expect(await scopesFor(['Authorization', 'Bearer wrong'])).toEqual([401, 'read write'])
  expect(await scopesFor(['Authorization', `Bearer ${await api.token({ exp: 1 })}`])).toEqual([401, 'read write'])
  expect(await scopesFor(['Authorization', `Bearer ${await api.token()}`])).toEqual([403, 'read write'])
  expect(await scopesFor(['Authorization', 'Bearer'])).toEqual([400, undefined])
})

verifies('MCP-06', 'offline_access is left out, with one warning', async (adapter) => {
  const messages = messagesOn('tollgate:misconfiguration')
  const warnings = catchWarnings()
  const { validatorOptions } = await openIssuer()
  const api = await openApi(adapter, {
    protection: createValidator(validatorOptions),
    guards: [scopes('read', 'offline_access'), scopes('offline_access')],
    habits: ['metadata in front'],
  })
  expect(await documentOf(api)).toMatchObject({ scopes_supported: ['read'] })
  const { challenges } = await api.send({})
  expect(parseChallenges(challenges)).toEqual([
    { scheme: 'Bearer', parameters: { realm: 'api', scope: 'read', resource_metadata: metadataUrl } },
  ])
  expect([messages.map(({ event }) => event), warnings.length]).toEqual([['offline-access'], 1])
  const given = await open(adapter, {
    guards: [],
    protect: { resource: { url: 'https://api.example', scopes: ['offline_access', 'read'] } },
  })
  expect(await documentOf(given)).toMatchObject({ scopes_supported: ['read'] })
})

verifies('PRM-01', 'the resource is published as it was given, and an insecure one is refused', async (adapter) => {
  const url = 'HTTPS://API.example:443/a%62/%7Ec?y=1'
  const api = await open(adapter, { protect: { resource: url } })
  expect(await documentOf(api, `${wellKnown}/a%62/%7Ec?y=1`)).toMatchObject({ resource: url })
  const { validatorOptions } = api.issuer
  for (const resource of ['http://api.example', 'https://api.example#x', 'https://user@api.example', 'api', '', null]) {
    const creating = async () => adapter.create({ ...validatorOptions, resource: resource as string })
    await expect(creating(), String(resource)).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
  }
})
