import { request } from 'node:http'
import { createServer } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { bearerToken, clientSecretBasic, clientSecretPost, createValidator, trustedIssuer } from '@tollgate/core'
import { audience as audienceGuard, claims, scopes } from '@tollgate/express'
import { expect } from 'vitest'
import { listen, openApi } from '../harness/api.ts'
import { client, type Introspecting, openIntrospecting, openIntrospector } from '../harness/introspecting.ts'
import { audience, T0 } from '../harness/reference.ts'
import { certificate } from '../harness/certificates.ts'
import { memoryCache } from '../harness/memory-cache.ts'
import { json, status } from '../harness/upstream.ts'
import { verifies } from '../harness/verifies.ts'
import { until } from '../harness/until.ts'

const invalidOption = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })

verifies('INT-01', 'the question is a form with the token and a hint, and nothing else', async (adapter) => {
  const api = await openIntrospecting(adapter)
  const token = 'a+b/c~d-e_f.g=='
  expect(await api.present(token)).toBe('OK')
  const [asked] = api.server.asked
  expect(asked).toMatchObject({
    method: 'POST',
    url: '/introspect',
    body: 'token=a%2Bb%2Fc%7Ed-e_f.g%3D%3D&token_type_hint=access_token',
  })
  expect(asked?.headers).toMatchObject({
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  })
  expect(asked?.form.getAll('token')).toEqual([token])
  expect(api.seen()).toMatchObject({ kind: 'opaque', issuer: api.server.url, subject: 'alice', clientId: 'app' })
})

verifies('INT-02', 'id and secret are form-encoded before they are put into the header', async (adapter) => {
  const api = await openIntrospecting(adapter, {
    introspection: { client: clientSecretBasic('a:b', 'p@ss w%rd+ü') },
  })
  expect(await api.present('t')).toBe('OK')
  expect(api.server.asked[0]?.headers.authorization).toBe('Basic YSUzQWI6cCU0MHNzK3clMjVyZCUyQiVDMyVCQw==')
})

verifies('INT-02', 'without credentials there is no introspection', async (adapter) => {
  for (const nobody of [undefined, null, {}, 'api:secret', { method: 'client_secret_basic', clientId: 'api' }]) {
    const introspection = { client: nobody } as unknown as { client: typeof client }
    expect(() => trustedIssuer('https://as.example', { introspection })).toThrow(invalidOption)
    await expect(async () =>
      adapter.create({ issuer: trustedIssuer('https://as.example', { introspection }), audience }),
    ).rejects.toThrow(invalidOption)
  }
})

verifies(['INT-03', 'INT-04'], 'only `true` is true, and what is no boolean is no verdict', async (adapter) => {
  const api = await openIntrospecting(adapter)
  const values = ['true', 'false', 1, 0, null, {}, [true], [], undefined]
  for (const [index, active] of values.entries()) {
    api.server.answer = () => api.server.active({ active })
    const token = `t-${index}`
    expect(await api.present(token), JSON.stringify(active)).toBe('502')
    api.server.answer = () => api.server.active()
    expect(await api.present(token), 'nothing is remembered').toBe('OK')
  }
  api.server.answer = () => ({ active: false, ...api.server.active({ active: false }) })
  expect(await api.present('inactive')).toBe('E-TOK')
})

verifies('INT-03', 'a repeated `active` is no verdict', async (adapter) => {
  const api = await openIntrospecting(adapter)
  const rest = JSON.stringify(api.server.active()).slice(1)
  for (const text of [`{"active":false,${rest}`, `{"active":true,${rest}`, `{"activ\\u0065":true,${rest}`]) {
    api.server.misbehave = (_request, response) => response.end(text)
    expect(await api.present('t'), text).toBe('502')
  }
})

verifies('INT-05', 'an answer that is remembered is dead with its `exp`', async (adapter) => {
  const api = await openIntrospecting(adapter, { protect: { clockTolerance: '0s' } })
  api.server.answer = () => api.server.active({ exp: T0 + 20 })
  expect(await api.present('t')).toBe('OK')
  api.advance(19)
  expect(await api.present('t')).toBe('OK')
  api.advance(1)
  expect(await api.present('t')).toBe('E-TOK')
  expect(api.server.asked).toHaveLength(1)
})

