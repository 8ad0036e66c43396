import { createValidator, defineGuard, Refusal, scopes, Unavailable } from '@tollgate/core'
import { describe, expect, test } from 'vitest'
import { frameworks } from '../harness/adapters.ts'
import { mistake } from '../harness/adapters/adapter.ts'
import { audience, openIssuer, openReference, T0 } from '../harness/reference.ts'
import type { Sent } from '../harness/send.ts'
import { verifies } from '../harness/verifies.ts'

const missingScope =
  'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="read"'

function presenting(token: string, sent: Sent = {}): Sent {
  return { ...sent, headers: [['Authorization', `Bearer ${token}`], ...(sent.headers ?? [])] }
}

verifies('APP-METHODS', 'every method is authenticated, HEAD and OPTIONS too', async (adapter) => {
  const api = await openReference(adapter)
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    const { status, challenges } = await api.send({ method })
    expect([status, challenges], method).toEqual([401, ['Bearer realm="api", scope="read"']])
    const body = ['POST', 'PUT', 'PATCH'].includes(method) ? { body: '' } : {}
    expect(await api.outcome(presenting(await api.token(), { method, ...body })), method).toBe('OK')
  }
  const head = await api.send({ method: 'HEAD' })
  expect([head.body, head.headers['cache-control']]).toEqual(['', 'no-store'])
})

verifies('APP-MOUNTED', 'a mounted route is protected, and its guards see the whole path', async (adapter) => {
  const paths: string[] = []
  const recordPath = defineGuard({
    check: (_token, { request }) => {
      paths.push(new URL(request?.url ?? '', 'http://x').pathname)
      return 'pass'
    },
  })
  const api = await openReference(adapter, { guards: [scopes('read'), recordPath] })
  expect(await api.outcome({ path: '/mounted/items' })).toBe('C0')
  expect(await api.outcome(presenting(await api.token(), { path: '/mounted/items?x=1' }))).toBe('OK')
  expect(paths).toEqual(['/mounted/items'])
})

verifies(
  'APP-PROXY',
  'Host and forwarded headers have no effect, with and without a trusted proxy',
  async (adapter) => {
    const headers: Sent['headers'] = [
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
      const { status, challenges, body } = await api.send({ headers })
      expect([status, challenges, body]).toEqual([401, ['Bearer realm="api", scope="read"'], '{}'])
      expect(await api.outcome(presenting(await api.token(), { headers }))).toBe('OK')
      expect(await api.outcome(presenting(await api.token({ scope: '' }), { headers }))).toBe('E-SCOPE')
    }
  },
)

verifies('APP-ERRORS', 'an error of a handler goes to the error handling of the app', async (adapter) => {
  const api = await openReference(adapter)
  const { status, challenges } = await api.send(presenting(await api.token(), { path: '/failing' }))
  expect([status, challenges]).toEqual([500, []])
  expect((await api.send({ path: '/failing' })).status).toBe(401)
  const seen: unknown[] = []
  const own = await openReference(adapter, { onError: (error) => void seen.push(error) })
  expect((await own.send(presenting(await own.token(), { path: '/failing' }))).body).toBe('mine')
  expect(seen).toEqual([mistake])
})

verifies('APP-TWICE', 'two layers of protection accept the same requests as one', async (adapter) => {
  const api = await openReference(adapter)
  expect(await api.outcome(presenting(await api.token(), { path: '/twice' }))).toBe('OK')
  expect(await api.outcome(presenting(await api.token({ scope: '' }), { path: '/twice' }))).toBe('E-SCOPE')
  // The layer in front does not know the scopes, and NestJS has one layer. Therefore the challenges differ.
  const expired = { Authorization: `Bearer ${await api.issuer.wrongToken('expired')}` }
  expect((await fetch(`${api.origin}/twice`, { headers: expired })).status).toBe(401)
})

verifies('APP-INNER', 'a part of the app with its own audience validates the token again', async (adapter) => {
  const issuer = await openIssuer()
  const own = 'https://inner.example'
  const api = await openReference(adapter, {
    protect: issuer.validatorOptions,
    inner: { ...issuer.validatorOptions, audience: own, realm: 'inner' },
  })
  const path = '/inner/items'
  const token = (aud: string | readonly string[]): Promise<string> => issuer.accessToken({ aud, scope: 'read' })
  expect(await api.outcome(presenting(await token([audience, own]), { path }))).toBe('OK')
  expect(await api.outcome(presenting(await token(own), { path })), 'the outer audience is missing').toBe('E-TOK')
  const refused = await api.send(presenting(await token(audience), { path }))
  expect(refused.challenges[0]).toContain('realm="inner"')
  expect(await api.outcome(presenting(await token(audience)))).toBe('OK')
})

