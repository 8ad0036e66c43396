/** The channels of `node:diagnostics_channel`: `subscribe`, and the messages of the validator. */
import { hasSubscribers, subscribe as subscribeTo, unsubscribe as unsubscribeFrom } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { createValidator, subscribe, trustedIssuer } from '@tollgate/core'
import type { AuthenticationTrace, FetchTrace, RefusalMessage } from '@tollgate/core/diagnostics'
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest'
import { catchWarnings, messagesOf, openAndCloseCircuit, openSetup, requestWith } from './setup.ts'

describe('subscribe', () => {
  test('the name of the channel types the message', () => {
    const uncalled = (): void => {
      subscribe('tollgate:refusal', (message) => expectTypeOf(message).toEqualTypeOf<RefusalMessage>())
      subscribe('tracing:tollgate.authenticate:start', (trace) =>
        expectTypeOf(trace).toEqualTypeOf<AuthenticationTrace>(),
      )
      subscribe('tracing:tollgate.fetch:asyncEnd', (trace) => expectTypeOf(trace).toEqualTypeOf<FetchTrace>())
      // @ts-expect-error -- there is no such channel
      subscribe('tollgate:refusals', () => undefined)
    }
    expectTypeOf(uncalled).toBeFunction()
    expectTypeOf(subscribe).returns.toEqualTypeOf<() => void>()
  })

  test('a listener gets every message until its own subscription ends', async () => {
    const { outcome } = await openSetup()
    const reasons: string[] = []
    const listener = ({ refusal }: RefusalMessage): void => void reasons.push(refusal.reason)
    const first = subscribe('tollgate:refusal', listener)
    const second = subscribe('tollgate:refusal', listener)
    await outcome('')
    first()
    first()
    await outcome('')
    second()
    await outcome('')
    expect(reasons).toEqual(['malformed-credentials', 'malformed-credentials', 'malformed-credentials'])
    expect(hasSubscribers('tollgate:refusal')).toBe(false)
  })

  test('the error of a listener is an uncaught exception, and the request continues', async () => {
    const vitestListeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    onTestFinished(() => vitestListeners.forEach((listener) => process.on('uncaughtException', listener)))
    const uncaught = once(process, 'uncaughtException')
    const { outcome } = await openSetup()
    const listener = (): never => {
      throw new Error('thrown by the listener')
    }
    onTestFinished(subscribe('tollgate:refusal', listener))
    expect(await outcome('')).toBe('malformed-credentials')
    expect(await uncaught).toMatchObject([{ message: 'thrown by the listener' }, 'uncaughtException'])
  })

  test.each<[string, unknown, unknown]>([
    ['an unknown channel', 'tollgate:refusals', () => undefined],
    ['a channel without its prefix', 'refusal', () => undefined],
    ['a sub-channel without messages', 'tracing:tollgate.fetch:error', () => undefined],
    ['a channel that is not a string', { name: 'tollgate:refusal' }, () => undefined],
    ['a listener that is not a function', 'tollgate:refusal', {}],
  ])('%s is an option error', (_name, name, listener) => {
    expect(() => subscribe(name as 'tollgate:refusal', listener as () => void)).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }),
    )
  })
})

test('a valid token is published with its issuer, or with resolved if a function returned its issuer', async () => {
  const { issuer, options, outcome } = await openSetup()
  const verdicts = messagesOf('tollgate:verdict')
  expect(await outcome(await issuer.accessToken())).toBe('OK')
  expect(await outcome(await issuer.opaqueToken())).toBe('OK')
  const fetches = messagesOf('tollgate:fetch')
  const validator = createValidator({ ...options, issuer: (iss) => trustedIssuer(iss) })
  onTestFinished(() => validator.close())
  await validator.authenticate(requestWith(await issuer.accessToken()))
  expect(verdicts).toEqual([
    { outcome: 'accepted', issuer: issuer.url, kind: 'jwt' },
    { outcome: 'accepted', issuer: issuer.url, kind: 'opaque' },
    { outcome: 'accepted', issuer: 'resolved', kind: 'jwt' },
  ])
  expect(fetches).toMatchObject([{ issuer: 'resolved' }, { issuer: 'resolved' }])
})

test('a fetch is published with its status, or with the reason why it has no response', async () => {
  const { issuer, outcome } = await openSetup()
  const fetches = messagesOf('tollgate:fetch')
  issuer.misbehave('jwks', { status: 503 })
  expect(await outcome(await issuer.accessToken())).toBe('upstream-error')
  issuer.misbehave('introspection', 'reset')
  expect(await outcome('made-up')).toBe('network')
  const common = { issuer: issuer.url, milliseconds: expect.any(Number) as number }
  const keys = { purpose: 'keys', method: 'GET', url: `${issuer.url}/jwks` }
  const introspection = { purpose: 'introspection', method: 'POST', url: `${issuer.url}/introspect` }
  expect(fetches.filter(({ purpose }) => purpose !== 'metadata')).toEqual([
    { ...common, ...keys, outcome: 'answered', status: 503 },
    { ...common, ...introspection, outcome: 'network', status: undefined },
  ])
})

test('the query of a URL is not published', async () => {
  const fetches = messagesOf('tollgate:fetch')
  const url = 'https://issuer.example/keys'
  const { issuer, outcome } = await openSetup({
    issuer: trustedIssuer('https://issuer.example', { keys: `${url}?a=1` }),
  })
  expect(await outcome(await issuer.accessToken())).toBe('not-found')
  expect(fetches).toMatchObject([{ purpose: 'keys', url, status: 404 }])
})

