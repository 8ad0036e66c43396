/** What the spans tell, and how they nest. */
import { context, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { active, createValidator, defineGuard, Refusal, scopes } from '@tollgate/core'
import { expect, onTestFinished, test, vi } from 'vitest'
import { adapters } from '../harness/adapters.ts'
import { openApi } from '../harness/api.ts'
import { openAsking, reasonOf, requestWith } from '../harness/asking.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { claimsOf } from '../harness/key-issuer.ts'
import { audience, T0 } from '../harness/reference.ts'
import { until } from '../harness/until.ts'
import { json, openIssuerUpstream, status } from '../harness/upstream.ts'
import { openRecording, type Recording } from './recording.ts'

const { jwk, privateKey } = keyPair('P-256')

function tokenOf(issuer: string): string {
  return jws({ alg: 'ES256', kid: 'k' }, claimsOf(issuer), privateKey, 'ES256')
}

/** Every span with the name of the one above it. */
function nesting({ spans }: Recording): readonly (readonly [string, string | undefined])[] {
  return spans().map((span) => [span.name, parentOf(span, spans())?.name])
}

function parentOf({ parentSpanContext }: ReadableSpan, spans: readonly ReadableSpan[]): ReadableSpan | undefined {
  return spans.find((span) => span.spanContext().spanId === parentSpanContext?.spanId)
}

function named(name: string, { spans }: Recording): ReadableSpan | undefined {
  return spans().find((span) => span.name === name)
}

test('a fetch is under the judgement that caused it, without any context manager', async () => {
  const recording = openRecording()
  const api = await openAsking()
  expect(await api.reason('t', scopes('read'))).toBe('OK')
  expect(nesting(recording)).toEqual([
    ['tollgate fetch metadata', 'tollgate authenticate'],
    ['tollgate fetch introspection', 'tollgate authenticate'],
    ['tollgate authenticate', undefined],
  ])
  const { url: issuer } = api.server
  const judgement = named('tollgate authenticate', recording)
  expect(judgement?.kind).toBe(SpanKind.INTERNAL)
  expect(judgement?.attributes).toEqual({
    'tollgate.issuer': issuer,
    'tollgate.token.kind': 'opaque',
    'tollgate.outcome': 'accepted',
  })
  const asking = named('tollgate fetch introspection', recording)
  expect(asking?.kind).toBe(SpanKind.CLIENT)
  expect(asking?.attributes).toEqual({
    'tollgate.fetch.purpose': 'introspection',
    'tollgate.issuer': issuer,
    'http.request.method': 'POST',
    'http.response.status_code': 200,
    'tollgate.outcome': 'answered',
  })
})

test('a judgement is under the span that is active, and judgements at the same time do not mix', async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  onTestFinished(() => context.disable())
  const recording = openRecording()
  const api = await openAsking()
  const tracer = recording.tracerProvider.getTracer('test')
  const rounds = ['a', 'b', 'c'].map((name) =>
    tracer.startActiveSpan(`request ${name}`, async (span) => {
      await api.reason(`token ${name}`.replace(' ', '-'))
      span.end()
    }),
  )
  await Promise.all(rounds)
  const spans = recording.spans()
  const asked = spans.filter(({ name }) => name === 'tollgate fetch introspection')
  const requests = asked.map((span) => parentOf(parentOf(span, spans) ?? span, spans)?.name)
  expect(new Set(requests)).toEqual(new Set(['request a', 'request b', 'request c']))
})

test('the guards of a route are a judgement of their own, and what they ask is under it', async () => {
  const recording = openRecording()
  const upstream = await openAsking()
  const api = await openApi(adapters[0] as (typeof adapters)[number], {
    protection: upstream.validator,
    guards: [active({ within: '5s' })],
  })
  expect(await api.present('t')).toBe('OK')
  upstream.advance(20)
  expect(await api.present('t')).toBe('OK')
  expect(nesting(recording).slice(-4)).toEqual([
    ['tollgate authorize', undefined],
    ['tollgate authenticate', undefined],
    ['tollgate fetch introspection', 'tollgate authorize'],
    ['tollgate authorize', undefined],
  ])
})

