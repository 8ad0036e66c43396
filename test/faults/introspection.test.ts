/** The responses of an API while its introspection endpoint misbehaves. */
import { createServer as createTcpServer } from 'node:net'
import { bearerToken, trustedIssuer } from '@tollgate/core'
import { Agent } from 'undici'
import { expect, onTestFinished } from 'vitest'
import { adapters } from '../harness/adapters.ts'
import { openApi } from '../harness/api.ts'
import { openTestClock } from '../harness/clock.ts'
import { audience } from '../harness/constants.ts'
import { listen } from '../harness/listen.ts'
import { misbehaviours, misbehavioursAtIntrospection, passDeadline } from '../harness/misbehaviour.ts'
import { type Handler, hang, json, status } from '../harness/responses.ts'
import { client, openScriptedApi } from '../harness/scripted-api.ts'
import { verifies } from '../harness/verifies.ts'

/** For effects that do not depend on the framework. */
const oneAdapter = adapters.filter(({ name }) => name === 'Request')

function error(code: number, name: string): Handler {
  return (_request, response) => {
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify({ error: name }))
  }
}

/** The codes of the warnings about configurations until the test ends. */
function catchWarnings(): readonly unknown[] {
  const codes: unknown[] = []
  const listener = ({ code }: Error & { code?: string }): void => {
    // The tests create validators while hanging requests of others are open.
    if (code !== 'TOLLGATE_CREATED_PER_REQUEST') {
      codes.push(code)
    }
  }
  process.on('warning', listener)
  onTestFinished(() => void process.off('warning', listener))
  return codes
}

verifies(['ERR-02', 'INT-04'], 'each fault of the endpoint has its status, and is not cached', async (adapter) => {
  const clock = openTestClock()
  const { issuer, present } = await openScriptedApi(adapter, { introspection: {}, protect: { clock: clock.now } })
  const good = json(issuer.active())
  expect(await present('cached')).toBe('OK')
  for (const [name, fault] of Object.entries({ ...misbehaviours, ...misbehavioursAtIntrospection })) {
    issuer.routes['/introspect'] = fault.act
    const token = Buffer.from(name).toString('base64url')
    const calls = issuer.count('/introspect')
    const response = present(token)
    await passDeadline(fault, clock, () => issuer.count('/introspect') > calls)
    expect(await response, `the endpoint ${name}`).toBe(fault.outcome)
    expect(await present('cached'), `the endpoint ${name}, and the result is cached`).toBe('OK')
    issuer.routes['/introspect'] = good
    expect(await present(token), `after the endpoint ${name}`).toBe('OK')
  }
  expect(issuer.count('/canary')).toBe(0)
})

/** Error responses that speak of the introspected token. */
const inactive: Readonly<Record<string, Handler>> = {
  '400 `unsupported_token_type`': error(400, 'unsupported_token_type'),
  '400 `invalid_token`': error(400, 'invalid_token'),
  '401 `invalid_token`': error(401, 'invalid_token'),
  '401 with a challenge of `invalid_token`': status(401, {
    'www-authenticate': 'Basic realm="api", Bearer realm="a \\"b\\"", error="invalid_token", error_description="x"',
  }),
  '400 with a challenge of `invalid_token`': status(400, { 'www-authenticate': 'Bearer error=invalid_token' }),
}

verifies('INT-04', 'an error response that speaks of the token is a result: the token is inactive', async (adapter) => {
  const warnings = catchWarnings()
  const clock = openTestClock()
  const { issuer, present } = await openScriptedApi(adapter, { introspection: {}, protect: { clock: clock.now } })
  const good = issuer.routes['/introspect'] ?? hang
  for (const [name, act] of Object.entries(inactive)) {
    issuer.routes['/introspect'] = act
    const calls = issuer.count('/introspect')
    for (const index of [0, 1, 2, 3, 4, 5, 0]) {
      expect(await present(`made-up-${calls}-${index}`), name).toBe('E-TOK')
    }
    expect(issuer.count('/introspect') - calls, name).toBe(6)
    issuer.routes['/introspect'] = good
    expect(await present(`good-${calls}`), name).toBe('OK')
  }
  expect(warnings).toEqual([])
})

verifies('INT-04', 'with a bearer token as credentials, `invalid_token` speaks of those', async (adapter) => {
  const { issuer, present } = await openScriptedApi(adapter, {
    introspection: { client: bearerToken('our-own-token') },
  })
  for (const [name, act] of Object.entries(inactive)) {
    issuer.routes['/introspect'] = act
    const isAboutToken = name.includes('unsupported')
    expect(await present(Buffer.from(name).toString('base64url')), name).toBe(isAboutToken ? 'E-TOK' : '500')
  }
})

verifies(
  'ERR-02',
  'a 401 whose body is too long, incomplete, no JSON, or of another encoding refuses the credentials',
  async (adapter) => {
    const { issuer, present } = await openScriptedApi(adapter, { introspection: {} })
    const bodies: Readonly<Record<string, Handler>> = {
      long: (_request, response) => response.writeHead(401).end(' '.repeat(70_000)),
      page: (_request, response) => response.writeHead(401).end('<h1>error="invalid_token"</h1>'),
      encoded: (_request, response) => response.writeHead(401, { 'content-encoding': 'gzip' }).end('{}'),
      incomplete: ({ socket }) => void socket.end('HTTP/1.1 401 No\r\ncontent-length: 40\r\n\r\n{"error":'),
      realm: status(401, { 'www-authenticate': 'Bearer realm="error=\\"invalid_token\\""' }),
      another: status(401, { 'www-authenticate': 'Bearer error="invalid_token_x", x_error="invalid_token"' }),
    }
    for (const [name, act] of Object.entries(bodies)) {
      issuer.routes['/introspect'] = act
      expect(await present(name), name).toBe('500')
      // A success closes the circuit.
      issuer.routes['/introspect'] = json(issuer.active())
      expect(await present(`${name}-good`), name).toBe('OK')
    }
  },
  oneAdapter,
)