verifies('INT-06', 'an active answer counts for 60 s, an inactive one for 10 s', async (adapter) => {
  const api = await openIntrospecting(adapter)
  const asks = async (token: string): Promise<boolean> => {
    const before = api.server.asked.length
    await api.present(token)
    return api.server.asked.length > before
  }
  api.server.answer = (token) => (token === 'good' ? api.server.active({ exp: undefined }) : { active: false })
  expect([await asks('good'), await asks('bad')]).toEqual([true, true])
  api.advance(9.999)
  expect([await asks('good'), await asks('bad')]).toEqual([false, false])
  api.advance(0.001)
  expect([await asks('good'), await asks('bad')]).toEqual([false, true])
  // Not used between 48 s and 60 s, it is not asked about ahead of time either.
  api.advance(50)
  expect([await asks('good'), await asks('bad')]).toEqual([true, true])
})

verifies('INT-06', 'the times can be shortened, to nothing, and not be stretched', async (adapter) => {
  const api = await openIntrospecting(adapter, { introspection: { cacheFor: '0s' } })
  api.server.answer = (token) => (token === 'good' ? api.server.active() : { active: false })
  for (const token of ['good', 'good', 'bad', 'bad']) {
    await api.present(token)
  }
  expect(api.server.asked).toHaveLength(4)

  const long = await openIntrospecting(adapter, { introspection: { cacheFor: '300s', cacheInactiveFor: '30s' } })
  long.server.answer = (token) => (token === 'good' ? long.server.active({ exp: T0 + 1e6 }) : { active: false })
  await long.present('good')
  await long.present('bad')
  long.advance(29)
  await long.present('bad')
  long.advance(210)
  await long.present('good')
  expect(long.server.asked).toHaveLength(2)
  for (const wrong of [{ cacheFor: '301s' }, { cacheInactiveFor: '31s' }, { cacheFor: 60 }, { timeout: '31s' }]) {
    const introspection = { client, ...(wrong as object) }
    expect(() => trustedIssuer('https://as.example', { introspection }), JSON.stringify(wrong)).toThrow(invalidOption)
  }
})

verifies('INT-07', 'no store holds a token, and who asks is part of the key', async (adapter) => {
  const cache = memoryCache()
  const api = await openIntrospecting(adapter, { protect: { cache } })
  const tokens = Array.from({ length: 10 }, (_, index) => `sentinel-token-${index}`)
  for (const token of tokens) {
    expect(await api.present(token)).toBe('OK')
  }
  expect(cache.entries.size).toBe(10)
  expect(inspect([...cache.entries], { depth: 9 })).not.toContain('sentinel')

  const asked = api.server.asked.length
  const others = [clientSecretBasic('another', 'secret'), clientSecretPost('api', 'secret'), bearerToken('token')]
  for (const [index, other] of others.entries()) {
    const issuer = trustedIssuer(api.server.url, { introspection: { client: other } })
    const neighbour = await openApi(adapter, { protection: { issuer, audience, cache, clock: () => T0 * 1000 } })
    expect(await neighbour.present('sentinel-token-0')).toBe('OK')
    expect(api.server.asked.length - asked, String(index)).toBe(index + 1)
  }
  const before = api.server.asked.length
  const issuer = trustedIssuer(api.server.url, { introspection: { client } })
  const elsewhere = await openApi(adapter, {
    protection: { issuer, audience: [audience, 'urn:x'], cache, clock: () => T0 * 1000 },
  })
  expect(await elsewhere.present('sentinel-token-0')).toBe('OK')
  expect(api.server.asked.length - before, 'and so is for whom').toBe(1)
})

verifies(
  'INT-07',
  'behind one store nobody gets the answer of another issuer, or of another endpoint',
  async (adapter) => {
    const cache = memoryCache()
    const both = await Promise.all([
      openIntrospecting(adapter, { protect: { cache } }),
      openIntrospecting(adapter, { protect: { cache } }),
    ])
    for (const [index, { server }] of both.entries()) {
      server.answer = () => server.active({ sub: `subject-of-${index}` })
    }
    for (const [index, { present, seen, server }] of both.entries()) {
      expect(await present('t')).toBe('OK')
      expect(seen()?.subject).toBe(`subject-of-${index}`)
      expect(server.asked).toHaveLength(1)
    }
    const [{ server }] = both
    server.upstream.routes['/other'] = json({ active: false })
    const introspection = { client, endpoint: `${server.url}/other` }
    const issuer = trustedIssuer(server.url, { introspection })
    const other = await openApi(adapter, { protection: { issuer, audience, cache, clock: () => T0 * 1000 } })
    expect(await other.present('t')).toBe('E-TOK')
    expect(cache.entries.size).toBe(3)
  },
)

