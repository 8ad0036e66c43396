import {
  bearerToken,
  clientSecretBasic,
  createValidator,
  type RawClaims,
  type StandardSchema,
  trustedIssuer,
} from '@tollgate/core'
import { active, audience as audienceGuard, claims, defineGuard, Refusal, scopes } from '@tollgate/express'
import { describe, expect, test } from 'vitest'
import { frameworks } from '../harness/adapters.ts'
import { openApi } from '../harness/api.ts'
import { messagesOn } from '../harness/channel-messages.ts'
import { json, status } from '../harness/responses.ts'
import { openScriptedApi } from '../harness/scripted-api.ts'
import { audience, openIssuer, openReference, T0 } from '../harness/reference.ts'
import type { Sent } from '../harness/send.ts'
import { verifies } from '../harness/verifies.ts'
import { catchWarnings } from '../harness/warnings.ts'

const secret = 'the password of the database'
const down = 'http://127.0.0.1:9'

/** Values that frameworks take for a response, for permission to continue, or for a missing file. */
const thrown: readonly unknown[] = [
  undefined,
  null,
  0,
  '',
  false,
  'route',
  'router',
  401,
  new TypeError(secret),
  { status: 401, expose: true, message: secret },
  Object.assign(new Error(secret), { status: 200, statusCode: 200, expose: true }),
  Object.assign(new Error(secret), { code: 'ENOENT' }),
  Object.assign(new Error(secret), {
    status: 401,
    statusCode: 401,
    expose: true,
    headers: { 'WWW-Authenticate': 'Bearer realm="upstream"', 'X-Internal': secret },
  }),
]

function presenting(token: string, path = '/items'): Sent {
  return { path, headers: [['Authorization', `Bearer ${token}`]] }
}

/** The outcomes that the validators publish from now on. */
function outcomesPublished(): () => readonly string[] {
  const messages = [messagesOn('tollgate:refusal'), messagesOn('tollgate:unavailable'), messagesOn('tollgate:failure')]
  return () => messages.flatMap((ofChannel) => ofChannel.map(({ outcome }) => outcome))
}

verifies('ERR-04', 'a value that a function of the app throws is a 500 without a challenge', async (adapter) => {
  const outcomes = outcomesPublished()
  const issuer = await openIssuer()
  const { validatorOptions } = issuer
  const token = await issuer.accessToken({ scope: 'read' })
  let value: unknown
  const reject = (): Promise<never> => Promise.reject(value)
  const throwNow = (): never => {
    throw value
  }
  const apis = [
    await openApi(adapter, { protection: validatorOptions, guards: [defineGuard({ check: reject })] }),
    await openApi(adapter, { protection: validatorOptions, guards: [defineGuard({ check: throwNow })] }),
    await openApi(adapter, { protection: validatorOptions, guards: [claims(reject, 'x')] }),
    await openApi(adapter, { protection: { ...validatorOptions, issuer: reject } }),
  ]
  for (value of thrown) {
    for (const [index, api] of apis.entries()) {
      const { status: optional, headers, body } = await api.send(presenting(token, '/optional'))
      expect([await api.present(token), optional], `${index} ${String(value)}`).toEqual(['500', 500])
      expect(JSON.stringify([headers, body])).not.toContain(secret)
    }
  }
  expect(new Set(outcomes())).toEqual(new Set(['internal_error']))
})

describe.each(frameworks)('$name', (adapter) => {
  test('the error handler of the app receives a thrown value as the cause of an Error', async () => {
    const issuer = await openIssuer()
    const token = await issuer.accessToken()
    const seen: unknown[] = []
    let value: unknown
    const api = await openApi(adapter, {
      protection: issuer.validatorOptions,
      guards: [defineGuard({ check: () => Promise.reject(value) })],
      onError: (error) => void seen.push(error),
    })
    for (value of thrown) {
      expect((await api.send(presenting(token))).body).toBe('mine')
      expect(seen.at(-1)).toBeInstanceOf(Error)
      expect((seen.at(-1) as Error).cause).toBe(value)
    }
  })
})