verifies('ERR-02', 'an endpoint that cannot be reached is 503', async (adapter) => {
  for (const endpoint of ['http://127.0.0.1:1/introspect', 'https://no-such-host.invalid/introspect']) {
    const issuer = trustedIssuer('https://as.example', { introspection: { client, endpoint } })
    const api = await openApi(adapter, { protection: { issuer, audience } })
    expect(await api.present('t'), endpoint).toBe('E-UP')
  }
})

verifies('ERR-02', 'the Retry-After of the endpoint is passed on within bounds', async (adapter) => {
  const { issuer, send } = await openScriptedApi(adapter, { introspection: {} })
  const retryAfter = async (value: string): Promise<string | undefined> => {
    issuer.routes['/introspect'] = status(503, { 'retry-after': value })
    return (await send({ headers: [['Authorization', 'Bearer t']] })).headers['retry-after']
  }
  expect(await retryAfter('7')).toBe('7')
  expect(await retryAfter('0')).toBe('1')
  expect(await retryAfter('86400')).toBe('120')
  expect(await retryAfter('soon')).toBe('1')
})

verifies(
  'ERR-02',
  'an endpoint that hangs is 503 after the default deadline of 3 s, in real time',
  async (adapter) => {
    const { issuer, present } = await openScriptedApi(adapter, { introspection: {} })
    issuer.routes['/introspect'] = hang
    const startedAt = performance.now()
    expect(await present('t')).toBe('E-UP')
    expect(performance.now() - startedAt).toBeLessThan(30_000)
  },
  oneAdapter,
)

verifies(
  'ERR-02',
  'a server that makes no TLS handshake is 503 after the deadline, and so is a dispatcher that does not connect',
  async (adapter) => {
    const url = (await listen(createTcpServer(() => undefined))).replace('http:', 'https:')
    const introspection = { client, endpoint: `${url}/introspect`, timeout: '200.5ms' as const }
    for (const dispatcher of [new Agent(), new Agent({ connect: () => undefined })]) {
      const issuer = trustedIssuer(url, { introspection, formats: 'opaque' })
      const api = await openApi(adapter, { protection: { issuer, audience, dispatcher } })
      expect(await api.present('t')).toBe('E-UP')
      void dispatcher.destroy()
    }
  },
  oneAdapter,
)

verifies('ERR-02', 'refused credentials are 500, and a warning once a minute', async (adapter) => {
  const warnings = catchWarnings()
  const { advance, issuer, present } = await openScriptedApi(adapter, { introspection: {} })
  issuer.routes['/introspect'] = status(401)
  expect([await present('one'), await present('two')]).toEqual(['500', '500'])
  expect(warnings).toEqual(['TOLLGATE_CREDENTIALS_REFUSED'])
  advance(61)
  issuer.routes['/introspect'] = json(issuer.active())
  expect(await present('one')).toBe('OK')
  issuer.routes['/introspect'] = status(401)
  expect(await present('three')).toBe('500')
  expect(warnings).toHaveLength(2)
})

verifies('INT-10', 'the first response without `aud` about an access token causes a warning', async (adapter) => {
  const warnings = catchWarnings()
  const { issuer, present } = await openScriptedApi(adapter, { introspection: {} })
  // It can be about a refresh token, which an access token of the same server need not resemble.
  issuer.introspect = () => issuer.active({ aud: undefined, token_type: undefined })
  expect(await present('unmarked')).toBe('E-TOK')
  expect(warnings).toEqual([])
  issuer.introspect = () => issuer.active({ aud: undefined })
  expect([await present('one'), await present('two')]).toEqual(['E-TOK', 'E-TOK'])
  expect(warnings).toEqual(['TOLLGATE_MISSING_AUDIENCE'])
})

verifies(
  'ERR-02',
  'a 403 refuses the credentials if it says so, before the first success and after it',
  async (adapter) => {
    const forbidden: Readonly<Record<string, readonly [Handler, string]>> = {
      bare: [status(403), '502'],
      page: [(_request, response) => response.writeHead(403).end('<h1>Forbidden</h1>'), '502'],
      denied: [error(403, 'access_denied'), '502'],
      'invalid-token': [error(403, 'invalid_token'), '502'],
      'invalid-client': [error(403, 'invalid_client'), '500'],
    }
    for (const [name, [act, expected]] of Object.entries(forbidden)) {
      const warnings = catchWarnings()
      const { issuer, present } = await openScriptedApi(adapter, { introspection: {} })
      const codes = expected === '500' ? ['TOLLGATE_CREDENTIALS_REFUSED'] : []
      issuer.routes['/introspect'] = act
      expect([await present(name), await present(name)], name).toEqual([expected, expected])
      issuer.routes['/introspect'] = json(issuer.active())
      expect(await present(name), name).toBe('OK')
      issuer.routes['/introspect'] = act
      expect(await present(`${name}-2`), name).toBe(expected)
      expect(warnings, name).toEqual(codes)
    }
  },
)
