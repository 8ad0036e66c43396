/** The spans of `@tollgate/opentelemetry`. */
import { type Attributes, context, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { active, defineGuard, Refusal, scopes } from '@tollgate/core'
import { expect, onTestFinished, test } from 'vitest'
import { openRecording, type Recording } from './recording.ts'
import { openSetup, requestWith } from './setup.ts'

function spanOf({ spans }: Recording, name: string): ReadableSpan {
  const [span, ...others] = spans().filter((one) => one.name === name)
  expect(span, name).toBeDefined()
  expect(others, name).toEqual([])
  return span as ReadableSpan
}

function parentOf({ spans }: Recording, { parentSpanContext }: ReadableSpan): ReadableSpan | undefined {
  return spans().find((span) => span.spanContext().spanId === parentSpanContext?.spanId)
}

function enableContextManager(): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  onTestFinished(() => context.disable())
}

test('a fetch is a child of the authentication that caused it, also without a context manager', async () => {
  const recording = openRecording()
  const { issuer, outcome } = await openSetup()
  expect(await outcome(await issuer.opaqueToken({ scope: 'read' }), scopes('read'))).toBe('OK')
  const authentication = spanOf(recording, 'tollgate authenticate')
  expect(authentication).toMatchObject({ kind: SpanKind.INTERNAL, status: { code: SpanStatusCode.UNSET } })
  expect(authentication.parentSpanContext).toBeUndefined()
  expect(authentication.attributes).toEqual({
    'tollgate.issuer': issuer.url,
    'tollgate.token.kind': 'opaque',
    'tollgate.outcome': 'accepted',
  })
  const fetch = spanOf(recording, 'tollgate fetch introspection')
  expect(fetch).toMatchObject({ kind: SpanKind.CLIENT, status: { code: SpanStatusCode.UNSET } })
  expect(fetch.attributes).toEqual({
    'tollgate.fetch.purpose': 'introspection',
    'tollgate.issuer': issuer.url,
    'http.request.method': 'POST',
    'http.response.status_code': 200,
    'tollgate.outcome': 'answered',
  })
  for (const child of [fetch, spanOf(recording, 'tollgate fetch metadata')]) {
    expect(parentOf(recording, child)).toBe(authentication)
  }
})

test('an authentication is a child of the active span, also while others run', async () => {
  enableContextManager()
  const recording = openRecording()
  const { issuer, outcome } = await openSetup()
  const tracer = recording.tracerProvider.getTracer('test')
  const names = ['request 1', 'request 2', 'request 3']
  const requests = names.map((name) =>
    tracer.startActiveSpan(name, async (span) => {
      await outcome(await issuer.opaqueToken())
      span.end()
    }),
  )
  await Promise.all(requests)
  const fetches = recording.spans().filter(({ name }) => name === 'tollgate fetch introspection')
  const authentications = fetches.map((fetch) => parentOf(recording, fetch) as ReadableSpan)
  const parents = authentications.map((authentication) => parentOf(recording, authentication)?.name)
  expect(new Set(parents)).toEqual(new Set(names))
})

test('the guards of a route have a span, and a fetch for them has a parent', async () => {
  const recording = openRecording()
  const { issuer, validator } = await openSetup()
  const request = requestWith(await issuer.opaqueToken())
  const token = await validator.authenticate(request)
  issuer.clock.advance('20s')
  await validator.authorize(token, request, active({ within: '5s' }))
  const fetches = recording.spans().filter(({ name }) => name === 'tollgate fetch introspection')
  const parents = fetches.map((fetch) => parentOf(recording, fetch)?.name)
  expect(parents).toEqual(['tollgate authenticate', 'tollgate authorize'])
})

test('a fetch that begins after the end of its authentication has no parent', async () => {
  enableContextManager()
  const recording = openRecording()
  const { issuer, outcome, validator } = await openSetup()
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  let late: Promise<void> | undefined
  const guard = defineGuard({
    check: () => {
      late = ended.then(() => validator.ready())
      return 'pass'
    },
  })
  const tracer = recording.tracerProvider.getTracer('test')
  await tracer.startActiveSpan('request', async (span) => {
    expect(await outcome(await issuer.opaqueToken(), guard)).toBe('OK')
    span.end()
  })
  resolve()
  await late
  expect(spanOf(recording, 'tollgate fetch keys').parentSpanContext).toBeUndefined()
})

interface Ending {
  readonly reason: string
  readonly fault?: 'reset' | { readonly status: number }
  readonly check?: () => Refusal
  readonly attributes: Attributes
  /** The attributes of the span of the introspection, if that span is an error. */
  readonly fetch?: Attributes
}

const endings: Readonly<Record<string, Ending>> = {
  'a refusal is not an error, and its span contains the reason': {
    reason: 'not-the-owner',
    check: () => new Refusal({ reason: 'not-the-owner' }),
    attributes: { 'tollgate.outcome': 'insufficient_scope', 'tollgate.reason': 'not-the-owner' },
  },
  'an outage is an error of the authentication and of the fetch': {
    reason: 'upstream-error',
    fault: { status: 503 },
    attributes: { 'tollgate.outcome': 'unreachable_upstream', 'error.type': 'upstream-error' },
    fetch: { 'error.type': '503', 'tollgate.outcome': 'answered', 'http.response.status_code': 503 },
  },
  'a fetch without a response is an error with a reason': {
    reason: 'network',
    fault: 'reset',
    attributes: { 'tollgate.outcome': 'unreachable_upstream', 'error.type': 'network' },
    fetch: { 'error.type': 'network', 'tollgate.outcome': 'network' },
  },
  'an unexpected error is an error, and its span does not contain the message': {
    reason: 'RangeError',
    check: () => {
      throw new RangeError('sentinel')
    },
    attributes: { 'tollgate.outcome': 'internal_error', 'error.type': 'internal_error' },
  },
}

test.each(Object.entries(endings))('%s', async (_name, { reason, fault, check, attributes, fetch }) => {
  const recording = openRecording({ reasons: ['not-the-owner'] })
  const { issuer, outcome } = await openSetup()
  if (fault !== undefined) {
    issuer.misbehave('introspection', fault)
  }
  const guards = check === undefined ? [] : [defineGuard({ check })]
  expect(await outcome(await issuer.opaqueToken(), ...guards)).toBe(reason)
  const authentication = spanOf(recording, 'tollgate authenticate')
  expect(authentication.attributes).toMatchObject(attributes)
  expect(authentication.status.code).toBe('error.type' in attributes ? SpanStatusCode.ERROR : SpanStatusCode.UNSET)
  const introspection = spanOf(recording, 'tollgate fetch introspection')
  expect(introspection.attributes).toMatchObject(fetch ?? {})
  expect(introspection.status.code).toBe(fetch === undefined ? SpanStatusCode.UNSET : SpanStatusCode.ERROR)
  expect(await recording.exported()).not.toContain('sentinel')
})
