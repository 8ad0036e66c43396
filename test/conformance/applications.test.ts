import { createValidator, defineGuard, Refusal, scopes, Unavailable } from '@tollgate/core'
import { describe, expect, test } from 'vitest'
import { frameworks } from '../harness/adapters.ts'
import { mistake } from '../harness/adapters/adapter.ts'
import { audience, openIssuer, openReference, T0 } from '../harness/reference.ts'
import type { Sent } from '../harness/send.ts'
import { verifies } from '../harness/verifies.ts'

function presenting(token: string, sent: Sent = {}): Sent {
  return { ...sent, headers: [['Authorization', `Bearer ${token}`], ...(sent.headers ?? [])] }
}

const preflight: Sent = {
  method: 'OPTIONS',
  headers: [
    ['Origin', 'https://app.example'],
    ['Access-Control-Request-Method', 'GET'],
  ],
}

verifies('APP-METHODS', 'every method is judged, HEAD and OPTIONS too', async (adapter) => {
  const api = await openReference(adapter)
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    const without = await api.send({ method })
    expect([without.status, without.challenges], method).toEqual([401, ['Bearer realm="api", scope="read"']])
    const body = ['POST', 'PUT', 'PATCH'].includes(method) ? { body: '' } : {}
    expect(await api.outcome(presenting(await api.token(), { method, ...body })), method).toBe('OK')
  }
  const head = await api.send({ method: 'HEAD' })
  expect([head.body, head.headers['cache-control']]).toEqual(['', 'no-store'])
})

verifies('APP-MOUNTED', 'what is mounted is protected, and guards see the whole path', async (adapter) => {
  const urls: string[] = []
  const look = defineGuard({
    check: (_token, { request }) => void urls.push(new URL(request.url, 'http://x').pathname),
  })
  const api = await openReference(adapter, { guards: [scopes('read'), look] })
  expect(await api.outcome({ path: '/mounted/items' })).toBe('C0')
  expect(await api.outcome(presenting(await api.token(), { path: '/mounted/items?x=1' }))).toBe('OK')
  expect(urls).toEqual(['/mounted/items'])
})