verifies('ERR-04', "a guard that returns neither 'pass' nor a Refusal is a 500", async (adapter) => {
  const issuer = await openIssuer()
  const { validatorOptions } = issuer
  const token = await issuer.accessToken({ scope: 'read' })
  let value: unknown
  const check = (): 'pass' => value as 'pass'
  const predicate = (): boolean => value as boolean
  const guards = [defineGuard({ check }), defineGuard({ check: async () => check() }), claims(predicate, 'x')]
  const apis = await Promise.all(
    guards.map((guard) => openApi(adapter, { protection: validatorOptions, guards: [guard] })),
  )
  for (value of [undefined, null, 0, 1, '', 'yes', {}, { status: 403 }, () => 'pass']) {
    for (const [index, api] of apis.entries()) {
      expect(await api.present(token), `${index} ${String(value)}`).toBe('500')
    }
  }
  for (value of [true, false]) {
    expect(await apis[0]?.present(token), 'a guard that returns a boolean').toBe('500')
  }
  value = new Refusal({ reason: 'x' })
  expect(await apis[2]?.present(token), 'a predicate that returns a Refusal').toBe('500')
})

verifies('ERR-04', 'a Refusal or Unavailable that a function of the app throws is a failure', async (adapter) => {
  const issuer = await openIssuer()
  const { validatorOptions: options } = issuer
  const token = await issuer.accessToken({ scope: 'read' })
  const other = createValidator({ ...options, audience: 'https://other.example' })
  const unreachable = createValidator({ issuer: down, audience, clock: options.clock })
  const unvalidated = await issuer.accessToken({ iss: down })
  const authenticate = async (validator: typeof other, presented: string): Promise<never> => {
    await validator.authenticate(
      new Request('https://x.example', { headers: { Authorization: `Bearer ${presented}` } }),
    )
    throw new Error('The token was accepted')
  }
  for (const fail of [() => authenticate(other, token), () => authenticate(unreachable, unvalidated)]) {
    const schema: StandardSchema<RawClaims> = { '~standard': { version: 1, vendor: 'test', validate: fail } }
    for (const serving of [
      { protection: options, guards: [defineGuard({ check: fail })] },
      { protection: options, guards: [claims(fail, 'x')] },
      { protection: { ...options, claims: schema } },
      { protection: { ...options, issuer: fail } },
    ]) {
      expect(await (await openApi(adapter, serving)).present(token)).toBe('500')
    }
    const client = clientSecretBasic('api', 'secret')
    for (const introspection of [
      { client: bearerToken(fail), endpoint: down },
      { client, endpoint: down, parameters: fail },
    ]) {
      const opaque = { ...options, issuer: trustedIssuer(issuer.url, { introspection }) }
      expect(await (await openApi(adapter, { protection: opaque })).present('opaque')).toBe('500')
    }
  }
})

verifies(
  'ERR-04',
  'invalid introspection parameters of the app are a failure, and nothing is sent',
  async (adapter) => {
    const outcomes = outcomesPublished()
    for (const parameters of [
      () => {
        throw new Error('x')
      },
      () => ({ parameters: { token: 'another' } }),
      () => ({ headers: { Authorization: 'Basic x' } }),
      () => ({ headers: { 'x-tenant': 7 } }),
      () => ({ 'x-tenant': 'acme' }),
      () => ({ headers: { 'x-tenant': 'a\r\nx-evil: 1' } }),
      () => ({ headers: { 'x tenant': 'acme' } }),
      () => ({ headers: { expect: '100-continue' } }),
      () => ({ headers: new Headers({ 'x-tenant': 'acme' }) }),
      () => ({ parameters: new URLSearchParams('a=b') }),
      () => 'x-tenant',
    ]) {
      const api = await openScriptedApi(adapter, { introspection: { parameters: parameters as () => object } })
      expect(await api.present('t'), String(parameters)).toBe('500')
      expect(api.issuer.count('/introspect')).toBe(0)
    }
    expect(new Set(outcomes())).toEqual(new Set(['internal_error']))
  },
)