verifies('APP-THROW', "with errors: 'throw' the error handling of the app responds", async (adapter) => {
  const seen: unknown[] = []
  const onError = (error: unknown): void => void seen.push(error)
  const api = await openReference(adapter, { protect: { errors: 'throw' }, onError })
  const { status, body, challenges } = await api.send(presenting(await api.token({ scope: '' })))
  expect([status, body, challenges]).toEqual([403, 'mine', [missingScope]])
  expect(seen[0]).toBeInstanceOf(Refusal)
  const expected = { reason: 'missing-scope', status: 403, statusCode: 403, expose: true }
  expect(seen[0]).toMatchObject({ code: 'insufficient_scope', ...expected })

  const down = await openReference(adapter, {
    protect: { errors: 'throw', issuer: 'http://127.0.0.1:9', clock: () => T0 * 1000 },
    onError,
  })
  const unavailable = await down.send(presenting(await down.token({ iss: 'http://127.0.0.1:9' })))
  expect([unavailable.status, unavailable.challenges]).toEqual([503, []])
  expect(Number(unavailable.headers['retry-after'])).toBeGreaterThan(0)
  expect(seen[1]).toBeInstanceOf(Unavailable)
  expect(seen[1]).toMatchObject({ reason: 'network', status: 503, expose: false })
})

describe.each(frameworks)('$name', (adapter) => {
  test('protect.auth() on an unguarded route is a failure', async () => {
    const api = await openReference(adapter)
    for (const sent of [{ path: '/unguarded' }, presenting(await api.token(), { path: '/unguarded' })]) {
      expect(await api.outcome(sent)).toBe('500')
    }
  })

  test("with errors: 'throw' the default error handling of the framework sends status and challenge", async () => {
    const api = await openReference(adapter, { protect: { errors: 'throw' } })
    const { status, challenges, headers, body } = await api.send(presenting(await api.token({ scope: '' })))
    expect([status, challenges, headers['cache-control']]).toEqual([403, [missingScope], 'no-store'])
    expect(body).not.toMatch(/missing-scope|reason|claimPaths/)
    const url = 'http://127.0.0.1:9'
    const down = await openReference(adapter, { protect: { errors: 'throw', issuer: url, clock: () => T0 * 1000 } })
    const unavailable = await down.send(presenting(await down.token({ iss: url })))
    expect([unavailable.status, unavailable.challenges]).toEqual([503, []])
    expect(Number(unavailable.headers['retry-after'])).toBeGreaterThan(0)
  })

  test("with preflights: 'skip' a CORS layer behind answers preflights, and other requests are authenticated", async () => {
    const api = await openReference(adapter, { protect: { preflights: 'skip' }, habits: ['cors behind'] })
    const origin = ['Origin', 'https://app.example'] as const
    const requested = ['Access-Control-Request-Method', 'GET'] as const
    const answered = await api.send({ method: 'OPTIONS', headers: [origin, requested] })
    expect([answered.status, answered.headers['access-control-allow-methods']]).toEqual([204, expect.any(String)])
    for (const sent of [
      { method: 'OPTIONS' },
      { method: 'OPTIONS', headers: [origin] },
      { method: 'OPTIONS', headers: [requested] },
      { method: 'GET', headers: [origin, requested] },
      { method: 'POST', headers: [origin, requested] },
    ]) {
      expect(await api.outcome(sent), JSON.stringify(sent)).toBe('C0')
    }
  })

  test('a refusal leaves the headers and the challenge of the app in place', async () => {
    const api = await openReference(adapter, { habits: ['own challenge'] })
    const { headers, challenges } = await api.send({})
    expect(headers['x-own']).toBe('set before')
    // The web `Headers` of Hono put both into one line, which is the same (RFC 9110 §11.6.1).
    expect(challenges.join(', ')).toBe('Basic realm="staging", Bearer realm="api", scope="read"')
  })

  test('several layers of protection authenticate a request once', async () => {
    const issuer = await openIssuer()
    const validator = createValidator(issuer.validatorOptions)
    let count = 0
    const counting: typeof validator = {
      ...validator,
      authenticateOptional: (request) => {
        count += 1
        return validator.authenticateOptional(request)
      },
    }
    const api = await openReference(adapter, { protect: counting })
    const token = await issuer.accessToken({ scope: 'read' })
    expect(await api.outcome(presenting(token, { path: '/twice' }))).toBe('OK')
    expect(count).toBe(1)
  })

  test.each(['authorize', 'authenticateOptional'] as const)(
    'a wrapper around validator.%s decides, also for a known token',
    async (name) => {
      const issuer = await openIssuer()
      const validator = createValidator(issuer.validatorOptions)
      const token = await issuer.accessToken({ scope: 'read' })
      const original = await openReference(adapter, { protect: validator })
      const refuse = () => Promise.reject(new Refusal({ reason: 'of-the-wrapper' }))
      const wrapped = await openReference(adapter, { protect: { ...validator, [name]: refuse } })
      for (let round = 0; round < 3; round += 1) {
        expect(await original.present(token)).toBe('OK')
        expect(await wrapped.present(token)).toBe('E-SCOPE')
      }
    },
  )
})