verifies(['INT-08', 'AUD-02'], 'a remembered verdict is judged by every route for itself', async (adapter) => {
  const server = await openIntrospector()
  const protection = {
    issuer: trustedIssuer(server.url, { introspection: { client } }),
    clock: () => T0 * 1000,
    audience,
  }
  const cache = memoryCache()
  const open = async (guards: Parameters<typeof openApi>[1]['guards']): Promise<Introspecting['present']> =>
    (await openApi(adapter, { protection: { ...protection, cache }, ...(guards && { guards }) })).present
  const reading = await open([scopes('read')])
  expect(await reading('t')).toBe('OK')
  expect(await reading('t')).toBe('OK')
  expect(await (await open([scopes('write')]))('t')).toBe('E-SCOPE')
  expect(await (await open([audienceGuard('urn:other')]))('t')).toBe('E-TOK')
  expect(await (await open([claims(({ sub }) => sub === 'bob', 'not-bob')]))('t')).toBe('E-SCOPE')
  expect(server.asked).toHaveLength(1)
})

verifies(
  'INT-09',
  'fifty who ask at once about one token are one question; failures are not shared beyond it',
  async (adapter) => {
    const api = await openIntrospecting(adapter)
    // Long enough for fifty to have come meanwhile, on a slow machine too.
    const late = 500
    api.server.misbehave = (_request, response) =>
      void setTimeout(() => json(api.server.active())(_request, response), late)
    const fifty = (): Promise<readonly number[]> =>
      Promise.all(
        Array.from({ length: 50 }, async () => (await api.send({ headers: [['Authorization', 'Bearer t']] })).status),
      )
    expect(new Set(await fifty())).toEqual(new Set([200]))
    expect(api.server.asked).toHaveLength(1)

    api.advance(61)
    api.server.misbehave = (_request, response) => void setTimeout(() => status(500)(_request, response), late)
    expect(new Set(await fifty())).toEqual(new Set([503]))
    expect(api.server.asked).toHaveLength(2)
    api.server.misbehave = undefined
    expect(await api.present('t')).toBe('OK')
  },
)

verifies('INT-09', 'who leaves takes nobody along, not even who asked first', async (adapter) => {
  const api = await openIntrospecting(adapter)
  const waiting: (() => void)[] = []
  api.server.misbehave = (asked, response) => waiting.push(() => json(api.server.active())(asked, response))
  const leaver = request(`${api.origin}/items`, { headers: { authorization: 'Bearer t' }, agent: false })
  leaver.on('error', () => undefined).end()
  await until(() => waiting.length === 1)
  const others = Array.from({ length: 49 }, () => api.send({ headers: [['Authorization', 'Bearer t']] }))
  leaver.destroy()
  await sleep(50)
  waiting.forEach((answer) => answer())
  expect(new Set((await Promise.all(others)).map((answer) => answer.status))).toEqual(new Set([200]))
  expect(api.server.asked).toHaveLength(1)
})

verifies('INT-09', 'two issuers that gave out the same token are asked each for its own', async (adapter) => {
  const apis = await Promise.all([openIntrospecting(adapter), openIntrospecting(adapter)])
  for (const [index, { server }] of apis.entries()) {
    server.answer = () => server.active({ sub: `subject-of-${index}` })
  }
  const answers = await Promise.all(
    apis.flatMap((api) => Array.from({ length: 20 }, () => api.send({ headers: [['Authorization', 'Bearer t']] }))),
  )
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
  for (const [index, { server, seen }] of apis.entries()) {
    expect(server.asked).toHaveLength(1)
    expect(seen()?.subject).toBe(`subject-of-${index}`)
  }
})

verifies('INT-10', 'what the answer says is judged, and that it says for whom the token is', async (adapter) => {
  const api = await openIntrospecting(adapter)
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
    ['E-TOK', { iss: '' }],
    ['E-TOK', { exp: T0 - 5 }],
    ['E-TOK', { exp: 0 }],
    ['E-TOK', { nbf: T0 + 6 }],
    ['E-TOK', { token_type: 'refresh_token' }],
    ['E-TOK', { token_type: 'N_A' }],
    ['E-TOK', { token_type: '' }],
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
    api.server.answer = () => api.server.active(changes)
    expect(await api.present(`t-${index}`), JSON.stringify(changes)).toBe(outcome)
    const again = outcome === '502' ? '502' : outcome
    expect(await api.present(`t-${index}`), `${JSON.stringify(changes)}, once more`).toBe(again)
  }
})

verifies('INT-10', 'only where the issuer is trusted in that, an answer without `aud` will do', async (adapter) => {
  const api = await openIntrospecting(adapter, { introspection: { missingAudience: 'trust' } })
  api.server.answer = (token) => api.server.active({ aud: token === 'none' ? undefined : 'https://other.example' })
  expect(await api.present('none')).toBe('OK')
  expect(api.seen()?.audience).toEqual([])
  expect(await api.present('other')).toBe('E-TOK')
  const strict = await openIntrospecting(adapter, {
    introspection: { missingAudience: 'trust' },
    guards: [audienceGuard(audience)],
  })
  strict.server.answer = () => strict.server.active({ aud: undefined })
  expect(await strict.present('none')).toBe('E-TOK')
})

