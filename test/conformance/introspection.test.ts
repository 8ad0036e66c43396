import { request } from 'node:http'
import { createServer } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import {
  audience as audienceGuard,
  bearerToken,
  claims,
  clientSecretBasic,
  clientSecretPost,
  createValidator,
  scopes,
  trustedIssuer,
} from '@tollgate/core'
import { expect } from 'vitest'
import { openApi } from '../harness/api.ts'
import { certificate } from '../harness/certificates.ts'
import { audience, T0 } from '../harness/constants.ts'
import { listen } from '../harness/listen.ts'
import { memoryCache } from '../harness/memory-cache.ts'
import { type Handler, json, status, text } from '../harness/responses.ts'
import { client, openScriptedApi, type ScriptedApi } from '../harness/scripted-api.ts'
import { openScriptedIssuer, type ReceivedRequest, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { waitFor } from '../harness/wait-for.ts'
import { verifies } from '../harness/verifies.ts'

const invalidOption = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
const introspection = {}

function calls({ requests }: ScriptedIssuer): readonly ReceivedRequest[] {
  return requests.filter(({ url }) => url === '/introspect')
}

/** What a validator of another process needs to be a neighbour of this one. */
function protectionFor({ url }: ScriptedIssuer, options: Partial<Parameters<typeof trustedIssuer>[1]> = {}) {
  return { issuer: trustedIssuer(url, { introspection: { client }, ...options }), audience, clock: () => T0 * 1000 }
}

function statuses(api: ScriptedApi, count: number): Promise<readonly number[]> {
  const send = async (): Promise<number> => (await api.send({ headers: [['Authorization', 'Bearer t']] })).status
  return Promise.all(Array.from({ length: count }, send))
}

/** The issuer responds when the test calls the function. */
function holdResponses({ issuer }: ScriptedApi, respond: Handler): () => void {
  const waiting: (() => void)[] = []
  issuer.routes['/introspect'] = (asked, response) => waiting.push(() => respond(asked, response))
  return () => waiting.splice(0).forEach((release) => release())
}

verifies('INT-01', 'the request is a form with the token and a hint, and nothing else', async (adapter) => {
  const api = await openScriptedApi(adapter, { introspection })
  const token = 'a+b/c~d-e_f.g=='
  expect(await api.present(token)).toBe('OK')
  const [call] = calls(api.issuer)
  expect(call).toMatchObject({
    method: 'POST',
    url: '/introspect',
    body: 'token=a%2Bb%2Fc%7Ed-e_f.g%3D%3D&token_type_hint=access_token',
  })
  expect(call?.headers).toMatchObject({
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  })
  expect(api.seen()).toMatchObject({ kind: 'opaque', issuer: api.issuer.url, subject: 'alice', clientId: 'app' })
})

verifies('INT-02', 'id and secret are form-encoded in the header', async (adapter) => {
  const api = await openScriptedApi(adapter, { introspection: { client: clientSecretBasic('a:b', 'p@ss w%rd+ü') } })
  expect(await api.present('t')).toBe('OK')
  expect(calls(api.issuer)[0]?.headers.authorization).toBe('Basic YSUzQWI6cCU0MHNzK3clMjVyZCUyQiVDMyVCQw==')
})

verifies('INT-02', 'introspection without credentials is an invalid option', async () => {
  for (const none of [undefined, null, {}, 'api:secret', { method: 'client_secret_basic', clientId: 'api' }]) {
    const options = { introspection: { client: none as unknown as typeof client } }
    expect(() => trustedIssuer('https://as.example', options)).toThrow(invalidOption)
  }
})

verifies(['INT-03', 'INT-04'], 'only a boolean `active` is a result, and nothing else is cached', async (adapter) => {
  const api = await openScriptedApi(adapter, { introspection })
  const { issuer } = api
  const values = ['true', 'false', 1, 0, null, {}, [true], [], undefined]
  for (const [index, active] of values.entries()) {
    issuer.introspect = () => issuer.active({ active })
    expect(await api.present(`t-${index}`), JSON.stringify(active)).toBe('502')
    issuer.introspect = () => issuer.active()
    expect(await api.present(`t-${index}`)).toBe('OK')
  }
  issuer.introspect = () => issuer.active({ active: false })
  expect(await api.present('inactive')).toBe('E-TOK')
})

verifies('INT-03', 'a repeated `active` is no result', async (adapter) => {
  const api = await openScriptedApi(adapter, { introspection })
  const rest = JSON.stringify(api.issuer.active()).slice(1)
  for (const response of [`{"active":false,${rest}`, `{"active":true,${rest}`, `{"activ\\u0065":true,${rest}`]) {
    api.issuer.routes['/introspect'] = text(response)
    expect(await api.present('t'), response).toBe('502')
  }
})

verifies('INT-03', 'a member that every object inherits changes nothing', async (adapter) => {
  const api = await openScriptedApi(adapter, { introspection })
  const without = (...names: readonly string[]) =>
    api.issuer.active(Object.fromEntries(names.map((name) => [name, undefined])))
  const cases = [
    ['active', true, without('active'), '502'],
    ['aud', audience, without('aud'), 'E-TOK'],
    ['scope', 'read', without('scope'), 'E-SCOPE'],
    ['exp', T0 + 300, api.issuer.active({ exp: T0 - 300 }), 'E-TOK'],
    ['token_type', 'refresh_token', without('token_type'), 'OK'],
  ] as const
  for (const [name, value, response, outcome] of cases) {
    api.issuer.introspect = () => response
    Object.assign(Object.prototype, { [name]: value })
    const found = await api.present(`t-${name}`).finally(() => Reflect.deleteProperty(Object.prototype, name))
    expect(found, name).toBe(outcome)
  }
})

verifies('INT-05', 'a cached result expires with `exp`', async (adapter) => {
  const api = await openScriptedApi(adapter, { introspection, protect: { clockTolerance: '0s' } })
  api.issuer.introspect = () => api.issuer.active({ exp: T0 + 20 })
  expect(await api.present('t')).toBe('OK')
  api.advance(19)
  expect(await api.present('t')).toBe('OK')
  api.advance(1)
  expect(await api.present('t')).toBe('E-TOK')
  expect(calls(api.issuer)).toHaveLength(1)
})

verifies('INT-06', 'an active result is cached for 60 s, and an inactive one for 10 s', async (adapter) => {
  const { advance, issuer, present } = await openScriptedApi(adapter, { introspection })
  const causesCall = async (token: string): Promise<boolean> => {
    const before = calls(issuer).length
    await present(token)
    return calls(issuer).length > before
  }
  const both = async (): Promise<readonly boolean[]> => [await causesCall('good'), await causesCall('bad')]
  issuer.introspect = (token) => (token === 'good' ? issuer.active({ exp: undefined }) : { active: false })
  expect(await both()).toEqual([true, true])
  advance(9.999)
  expect(await both()).toEqual([false, false])
  advance(0.001)
  expect(await both()).toEqual([false, true])
  advance(50)
  expect(await both()).toEqual([true, true])
})

verifies('INT-06', 'the times can be 0 s, or longer up to a limit', async (adapter) => {
  const api = await openScriptedApi(adapter, { introspection: { cacheFor: '0s' } })
  api.issuer.introspect = (token) => api.issuer.active({ active: token === 'good' })
  for (const token of ['good', 'good', 'bad', 'bad']) {
    await api.present(token)
  }
  expect(calls(api.issuer)).toHaveLength(4)

  const long = await openScriptedApi(adapter, { introspection: { cacheFor: '300s', cacheInactiveFor: '30s' } })
  long.issuer.introspect = (token) => long.issuer.active({ active: token === 'good', exp: T0 + 1e6 })
  await long.present('good')
  await long.present('bad')
  long.advance(29)
  await long.present('bad')
  long.advance(210)
  await long.present('good')
  expect(calls(long.issuer)).toHaveLength(2)
  for (const wrong of [{ cacheFor: '301s' }, { cacheInactiveFor: '31s' }, { cacheFor: 60 }, { timeout: '31s' }]) {
    const options = { introspection: { client, ...(wrong as object) } }
    expect(() => trustedIssuer('https://as.example', options), JSON.stringify(wrong)).toThrow(invalidOption)
  }
})

verifies(
  'INT-07',
  'the shared cache contains no token, and no result for another client or audience',
  async (adapter) => {
    const cache = memoryCache()
    const { issuer, present } = await openScriptedApi(adapter, { introspection, protect: { cache } })
    const tokens = Array.from({ length: 10 }, (_, index) => `sentinel-token-${index}`)
    for (const token of tokens) {
      expect(await present(token)).toBe('OK')
    }
    expect(cache.entries.size).toBe(10)
    expect(inspect([...cache.entries], { depth: 9 })).not.toContain('sentinel')
    const others = [clientSecretBasic('another', 'secret'), clientSecretPost('api', 'secret'), bearerToken('token')]
    const neighbours = [
      ...others.map((other) => protectionFor(issuer, { introspection: { client: other } })),
      { ...protectionFor(issuer), audience: [audience, 'urn:x'] },
    ]
    for (const [index, protection] of neighbours.entries()) {
      const neighbour = await openApi(adapter, { protection: { ...protection, cache } })
      expect(await neighbour.present('sentinel-token-0')).toBe('OK')
      expect(calls(issuer)).toHaveLength(11 + index)
    }
  },
)

verifies('INT-07', 'the shared cache keeps the results of issuers and endpoints apart', async (adapter) => {
  const cache = memoryCache()
  const open = (): Promise<ScriptedApi> => openScriptedApi(adapter, { introspection, protect: { cache } })
  const both = await Promise.all([open(), open()])
  for (const { issuer, present, seen } of both) {
    issuer.introspect = () => issuer.active({ sub: issuer.url })
    expect(await present('t')).toBe('OK')
    expect(seen()?.subject).toBe(issuer.url)
    expect(calls(issuer)).toHaveLength(1)
  }
  const [{ issuer }] = both
  issuer.routes['/other'] = json({ active: false })
  const other = protectionFor(issuer, { introspection: { client, endpoint: `${issuer.url}/other` } })
  expect(await (await openApi(adapter, { protection: { ...other, cache } })).present('t')).toBe('E-TOK')
  expect(cache.entries.size).toBe(3)
})

verifies(['INT-08', 'AUD-02'], 'every route validates a cached result for itself', async (adapter) => {
  const issuer = await openScriptedIssuer()
  const protection = { ...protectionFor(issuer), cache: memoryCache() }
  const present = async (...guards: Parameters<typeof openApi>[1]['guards'] & object): Promise<string> =>
    (await openApi(adapter, { protection, guards })).present('t')
  expect(await present(scopes('read'))).toBe('OK')
  expect(await present(scopes('write'))).toBe('E-SCOPE')
  expect(await present(audienceGuard('urn:other'))).toBe('E-TOK')
  expect(await present(claims(({ sub }) => sub === 'bob', 'not-bob'))).toBe('E-SCOPE')
  expect(calls(issuer)).toHaveLength(1)
})

verifies('INT-09', 'fifty simultaneous requests with one token share one call, and its failure', async (adapter) => {
  const api = await openScriptedApi(adapter, { introspection })
  const fifty = async (respond: Handler): Promise<ReadonlySet<number>> => {
    const release = holdResponses(api, respond)
    const all = statuses(api, 50)
    // These requests come after the fifty, so that the fifty have arrived when they are answered.
    for (let later = 0; later < 5; later += 1) {
      expect(await api.outcome({})).toBe('C0')
    }
    release()
    return new Set(await all)
  }
  expect(await fifty(json(api.issuer.active()))).toEqual(new Set([200]))
  expect(calls(api.issuer)).toHaveLength(1)
  api.advance(61)
  expect(await fifty(status(500))).toEqual(new Set([503]))
  expect(calls(api.issuer)).toHaveLength(2)
  api.issuer.routes['/introspect'] = json(api.issuer.active())
  expect(await api.present('t')).toBe('OK')
})

verifies('INT-09', 'a client that leaves does not end the call of the others', async (adapter) => {
  const api = await openScriptedApi(adapter, { introspection })
  const release = holdResponses(api, json(api.issuer.active()))
  const leaver = request(`${api.origin}/items`, { headers: { authorization: 'Bearer t' }, agent: false })
  leaver.on('error', () => undefined).end()
  await waitFor(() => calls(api.issuer).length === 1)
  const others = statuses(api, 49)
  leaver.destroy()
  await sleep(50)
  release()
  expect(new Set(await others)).toEqual(new Set([200]))
  expect(calls(api.issuer)).toHaveLength(1)
})

verifies('INT-09', 'two issuers of the same token are called once each', async (adapter) => {
  const open = (): Promise<ScriptedApi> => openScriptedApi(adapter, { introspection })
  const apis = await Promise.all([open(), open()])
  apis.forEach(({ issuer }) => (issuer.introspect = () => issuer.active({ sub: issuer.url })))
  const all = await Promise.all(apis.map((api) => statuses(api, 20)))
  expect(new Set(all.flat())).toEqual(new Set([200]))
  for (const { issuer, seen } of apis) {
    expect(calls(issuer)).toHaveLength(1)
    expect(seen()?.subject).toBe(issuer.url)
  }
})

verifies('INT-10', 'the members of a response are validated, new or cached', async (adapter) => {
  const api = await openScriptedApi(adapter, { introspection })
  const cases: readonly (readonly [string, Record<string, unknown>])[] = [
    ['OK', {}],
    ['OK', { aud: ['urn:x', audience], iss: undefined, exp: undefined, token_type: undefined }],
    ['OK', { iss: null, exp: null, nbf: null, token_type: null, sub: null, scope: 'read' }],
    ['OK', { token_type: 'bearer' }],
    ['OK', { token_type: 'access_token', typ: 'Bearer', token_use: 'access_token' }],
    ['OK', { exp: T0 + 0.5 }],
    ['OK', { exp: 1e18, nbf: T0 - 1 }],
    ['E-TOK', { aud: 'https://other.example' }],
    ['E-TOK', { aud: [] }],
    ['E-TOK', { aud: '' }],
    ['E-TOK', { aud: `${audience}/` }],
    ['E-TOK', { aud: undefined }],
    ['E-TOK', { aud: null }],
    ['E-TOK', { iss: 'https://other.example' }],
    ['OK', { iss: '' }],
    ['E-TOK', { exp: T0 - 5 }],
    ['E-TOK', { exp: 0 }],
    ['E-TOK', { nbf: T0 + 6 }],
    ['E-TOK', { token_type: 'refresh_token' }],
    ['E-TOK', { token_type: 'N_A' }],
    ['OK', { token_type: '' }],
    ['OK', { nonce: '', at_hash: null, events: [] }],
    ['E-TOK', { token_use: 'refresh_token' }],
    ['E-TOK', { typ: 'Refresh' }],
    ['E-TOK', { token_use: 'id' }],
    ['E-TOK', { cnf: { jkt: 'x' } }],
    ['E-TOK', { cnf: null }],
    ['E-TOK', { token_type: 'DPoP' }],
    ['E-SCOPE', { scope: 'write' }],
    ['E-SCOPE', { scope: ['read'] }],
    ['E-SCOPE', { scope: null }],
    ['502', { exp: 'soon' }],
    ['502', { exp: String(T0 + 300) }],
    ['502', { nbf: true }],
    ['502', { iat: {} }],
    ['502', { aud: 7 }],
    ['502', { aud: [audience, 7] }],
    ['502', { sub: 7 }],
    ['502', { iss: [] }],
    ['502', { client_id: {} }],
    ['502', { token_type: 1 }],
    ['502', { username: false }],
  ]
  for (const [index, [outcome, changes]] of cases.entries()) {
    api.issuer.introspect = () => api.issuer.active(changes)
    expect(await api.present(`t-${index}`), JSON.stringify(changes)).toBe(outcome)
    expect(await api.present(`t-${index}`), `${JSON.stringify(changes)}, again`).toBe(outcome)
  }
})

verifies('INT-10', "a response without `aud` is accepted only with `missingAudience: 'trust'`", async (adapter) => {
  const trusting = { missingAudience: 'trust' } as const
  const { issuer, present, seen } = await openScriptedApi(adapter, { introspection: trusting })
  issuer.introspect = (token) => issuer.active({ aud: token === 'none' ? undefined : 'https://other.example' })
  expect(await present('none')).toBe('OK')
  expect(seen()?.audience).toEqual([])
  expect(await present('other')).toBe('E-TOK')
  const guarded = await openScriptedApi(adapter, { introspection: trusting, guards: [audienceGuard(audience)] })
  guarded.issuer.introspect = () => guarded.issuer.active({ aud: undefined })
  expect(await guarded.present('none')).toBe('E-TOK')
})

verifies('INT-11', 'the endpoint must use TLS, configured or discovered', async (adapter) => {
  for (const endpoint of ['http://as.example/i', 'https://u:p@as.example/i', 'ftp://as.example', 'as.example', '', 7]) {
    const options = { introspection: { client, endpoint: endpoint as string } }
    expect(() => trustedIssuer('https://as.example', options), String(endpoint)).toThrow(invalidOption)
  }
  const { issuer, present } = await openScriptedApi(adapter, { introspection })
  issuer.routes['/.well-known/oauth-authorization-server'] = json({
    issuer: issuer.url,
    introspection_endpoint: 'http://as.example/introspect',
    jwks_uri: `${issuer.url}/jwks`,
  })
  expect(await present('t')).toBe('502')
})

verifies('INT-11', 'a server with an untrusted certificate receives no token', async (adapter) => {
  let received = 0
  const impostor = createServer(await certificate('127.0.0.1'), (_request, response) => {
    received += 1
    response.end('{"active":true}')
  })
  const url = (await listen(impostor)).replace('http:', 'https:')
  const issuer = trustedIssuer(url, { introspection: { client, endpoint: `${url}/introspect` } })
  expect(await (await openApi(adapter, { protection: { issuer, audience } })).present('t')).toBe('E-UP')
  expect(received).toBe(0)
})

verifies('INT-12', 'a revocation counts when the cached result has expired, or is evicted', async (adapter) => {
  const issuer = await openScriptedIssuer()
  let now = T0
  const validator = createValidator({ ...protectionFor(issuer), clock: () => now * 1000 })
  const { present } = await openApi(adapter, { protection: validator })
  expect([await present('t'), await present('u')]).toEqual(['OK', 'OK'])
  issuer.introspect = () => ({ active: false })
  now += 47
  expect([await present('t'), await present('u')]).toEqual(['OK', 'OK'])
  await validator.evict('t')
  expect([await present('t'), await present('u')]).toEqual(['E-TOK', 'OK'])
  now += 13
  expect(await present('u')).toBe('E-TOK')
})

verifies('INT-13', 'a shared entry that the validator did not write is a miss', async (adapter) => {
  const cache = memoryCache()
  const issuer = await openScriptedIssuer()
  const present = async (token: string): Promise<string> =>
    (await openApi(adapter, { protection: { ...protectionFor(issuer), cache } })).present(token)
  issuer.introspect = (token) => issuer.active({ active: token === 'good' })
  expect(await present('good')).toBe('OK')
  const [[goodKey, good] = ['', '']] = cache.entries
  cache.entries.clear()
  expect(await present('bad')).toBe('E-TOK')
  const [key = ''] = cache.entries.keys()
  const entry = { ...(JSON.parse(good) as object), key }
  const forgeries = [
    '',
    '{}',
    'null',
    '[]',
    'true',
    '{',
    good,
    good.slice(0, -1),
    ' '.repeat(2 ** 20),
    ...[{ version: 0 }, { version: '2' }, { introspectedAt: 'now' }, { response: null }].map(forge),
    ...[(T0 + 3600) * 1000, (T0 - 3600) * 1000].map((introspectedAt) => forge({ introspectedAt })),
    forge({ response: { active: 'true' } }),
    forge({ response: issuer.active({ exp: 'never' }) }),
  ]
  function forge(changes: object): string {
    return JSON.stringify({ ...entry, ...changes })
  }
  for (const forgery of forgeries) {
    cache.entries.set(key, forgery)
    const before = calls(issuer).length
    expect(await present('bad'), forgery).toBe('E-TOK')
    expect(calls(issuer).length - before, forgery).toBe(1)
  }
  // The original entry is a hit, so that each forgery was a miss because of its fault.
  cache.entries.set(goodKey, good)
  const before = calls(issuer).length
  expect(await present('good')).toBe('OK')
  expect(calls(issuer)).toHaveLength(before)
})