test('the loads of documents, uses of stale keys and rotations are published', async () => {
  const { issuer, outcome } = await openSetup()
  const documents = messagesOf('tollgate:document')
  const stale = messagesOf('tollgate:stale')
  const rotations = messagesOf('tollgate:rotation')
  expect(await outcome(await issuer.accessToken())).toBe('OK')
  issuer.clock.advance('15m')
  issuer.misbehave('jwks', { status: 503 })
  expect(await outcome(await issuer.accessToken())).toBe('OK')
  issuer.clock.advance('1m')
  issuer.behave()
  await issuer.rotateKeys({ previous: 'withdrawn' })
  expect(await outcome(await issuer.accessToken())).toBe('OK')
  const keys = { document: 'keys', issuer: issuer.url }
  expect(documents.filter(({ document }) => document === 'keys')).toEqual([
    { ...keys, outcome: 'loaded', reason: undefined },
    { ...keys, outcome: 'failed', reason: 'upstream-error' },
    { ...keys, outcome: 'loaded', reason: undefined },
  ])
  expect(stale[0]).toEqual({ ...keys, staleFor: 300_000 })
  expect(rotations).toEqual([{ issuer: issuer.url, added: 1, removed: 1 }])
})

test('a failed refresh in the background is a failed load, and is not a failure', async () => {
  const failures = messagesOf('tollgate:failure')
  const { issuer, outcome } = await openSetup()
  expect(await outcome(await issuer.accessToken())).toBe('OK')
  issuer.misbehave('jwks', { status: 503 })
  issuer.clock.advance('9m')
  const load = new Promise((resolve) =>
    onTestFinished(subscribe('tollgate:document', (message) => message.outcome === 'failed' && resolve(message))),
  )
  expect(await outcome(await issuer.accessToken())).toBe('OK')
  expect(await load).toMatchObject({ document: 'keys', outcome: 'failed', reason: 'upstream-error' })
  await setImmediate()
  expect(failures).toEqual([])
})

test('every change of a circuit is published once', async () => {
  catchWarnings()
  const changes = messagesOf('tollgate:breaker')
  const setup = await openSetup()
  await openAndCloseCircuit(setup)
  const unknown = { issuer: setup.issuer.url, lane: 'unknown' }
  expect(changes).toEqual([
    { ...unknown, state: 'open' },
    { ...unknown, state: 'half-open' },
    { ...unknown, state: 'closed' },
  ])
})

test('every look-up in a cache is published', async () => {
  const messages = messagesOf('tollgate:cache')
  const ignore = async (): Promise<undefined> => undefined
  const { issuer, outcome } = await openSetup({ cache: { get: ignore, set: ignore, delete: ignore } })
  const token = await issuer.opaqueToken()
  expect([await outcome(token), await outcome(token)]).toEqual(['OK', 'OK'])
  const lookUp = { operation: 'get', error: undefined }
  expect(messages).toEqual([
    { ...lookUp, cache: 'opaque', outcome: 'miss' },
    { ...lookUp, cache: 'shared', outcome: 'miss' },
    { ...lookUp, cache: 'opaque', outcome: 'hit' },
  ])
})

test('a misconfiguration is published, and is also a warning of the process', async () => {
  const codes = catchWarnings()
  const messages = messagesOf('tollgate:misconfiguration')
  const { issuer, outcome } = await openSetup()
  expect(await outcome(await issuer.opaqueToken({ aud: undefined }))).toBe('missing-audience')
  issuer.misbehave('introspection', { status: 401 })
  expect(await outcome('made-up')).toBe('credentials-refused')
  const message = expect.any(String) as string
  expect(messages).toEqual([
    { event: 'missing-audience', issuer: issuer.url, message },
    { event: 'credentials-refused', issuer: issuer.url, message },
  ])
  expect(codes).toEqual(['TOLLGATE_MISSING_AUDIENCE', 'TOLLGATE_CREDENTIALS_REFUSED'])
})

test('a tracing channel publishes the start and the end of an authentication', async () => {
  const starts = messagesOf('tracing:tollgate.authenticate:start')
  const ends = messagesOf('tracing:tollgate.authenticate:asyncEnd')
  const { issuer, outcome, validator } = await openSetup()
  expect(await outcome(await issuer.accessToken())).toBe('OK')
  expect(await outcome(await issuer.wrongToken('expired'))).toBe('expired')
  expect(await validator.authenticateOptional(new Request('https://api.example.com'))).toBeUndefined()
  const operation = 'authenticate'
  expect(ends).toMatchObject([
    { operation, outcome: 'accepted' },
    { operation, outcome: 'invalid_token' },
    { operation, outcome: 'no_credentials' },
  ])
  expect(starts).toHaveLength(ends.length)
  expect(ends.every((end, index) => end === starts[index])).toBe(true)
})

test('no message of a tracing channel contains a result or an error', async () => {
  const messages: object[] = []
  const listener = (message: unknown): void => void messages.push(message as object)
  for (const name of ['start', 'end', 'asyncStart', 'asyncEnd', 'error']) {
    for (const channel of [`tracing:tollgate.authenticate:${name}`, `tracing:tollgate.fetch:${name}`]) {
      subscribeTo(channel, listener)
      onTestFinished(() => void unsubscribeFrom(channel, listener))
    }
  }
  const { issuer, outcome } = await openSetup()
  expect(await outcome(await issuer.accessToken())).toBe('OK')
  issuer.misbehave('introspection', 'reset')
  expect(await outcome('made-up')).toBe('network')
  expect(messages.length).toBeGreaterThan(20)
  const members = messages.flatMap((message) => Object.entries(message)).filter(([, value]) => value !== undefined)
  const names = ['issuer', 'method', 'operation', 'outcome', 'purpose', 'status', 'url']
  expect([...new Set(members.map(([name]) => name))].toSorted()).toEqual(names)
})
