import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import {
  type RawClaims,
  bearerToken,
  clientSecretBasic,
  createValidator,
  type RefusalMessage,
  type StandardSchema,
  trustedIssuer,
} from '@tollgate/core'
import { active, audience as audienceGuard, claims, defineGuard, type Guard, scopes } from '@tollgate/express'
import { expect, onTestFinished } from 'vitest'
import { openApi } from '../harness/api.ts'
import { openIntrospecting } from '../harness/introspecting.ts'
import { audience, openIssuer, openReference, T0 } from '../harness/reference.ts'
import { json, status } from '../harness/upstream.ts'
import { verifies } from '../harness/verifies.ts'

/** The outcomes that subscribers are told from now on. */
function listen(): string[] {
  const outcomes: string[] = []
  const listener = (message: unknown): void => void outcomes.push((message as RefusalMessage).outcome)
  const channels = ['tollgate:refusal', 'tollgate:unavailable', 'tollgate:failure']
  channels.forEach((channel) => subscribe(channel, listener))
  onTestFinished(() => channels.forEach((channel) => unsubscribe(channel, listener)))
  return outcomes
}

function throwing(error: unknown): Guard {
  return defineGuard({
    check: () => {
      throw error
    },
  })
}

verifies(
  'ERR-04',
  'what nobody expected is 500 without a challenge, and never reaches the handler',
  async (adapter) => {
    const outcomes = listen()
    const issuer = await openIssuer()
    const token = await issuer.accessToken({ scope: 'read' })
    const validator = createValidator(issuer.validatorOptions)
    const fail = () => Promise.reject(new TypeError('x'))
    const stub = { ...validator, authenticate: fail, authenticateOptional: fail }
    expect(await (await openApi(adapter, { protection: stub })).present(token)).toBe('500')
    expect(outcomes, 'the stub tells nobody').toEqual([])

    const stale = Object.assign(new Error('x'), { status: 401, headers: { 'www-authenticate': 'Bearer' } })
    for (const error of [new TypeError('x'), stale, undefined, 'route', null, 0]) {
      const api = await openApi(adapter, { protection: validator, guards: [throwing(error)] })
      expect(await api.present(token), String(error)).toBe('500')
    }
    const lost = { ...issuer.validatorOptions, issuer: () => Promise.reject(new Error('x')) }
    expect(await (await openApi(adapter, { protection: lost })).present(token)).toBe('500')
    expect(new Set(outcomes)).toEqual(new Set(['internal_error']))
    expect(outcomes).toHaveLength(7)
  },
)

verifies(
  'ERR-04',
  'a refusal or an outage that a function of the app throws is a failure, and no verdict',
  async (adapter) => {
    const issuer = await openIssuer()
    const token = await issuer.accessToken({ scope: 'read' })
    const other = createValidator({ ...issuer.validatorOptions, audience: 'https://other.example' })
    const down = createValidator({ issuer: 'http://127.0.0.1:9', audience, clock: issuer.clock })
    const lost = await issuer.accessToken({ iss: 'http://127.0.0.1:9' })
    const judge = (validator: typeof other, presented: string): Promise<never> =>
      validator
        .authenticate(new Request('https://x.example', { headers: { Authorization: `Bearer ${presented}` } }))
        .then(() => Promise.reject(new Error('it was let in')))
    for (const fail of [() => judge(other, token), () => judge(down, lost)]) {
      const schema: StandardSchema<RawClaims> = { '~standard': { version: 1, vendor: 'test', validate: fail } }
      const { validatorOptions: options } = issuer
      for (const api of [
        await openApi(adapter, { protection: options, guards: [defineGuard({ check: fail })] }),
        await openApi(adapter, { protection: options, guards: [claims(fail, 'x')] }),
        await openApi(adapter, { protection: { ...options, claims: schema } }),
        await openApi(adapter, { protection: { ...options, issuer: fail } }),
      ]) {
        expect(await api.present(token)).toBe('500')
      }
      const introspection = { client: bearerToken(fail), endpoint: 'http://127.0.0.1:9' }
      const client = clientSecretBasic('api', 'secret')
      const parameters = { client, endpoint: 'http://127.0.0.1:9', parameters: fail }
      for (const asking of [introspection, parameters]) {
        const opaque = { ...options, issuer: trustedIssuer(issuer.url, { introspection: asking }) }
        expect(await (await openApi(adapter, { protection: opaque })).present('opaque')).toBe('500')
      }
    }
  },
)

