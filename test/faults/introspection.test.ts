/** The responses of an API while its introspection endpoint misbehaves. */
import { createServer as createTcpServer } from 'node:net'
import { trustedIssuer } from '@tollgate/core'
import { Agent } from 'undici'
import { expect, onTestFinished } from 'vitest'
import { adapters } from '../harness/adapters.ts'
import { openApi } from '../harness/api.ts'
import { openTestClock } from '../harness/clock.ts'
import { audience } from '../harness/constants.ts'
import { listen } from '../harness/listen.ts'
import { misbehaviours, misbehavioursAtIntrospection, passDeadline } from '../harness/misbehaviour.ts'
import { hang, json, status } from '../harness/responses.ts'
import { client, openScriptedApi } from '../harness/scripted-api.ts'
import { verifies } from '../harness/verifies.ts'

/** For effects that do not depend on the framework. */
const oneAdapter = adapters.filter(({ name }) => name === 'Request')

/** The codes of the warnings until the test ends. */
function catchWarnings(): readonly unknown[] {
  const codes: unknown[] = []
  const listener = (warning: Error & { code?: string }): void => void codes.push(warning.code)
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

verifies('INT-04', '400 `unsupported_token_type` is a result: the token is none of this server', async (adapter) => {
  const clock = openTestClock()
  const { issuer, present } = await openScriptedApi(adapter, { introspection: {}, protect: { clock: clock.now } })
  issuer.routes['/introspect'] = (_request, response) => {
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"unsupported_token_type"}')
  }
  expect(await present('made-up')).toBe('E-TOK')
  expect(await present('made-up')).toBe('E-TOK')
  expect(issuer.count('/introspect')).toBe(1)
})

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
  '403 refuses the credentials until the endpoint accepts them, and then the token',
  async (adapter) => {
    const { issuer, present } = await openScriptedApi(adapter, { introspection: {} })
    issuer.routes['/introspect'] = status(403)
    expect(await present('made-up')).toBe('500')
    issuer.routes['/introspect'] = json(issuer.active())
    expect(await present('good')).toBe('OK')
    issuer.routes['/introspect'] = status(403)
    expect(await present('made-up')).toBe('502')
  },
)