verifies('APP-PROXY', 'neither Host nor forwarded headers change anything, trusted or not', async (adapter) => {
  const forwarded: Sent['headers'] = [
    ['Host', 'evil.example'],
    ['X-Forwarded-Host', 'evil.example'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-For', '127.0.0.1'],
    ['Forwarded', 'host=evil.example;proto=https'],
    ['X-Original-URL', '/public'],
    ['X-HTTP-Method-Override', 'GET'],
  ]
  for (const habits of [[], ['trust proxy']] as const) {
    const api = await openReference(adapter, { habits })
    const plain = await api.send({})
    const proxied = await api.send({ headers: forwarded })
    expect([proxied.status, proxied.challenges, proxied.body]).toEqual([plain.status, plain.challenges, plain.body])
    expect(proxied.challenges).toEqual(['Bearer realm="api", scope="read"'])
    expect(await api.outcome(presenting(await api.token(), { headers: forwarded }))).toBe('OK')
    expect(await api.outcome(presenting(await api.token({ scope: '' }), { headers: forwarded }))).toBe('E-SCOPE')
  }
})

verifies('APP-ERRORS', 'an error of a handler is the 500 of the app, and no refusal', async (adapter) => {
  const api = await openReference(adapter)
  const { status, challenges } = await api.send(presenting(await api.token(), { path: '/failing' }))
  expect([status, challenges]).toEqual([500, []])
  expect((await api.send({ path: '/failing' })).status, 'which the handler never sees').toBe(401)
  const seen: unknown[] = []
  const own = await openReference(adapter, { onError: (error) => void seen.push(error) })
  expect((await own.send(presenting(await own.token(), { path: '/failing' }))).body).toBe('mine')
  expect(seen).toEqual([mistake])
})

verifies('APP-TWICE', 'protection in several layers lets the same requests through', async (adapter) => {
  const api = await openReference(adapter)
  expect(await api.outcome(presenting(await api.token(), { path: '/twice' }))).toBe('OK')
  expect(await api.outcome(presenting(await api.token({ scope: '' }), { path: '/twice' }))).toBe('E-SCOPE')
  expect(await api.outcome(presenting(await api.issuer.wrongToken('expired'), { path: '/twice' }))).toBe('E-TOK')
})

verifies('APP-INNER', 'a part with another audience makes its own judgement, within the outer one', async (adapter) => {
  const issuer = await openIssuer()
  const own = 'https://inner.example'
  const api = await openReference(adapter, {
    protect: issuer.validatorOptions,
    inner: { ...issuer.validatorOptions, audience: own, realm: 'inner' },
  })
  const path = '/inner/items'
  const token = (aud: string | readonly string[]): Promise<string> => issuer.accessToken({ aud, scope: 'read' })
  expect(await api.outcome(presenting(await token([audience, own]), { path }))).toBe('OK')
  expect(await api.outcome(presenting(await token(own), { path })), 'not for the outer').toBe('E-TOK')
  const refused = await api.send(presenting(await token(audience), { path }))
  expect(refused.challenges[0]).toContain('realm="inner"')
  expect(await api.outcome(presenting(await token(audience)))).toBe('OK')
})

verifies('APP-THROW', 'the error handling of the app answers, and sees what it needs', async (adapter) => {
  const seen: unknown[] = []
  const api = await openReference(adapter, {
    protect: { errors: 'throw' },
    onError: (error) => void seen.push(error),
  })
  const received = await api.send(presenting(await api.token({ scope: '' })))
  expect([received.status, received.body]).toEqual([403, 'mine'])
  expect(received.challenges).toEqual([
    'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="read"',
  ])
  expect(seen[0]).toBeInstanceOf(Refusal)
  const expected = { reason: 'missing-scope', status: 403, statusCode: 403, expose: true }
  expect(seen[0]).toMatchObject({ code: 'insufficient_scope', ...expected })

  const lost = await openReference(adapter, {
    protect: { errors: 'throw', issuer: 'http://127.0.0.1:9', clock: () => T0 * 1000 },
    onError: (error) => void seen.push(error),
  })
  const unavailable = await lost.send(presenting(await lost.token({ iss: 'http://127.0.0.1:9' })))
  expect([unavailable.status, unavailable.challenges]).toEqual([503, []])
  expect(Number(unavailable.headers['retry-after'])).toBeGreaterThan(0)
  expect(seen[1]).toBeInstanceOf(Unavailable)
  expect(seen[1]).toMatchObject({ reason: 'network', status: 503, expose: false })
})

describe.each(frameworks)('$name', (adapter) => {
  test('who asks for a token that was never judged has made a mistake', async () => {
    const api = await openReference(adapter)
    for (const sent of [{ path: '/unguarded' }, presenting(await api.token(), { path: '/unguarded' })]) {
      expect(await api.outcome(sent)).toBe('500')
    }
  })

  test('several layers of protection judge the token once', async () => {
    const issuer = await openIssuer()
    const validator = createValidator(issuer.validatorOptions)
    let judged = 0
    const counting: typeof validator = {
      ...validator,
      authenticateOptional: (request) => {
        judged += 1
        return validator.authenticateOptional(request)
      },
    }
    const api = await openReference(adapter, { protect: counting })
    const token = await issuer.accessToken({ scope: 'read' })
    expect(await api.outcome(presenting(token, { path: '/twice' }))).toBe('OK')
    expect(judged).toBe(1)
  })

  test('with refusals thrown and no error handling of its own the framework answers with status and challenge', async () => {
    const api = await openReference(adapter, { protect: { errors: 'throw' } })
    const received = await api.send(presenting(await api.token({ scope: '' })))
    expect(received.status).toBe(403)
    expect(received.challenges).toEqual([
      'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="read"',
    ])
    expect(received.body).not.toMatch(/missing-scope|reason|claimPaths/)
  })

  test('a preflight passes if it is to, and nothing else does; a layer behind answers it', async () => {
    const api = await openReference(adapter, { protect: { preflights: 'skip' }, habits: ['cors behind'] })
    const answered = await api.send(preflight)
    expect([answered.status, answered.headers['access-control-allow-methods']]).toEqual([204, expect.any(String)])
    const [origin, asked] = preflight.headers ?? []
    for (const sent of [
      { method: 'OPTIONS' },
      { method: 'OPTIONS', headers: [origin ?? ['', '']] },
      { method: 'OPTIONS', headers: [asked ?? ['', '']] },
      { ...preflight, method: 'GET' },
      { ...preflight, method: 'POST' },
    ]) {
      expect(await api.outcome(sent), JSON.stringify(sent)).toBe('C0')
    }
  })

  test('headers that the app has set stay, its own challenge included', async () => {
    const api = await openReference(adapter, { habits: ['own challenge'] })
    const { headers, challenges } = await api.send({})
    expect(headers['x-own']).toBe('set before')
    expect(challenges).toEqual(['Basic realm="staging"', 'Bearer realm="api", scope="read"'])
  })
})