verifies('ERR-04', 'what an application adds to introspection fails as its own', async (adapter) => {
  const outcomes = listen()
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
    const api = await openIntrospecting(adapter, { introspection: { parameters: parameters as () => object } })
    expect(await api.present('t'), String(parameters)).toBe('500')
    expect(api.server.asked).toHaveLength(0)
  }
  expect(new Set(outcomes)).toEqual(new Set(['internal_error']))
})

verifies('ERR-04', 'the outcome that is told agrees with the status on the wire', async (adapter) => {
  const outcomes = listen()
  const api = await openIntrospecting(adapter)
  const told = async (act: () => Promise<string>): Promise<readonly [string, string | undefined]> => {
    outcomes.length = 0
    return [await act(), outcomes.join()]
  }
  expect(await told(() => api.present('good'))).toEqual(['OK', ''])
  expect(await told(() => api.outcome({}))).toEqual(['C0', 'no_credentials'])
  expect(await told(() => api.present('a b'))).toEqual(['E-REQ', 'invalid_request'])
  api.server.answer = (token) => (token === 'poor' ? api.server.active({ scope: '' }) : { active: false })
  expect(await told(() => api.present('bad'))).toEqual(['E-TOK', 'invalid_token'])
  expect(await told(() => api.present('poor'))).toEqual(['E-SCOPE', 'insufficient_scope'])
  api.server.misbehave = status(503)
  expect(await told(() => api.present('t'))).toEqual(['E-UP', 'unreachable_upstream'])
  api.server.misbehave = status(404)
  expect(await told(() => api.present('t'))).toEqual(['502', 'invalid_upstream_response'])
  api.server.misbehave = status(401)
  expect(await told(() => api.present('t'))).toEqual(['500', 'misconfigured'])
})

verifies('ERR-05', 'the first failure in the order of judgement decides', async (adapter) => {
  const api = await openReference(adapter, {
    guards: [claims(() => false, 'never'), scopes('read', 'write'), audienceGuard('urn:other')],
  })
  const aud = [audience, 'urn:other']
  expect(await api.present(await api.token({ exp: T0 - 60, scope: '' }))).toBe('E-TOK')
  expect(await api.present(await api.issuer.wrongToken('tampered', { exp: T0 - 60, aud: 'x' }))).toBe('E-TOK')
  expect(await api.present(await api.token({ scope: '' })), 'audience before scopes').toBe('E-TOK')
  expect(await api.present(await api.token({ scope: 'read', aud })), 'scopes before claims').toBe('E-SCOPE')
  const lacking = await api.send({
    headers: [['Authorization', `Bearer ${await api.token({ scope: 'read', aud })}`]],
  })
  expect(lacking.challenges.join()).toContain('scope="read write"')
  const refused = await api.send({
    headers: [['Authorization', `Bearer ${await api.token({ scope: 'read write', aud })}`]],
  })
  expect(refused.status).toBe(403)
  expect(refused.challenges.join()).not.toContain('scope="read')
})

verifies(
  'ERR-05',
  'whether a token is still active is asked before what it permits, and after for whom it is',
  async (adapter) => {
    const api = await openIntrospecting(adapter, {
      introspection: { client: clientSecretBasic('api', 'secret') },
      guards: [scopes('admin'), active({ within: '0s' }), audienceGuard('urn:other')],
    })
    api.server.answer = () => api.server.active({ scope: '' })
    expect(await api.present('t'), 'for another route').toBe('E-TOK')
    expect(api.server.asked).toHaveLength(1)
    api.server.answer = () => api.server.active({ scope: '', aud: [audience, 'urn:other'] })
    api.advance(1)
    expect(await api.present('u')).toBe('E-SCOPE')
    api.advance(1)
    api.server.answer = () => ({ active: false })
    expect(await api.present('u')).toBe('E-TOK')
  },
)

verifies('ERR-05', 'syntax is judged before anybody is asked', async (adapter) => {
  const api = await openIntrospecting(adapter)
  api.server.misbehave = json({ active: false })
  expect(await api.present('a,b')).toBe('E-REQ')
  expect(await api.present('a'.repeat(16 * 1024 + 1))).toBe('E-REQ')
  expect(api.server.asked).toHaveLength(0)
})