test('a refusal is no error, and its reason is on the span', async () => {
  const recording = openRecording({ reasons: ['not-the-owner'] })
  const api = await openAsking()
  const guard = defineGuard({ check: () => new Refusal({ reason: 'not-the-owner' }) })
  expect(await api.reason('t', guard)).toBe('not-the-owner')
  const judgement = named('tollgate authenticate', recording)
  expect(judgement?.status).toEqual({ code: SpanStatusCode.UNSET })
  expect(judgement?.attributes).toMatchObject({
    'tollgate.outcome': 'insufficient_scope',
    'tollgate.reason': 'not-the-owner',
    'http.response.status_code': 403,
  })
  expect(judgement?.attributes).not.toHaveProperty('error.type')
})

test('an outage is an error, of the fetch and of the judgement', async () => {
  const recording = openRecording()
  const api = await openAsking()
  api.server.misbehave = status(503)
  expect(await api.reason('t')).toBe('upstream-error')
  expect(named('tollgate fetch metadata', recording)?.status).toEqual({ code: SpanStatusCode.UNSET })
  const asking = named('tollgate fetch introspection', recording)
  expect(asking?.status).toEqual({ code: SpanStatusCode.ERROR })
  expect(asking?.attributes).toMatchObject({ 'error.type': '503', 'http.response.status_code': 503 })
  const judgement = named('tollgate authenticate', recording)
  expect(judgement?.status).toEqual({ code: SpanStatusCode.ERROR })
  expect(judgement?.attributes).toEqual({
    'tollgate.issuer': api.server.url,
    'tollgate.outcome': 'unreachable_upstream',
    'tollgate.reason': 'upstream-error',
    'error.type': 'upstream-error',
    'http.response.status_code': 503,
  })
})

test('a fetch without an answer is an error that says why', async () => {
  const recording = openRecording()
  const api = await openAsking()
  api.server.misbehave = (request) => request.socket.destroy()
  expect(await api.reason('t')).toBe('network')
  const asking = named('tollgate fetch introspection', recording)
  expect(asking?.status).toEqual({ code: SpanStatusCode.ERROR })
  expect(asking?.attributes).toMatchObject({ 'error.type': 'network', 'tollgate.outcome': 'network' })
  expect(asking?.attributes).not.toHaveProperty('http.response.status_code')
})

test('a failure is an error, and what was thrown is not on the span', async () => {
  const recording = openRecording()
  const api = await openAsking()
  const bug = defineGuard({
    check: () => {
      throw new RangeError('what a guard says')
    },
  })
  await expect(api.authenticate('t', bug)).rejects.toThrow()
  const judgement = named('tollgate authenticate', recording)
  expect(judgement?.status).toEqual({ code: SpanStatusCode.ERROR })
  expect(judgement?.events).toEqual([])
  expect(judgement?.attributes).toMatchObject({ 'error.type': 'internal_error', 'tollgate.outcome': 'internal_error' })
})

test('a fetch that a timer begins has no parent, though a judgement has set the timer', async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  onTestFinished(() => context.disable())
  const recording = openRecording()
  const upstream = await openIssuerUpstream([])
  let now = T0 * 1000
  // What is fresh for a minute is looked for anew after 48 s: the timer rings in 100 ms, and again until that time has come.
  upstream.routes['/jwks'] = (request, response) => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    now += 47_900
    response.setHeader('cache-control', 'max-age=60')
    json({ keys: [{ ...jwk, kid: 'k' }] })(request, response)
  }
  const validator = createValidator({ issuer: upstream.url, audience, clock: () => now })
  onTestFinished(() => validator.close())
  const tracer = recording.tracerProvider.getTracer('test')
  await tracer.startActiveSpan('request', async (span) => {
    expect(await reasonOf(validator.authenticate(requestWith(tokenOf(upstream.url))))).toBe('OK')
    span.end()
  })
  vi.restoreAllMocks()
  now += 1000
  await until(() => recording.spans().filter(({ name }) => name === 'tollgate fetch keys').length === 2)
  const [first, refresh] = recording.spans().filter(({ name }) => name === 'tollgate fetch keys')
  expect(first?.parentSpanContext?.spanId).toBe(named('tollgate authenticate', recording)?.spanContext().spanId)
  expect(refresh?.parentSpanContext).toBeUndefined()
})