verifies('INT-11', 'the endpoint is on TLS, and so is one that is found', async (adapter) => {
  for (const endpoint of ['http://as.example/i', 'https://u:p@as.example/i', 'ftp://as.example', 'as.example', '', 7]) {
    const introspection = { client, endpoint: endpoint as string }
    expect(() => trustedIssuer('https://as.example', { introspection }), String(endpoint)).toThrow(invalidOption)
  }
  const api = await openIntrospecting(adapter)
  api.server.upstream.routes['/.well-known/oauth-authorization-server'] = json({
    issuer: api.server.url,
    introspection_endpoint: 'http://as.example/introspect',
    jwks_uri: `${api.server.url}/jwks`,
  })
  expect(await api.present('t')).toBe('502')
})

verifies('INT-11', 'a certificate that nobody vouches for is no answer, and sees no token', async (adapter) => {
  let asked = 0
  const impostor = createServer(await certificate('127.0.0.1'), (_request, response) => {
    asked += 1
    response.end('{"active":true}')
  })
  const url = (await listen(impostor)).replace('http:', 'https:')
  const introspection = { client, endpoint: `${url}/introspect` }
  const api = await openApi(adapter, { protection: { issuer: trustedIssuer(url, { introspection }), audience } })
  expect(await api.present('t')).toBe('E-UP')
  expect(asked).toBe(0)
})

verifies('INT-12', 'a revocation is seen when the verdict has run out', async (adapter) => {
  const api = await openIntrospecting(adapter)
  expect(await api.present('t')).toBe('OK')
  api.server.answer = () => ({ active: false })
  api.advance(47)
  expect(await api.present('t')).toBe('OK')
  api.advance(13)
  expect(await api.present('t')).toBe('E-TOK')
})

verifies('INT-12', 'an eviction is seen by the next request', async (adapter) => {
  const server = await openIntrospector()
  const issuer = trustedIssuer(server.url, { introspection: { client } })
  const validator = createValidator({ issuer, audience, clock: () => T0 * 1000 })
  const api = await openApi(adapter, { protection: validator })
  expect(await api.present('t')).toBe('OK')
  server.answer = () => ({ active: false })
  expect(await api.present('t')).toBe('OK')
  await validator.evict('t')
  expect(await api.present('t')).toBe('E-TOK')
})

verifies('INT-13', 'what was tampered with in a shared store is a miss', async (adapter) => {
  const cache = memoryCache()
  const server = await openIntrospector()
  const open = (): Promise<{ present: Introspecting['present'] }> =>
    openApi(adapter, {
      protection: {
        issuer: trustedIssuer(server.url, { introspection: { client } }),
        audience,
        cache,
        clock: () => T0 * 1000,
      },
    })
  server.answer = (token) => (token === 'good' ? server.active() : { active: false })
  expect(await (await open()).present('good')).toBe('OK')
  const [goodKey = ''] = cache.entries.keys()
  const good = cache.entries.get(goodKey) ?? ''
  cache.entries.clear()
  expect(await (await open()).present('bad')).toBe('E-TOK')
  const [badKey = ''] = cache.entries.keys()
  const entry = JSON.parse(good) as Record<string, unknown>
  const forgeries = [
    '',
    '{}',
    'null',
    '[]',
    'true',
    '{',
    good,
    JSON.stringify({ ...entry, key: badKey, version: 0 }),
    JSON.stringify({ ...entry, key: badKey, version: '1' }),
    JSON.stringify({ ...entry, key: badKey, askedAt: (T0 + 3600) * 1000 }),
    JSON.stringify({ ...entry, key: badKey, askedAt: (T0 - 3600) * 1000 }),
    JSON.stringify({ ...entry, key: badKey, askedAt: 'now' }),
    JSON.stringify({ ...entry, key: badKey, document: { active: 'true' } }),
    JSON.stringify({ ...entry, key: badKey, document: null }),
    JSON.stringify({ ...entry, key: badKey, document: { ...server.active(), exp: 'never' } }),
  ]
  for (const forgery of forgeries) {
    cache.entries.set(badKey, forgery)
    const asked = server.asked.length
    expect(await (await open()).present('bad'), forgery).toBe('E-TOK')
    expect(server.asked.length - asked, forgery).toBe(1)
  }
  // What is exactly ours is a hit, which shows that the others were misses for their faults.
  cache.entries.set(goodKey, good)
  const asked = server.asked.length
  expect(await (await open()).present('good')).toBe('OK')
  expect(server.asked.length - asked).toBe(0)
})