verifies('ERR-04', 'the published outcome agrees with the status on the wire', async (adapter) => {
  catchWarnings()
  const outcomes = outcomesPublished()
  const api = await openScriptedApi(adapter, { introspection: {} })
  const published = async (act: () => Promise<string>): Promise<readonly [string, readonly string[]]> => {
    const before = outcomes()
    const outcome = await act()
    return [outcome, outcomes().filter((candidate) => !before.includes(candidate))]
  }
  expect(await published(() => api.present('good'))).toEqual(['OK', []])
  expect(await published(() => api.outcome({}))).toEqual(['C0', ['no_credentials']])
  expect(await published(() => api.present('a b'))).toEqual(['E-REQ', ['invalid_request']])
  api.issuer.introspect = (token) => (token === 'poor' ? api.issuer.active({ scope: '' }) : { active: false })
  expect(await published(() => api.present('bad'))).toEqual(['E-TOK', ['invalid_token']])
  expect(await published(() => api.present('poor'))).toEqual(['E-SCOPE', ['insufficient_scope']])
  api.issuer.routes['/introspect'] = status(503)
  expect(await published(() => api.present('t'))).toEqual(['E-UP', ['unreachable_upstream']])
  api.issuer.routes['/introspect'] = status(404)
  expect(await published(() => api.present('t'))).toEqual(['502', ['invalid_upstream_response']])
  api.issuer.routes['/introspect'] = status(401)
  expect(await published(() => api.present('t'))).toEqual(['500', ['misconfigured']])
})

verifies('ERR-05', 'the first failed check decides: token, audience, scopes, then claims', async (adapter) => {
  const refusals = messagesOn('tollgate:refusal')
  const api = await openReference(adapter, {
    guards: [claims(() => false, 'never'), scopes('read', 'write'), audienceGuard('urn:other')],
  })
  const aud = [audience, 'urn:other']
  const tokens = [
    [await api.issuer.wrongToken('tampered', { exp: T0 - 60, aud: 'x' }), 'E-TOK', 'bad-signature'],
    [await api.token({ exp: T0 - 60, scope: '' }), 'E-TOK', 'expired'],
    [await api.token({ scope: '' }), 'E-TOK', 'wrong-audience'],
    [await api.token({ scope: 'read', aud }), 'E-SCOPE', 'missing-scope'],
    [await api.token({ scope: 'read write', aud }), 'E-SCOPE', 'never'],
  ] as const
  for (const [token, outcome, reason] of tokens) {
    expect([await api.present(token), refusals.at(-1)?.refusal.reason]).toEqual([outcome, reason])
    const { challenges } = await api.send(presenting(token))
    expect(challenges[0]?.includes('scope="read write"'), reason).toBe(reason !== 'never')
  }
})

verifies('ERR-05', 'an inactive token is refused before the guards run', async (adapter) => {
  const refusals = messagesOn('tollgate:refusal')
  const api = await openScriptedApi(adapter, {
    introspection: {},
    guards: [scopes('admin'), active({ within: '0s' }), audienceGuard('urn:other')],
  })
  const reason = async (token: string, answer: Readonly<Record<string, unknown>>): Promise<string | undefined> => {
    api.advance(1)
    api.issuer.introspect = () => answer
    await api.present(token)
    return refusals.at(-1)?.refusal.reason
  }
  const aud = [audience, 'urn:other']
  expect(await reason('a', api.issuer.active({ scope: '' }))).toBe('wrong-audience')
  expect(await reason('a', { active: false })).toBe('inactive')
  expect(await reason('b', api.issuer.active({ scope: '', aud }))).toBe('missing-scope')
  expect(await reason('b', { active: false })).toBe('inactive')
})

verifies('ERR-05', 'a malformed token is refused without introspection', async (adapter) => {
  const api = await openScriptedApi(adapter, { introspection: {} })
  api.issuer.routes['/introspect'] = json({ active: false })
  expect(await api.present('a,b')).toBe('E-REQ')
  expect(await api.present('a'.repeat(16 * 1024 + 1))).toBe('E-REQ')
  expect(api.issuer.count('/introspect')).toBe(0)
})
