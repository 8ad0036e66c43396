import { createServer, type ServerResponse } from 'node:http'
import { clientSecretBasic, createValidator, tlsClientAuth, trustedIssuer } from '@tollgate/core'
import { MockAgent } from 'undici'
import { expect } from 'vitest'
import type { Adapter } from '../harness/adapters.ts'
import { listen, openApi } from '../harness/api.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { type Handler, json, status } from '../harness/responses.ts'
import type { ResultCode } from '../harness/result-code.ts'
import { claimsOf, openScriptedIssuer, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { audience, T0 } from '../harness/reference.ts'
import { openScriptedApi } from '../harness/scripted-api.ts'
import { verifies } from '../harness/verifies-documents.ts'

const oauth = '/.well-known/oauth-authorization-server'
const openid = '/.well-known/openid-configuration'
const { jwk, privateKey } = keyPair('P-256')

interface Opened {
  readonly issuer: ScriptedIssuer
  /** The name of the issuer, which can have a path. */
  readonly name: string
  readonly advance: (seconds: number) => void
  /** Presents a good token of the issuer. */
  readonly present: () => Promise<ResultCode>
}

/** An API that trusts the issuer at a path of a server. The issuer publishes keys and no metadata. */
async function open(adapter: Adapter, path = ''): Promise<Opened> {
  const issuer = await openScriptedIssuer([{ ...jwk, kid: 'k' }])
  delete issuer.routes[oauth]
  const name = `${issuer.url}${path}`
  let now = T0
  const api = await openApi(adapter, { protection: { issuer: name, audience, clock: () => now * 1000 } })
  return {
    issuer,
    name,
    advance: (seconds) => {
      now += seconds
    },
    present: () =>
      api.present(jws({ alg: 'ES256', kid: 'k' }, claimsOf(name, { exp: now + 300 }), privateKey, 'ES256')),
  }
}

function metadataOf(name: string, { url }: ScriptedIssuer): Handler {
  return json({ issuer: name, jwks_uri: `${url}/jwks` })
}

verifies(
  'META-01',
  'the well-known suffix goes between host and path, and for OpenID at the end as well',
  async (adapter) => {
    const vectors = [
      ['', [oauth, openid]],
      ['/', [oauth, openid]],
      ['/t1', [`${oauth}/t1`, `${openid}/t1`, `/t1${openid}`]],
      ['/t1/', [`${oauth}/t1`, `${openid}/t1`, `/t1${openid}`]],
      ['/a/b', [`${oauth}/a/b`, `${openid}/a/b`, `/a/b${openid}`]],
    ] as const
    for (const [path, requested] of vectors) {
      const api = await open(adapter, path)
      expect(await api.present(), path).toBe('502')
      expect(api.issuer.paths, path).toEqual(requested)
    }
    for (const issuer of [
      'https://h.example/x?y=1',
      'https://h.example/#x',
      'https://u:p@h.example',
      'h.example',
      '/x',
      ' https://h.example',
      'http://h.example',
      'ftp://h.example',
      7,
      null,
    ]) {
      const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
      await expect(adapter.create({ issuer: issuer as string, audience }), String(issuer)).rejects.toThrow(wrong)
    }
    for (const issuer of [
      'http://localhost:1',
      'http://127.0.0.1:1',
      'http://[::1]:1',
      'http://as.localhost',
      'https://h.example',
    ]) {
      await adapter.create({ issuer, audience })
    }
  },
)

verifies('META-02', 'metadata is fetched once, at the first URL that has it', async (adapter) => {
  const api = await open(adapter, '/t1')
  api.issuer.routes[`/t1${openid}`] = metadataOf(api.name, api.issuer)
  expect(await api.present()).toBe('OK')
  expect(await api.present()).toBe('OK')
  expect(api.issuer.paths).toEqual([`${oauth}/t1`, `${openid}/t1`, `/t1${openid}`, '/jwks'])
})

verifies(
  'META-03',
  "another issuer's document is not used, even when the names differ by a slash only",
  async (adapter) => {
    for (const path of ['', '/t1', '/t1/']) {
      const api = await open(adapter, path)
      for (const other of [
        `${api.name}/`,
        api.name.replace(/\/$/, ''),
        api.name.toUpperCase(),
        'https://other.example',
      ]) {
        if (other !== api.name) {
          api.issuer.routes[`${oauth}${path.replace(/\/$/, '')}`] = metadataOf(other, api.issuer)
          expect(await api.present(), other).toBe('502')
          api.advance(60)
        }
      }
      expect(api.issuer.count('/jwks')).toBe(0)
    }
  },
)

verifies('META-04', 'a response that is no metadata is passed over', async (adapter) => {
  const html: Handler = (_request, response) =>
    void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')
  const noMetadata = [
    status(404),
    html,
    json([]),
    json({}),
    json(null),
    json('x'),
    json({ issuer: 'x' }),
    status(204),
    status(302, { location: '/jwks' }),
    status(400),
  ]
  for (const [index, answer] of noMetadata.entries()) {
    const alone = await open(adapter)
    alone.issuer.routes[oauth] = answer
    expect(await alone.present(), `answer ${index}`).toBe('502')
    const followed = await open(adapter)
    followed.issuer.routes[oauth] = answer
    followed.issuer.routes[openid] = metadataOf(followed.name, followed.issuer)
    expect(await followed.present(), `answer ${index}`).toBe('OK')
  }
})

verifies('META-04', 'metadata with a jwks_uri that is not secure is not used', async (adapter) => {
  for (const uri of [
    'http://keys.example/jwks',
    'https://user:password@keys.example/jwks',
    'ftp://127.0.0.1/jwks',
    'file:///etc/passwd',
    'http://127.0.0.1:1/jwks\n{"level":60}',
    `http://127.0.0.1:1/${'x'.repeat(2048)}`,
    '/jwks',
    '',
    7,
    undefined,
    ['x'],
  ]) {
    const api = await open(adapter)
    api.issuer.routes[oauth] = json({ issuer: api.name, jwks_uri: uri })
    expect(await api.present(), String(uri)).toBe('502')
  }
})

verifies('META-04', 'the metadata of a remote issuer cannot name this host, in any spelling', async (adapter) => {
  const issuer = 'https://as.example'
  for (const host of [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '0.0.0.0',
    '[::ffff:127.0.0.1]',
    'localhost.',
    'LOCALHOST',
    '127.1',
    '2130706433',
    '0x7f.1',
    '%6cocalhost',
    'keys.example',
  ]) {
    const agent = new MockAgent()
    agent.disableNetConnect()
    const requested: string[] = []
    const intercept = (origin: string, document: object): void => {
      const reply = ({ path }: { path: string }): { statusCode: number; data: object } => {
        requested.push(path)
        return { statusCode: 200, data: document }
      }
      agent
        .get(origin)
        .intercept({ path: () => true })
        .reply(reply)
        .persist()
    }
    intercept(issuer, { issuer, jwks_uri: `https://${host}/jwks` })
    intercept(`https://${host}`, { keys: [{ ...jwk, kid: 'k' }] })
    const api = await openApi(adapter, { protection: { issuer, audience, clock: () => T0 * 1000, dispatcher: agent } })
    const outcome = await api.present(jws({ alg: 'ES256', kid: 'k' }, claimsOf(issuer), privateKey, 'ES256'))
    expect([outcome, requested.includes('/jwks')], host).toEqual(
      host === 'keys.example' ? ['OK', true] : ['502', false],
    )
    await agent.close()
  }
})

verifies(
  'META-04',
  'a server error at one well-known URL is an outage only if no other URL has metadata',
  async (adapter) => {
    const failures: readonly Handler[] = [
      status(500),
      status(503),
      status(429),
      (_request, response) => void response.destroy(),
    ]
    for (const [index, failure] of failures.entries()) {
      const api = await open(adapter)
      api.issuer.routes[oauth] = failure
      expect(await api.present(), `failure ${index}`).toBe('E-UP')
      expect(api.issuer.paths).toEqual([oauth, openid])
      api.issuer.routes[openid] = metadataOf(api.name, api.issuer)
      api.advance(2)
      expect(await api.present()).toBe('OK')
    }
  },
)

verifies('META-06', 'the alias of the endpoint is used with mutual TLS only', async (adapter) => {
  const answer = (name: string) => json({ active: true, aud: audience, sub: name, scope: 'read' })
  const methods = [
    [tlsClientAuth('api'), '/mtls-introspect'],
    [clientSecretBasic('api', 'a secret of the tests'), '/introspect'],
  ] as const
  for (const [client, requested] of methods) {
    const api = await openScriptedApi(adapter, { introspection: { client } })
    const { url, routes } = api.issuer
    routes['/introspect'] = answer('plain')
    routes['/mtls-introspect'] = answer('alias')
    routes[oauth] = json({
      issuer: url,
      introspection_endpoint: `${url}/introspect`,
      mtls_endpoint_aliases: { introspection_endpoint: `${url}/mtls-introspect` },
    })
    expect(await api.present('opaque')).toBe('OK')
    expect(api.issuer.paths).toEqual([oauth, requested])
  }
})

verifies('META-05', 'an app starts while its issuer is down, reports it as health, and recovers', async (adapter) => {
  const taken = createServer()
  const url = await listen(taken)
  await new Promise((resolve) => taken.close(resolve))
  let now = T0
  const validator = createValidator({ issuer: trustedIssuer(url), audience, clock: () => now * 1000 })
  const api = await openApi(adapter, { protection: validator })
  expect(validator.health().status).toBe('degraded')
  const token = jws({ alg: 'ES256', kid: 'k' }, claimsOf(url), privateKey, 'ES256')
  expect(await api.present(token)).toBe('E-UP')
  expect(validator.health()).toMatchObject({ status: 'degraded', issuers: [{ metadata: { lastFailure: 'network' } }] })
  expect(await api.outcome({})).toBe('C0')

  const documents: Readonly<Record<string, object>> = {
    [openid]: { issuer: url, jwks_uri: `${url}/jwks` },
    '/jwks': { keys: [{ ...jwk, kid: 'k' }] },
  }
  const issuer = createServer((request, response: ServerResponse) => {
    const document = documents[request.url ?? '']
    response.writeHead(document === undefined ? 404 : 200).end(JSON.stringify(document))
  })
  await new Promise<void>((resolve) => issuer.listen(Number(new URL(url).port), '127.0.0.1', resolve))
  now += 2
  expect(await api.present(token)).toBe('OK')
  expect(validator.health()).toMatchObject({ status: 'ok', issuers: [{ keys: { state: 'fresh' } }] })
  issuer.closeAllConnections()
  issuer.close()
})
