/** The start and the stop of `startTelemetry`, and its options. */
import { hasSubscribers } from 'node:diagnostics_channel'
import { subscribe } from '@tollgate/core'
import type { FetchTrace } from '@tollgate/core/diagnostics'
import { startTelemetry } from '@tollgate/opentelemetry'
import { expect, onTestFinished, test } from 'vitest'
import { openRecording } from './recording.ts'
import { openSetup } from './setup.ts'

const plain = ['verdict', 'refusal', 'unavailable', 'failure', 'fetch', 'document', 'stale', 'rotation', 'breaker']
const channels = [...plain, 'cache', 'revocation', 'security', 'misconfiguration'].map((name) => `tollgate:${name}`)
const events = ['start', 'end', 'asyncStart', 'asyncEnd', 'error']
const tracing = ['authenticate', 'fetch'].flatMap((name) => events.map((event) => `tracing:tollgate.${name}:${event}`))

function subscribed(): readonly string[] {
  return [...channels, ...tracing].filter((name) => hasSubscribers(name))
}

test('the channels have subscribers only between the start and the stop', () => {
  expect(subscribed()).toEqual([])
  const { telemetry } = openRecording()
  expect(subscribed()).toEqual([...channels, ...tracing.filter((name) => /:(start|asyncEnd)$/.test(name))])
  telemetry.stop()
  expect(subscribed()).toEqual([])
})

test('after the stop nothing is recorded, not even a running authentication', async () => {
  const recording = openRecording()
  const { issuer, outcome } = await openSetup()
  const stop = ({ purpose }: FetchTrace): void => (purpose === 'keys' ? recording.telemetry.stop() : undefined)
  onTestFinished(subscribe('tracing:tollgate.fetch:start', stop))
  expect(await outcome(await issuer.accessToken())).toBe('OK')
  expect(await outcome('')).toBe('malformed-credentials')
  expect(recording.spans().map(({ name }) => name)).toEqual(['tollgate fetch metadata'])
  expect(await recording.sum('tollgate.fetch.duration')).toBe(1)
  expect(await recording.sum('tollgate.verdicts')).toBe(0)
  expect(await recording.sum('tollgate.refusals')).toBe(0)
})

test('a second start with the same providers records nothing twice, and both starts need a stop', async () => {
  const { telemetry: first, meterProvider, tracerProvider, ...recording } = openRecording()
  const second = startTelemetry({ meterProvider, tracerProvider, reasons: ['mine'] })
  const { outcome } = await openSetup()
  const refusals = async (): Promise<number> => {
    await outcome('')
    return recording.sum('tollgate.refusals')
  }
  expect(await refusals()).toBe(1)
  expect(recording.spans()).toHaveLength(1)
  first.stop()
  first.stop()
  expect(await refusals()).toBe(2)
  second.stop()
  expect(await refusals()).toBe(2)
  expect(subscribed()).toEqual([])
  const third = startTelemetry({ meterProvider, tracerProvider })
  expect(await refusals()).toBe(3)
  third.stop()
})

test('without an SDK, telemetry starts, and the validator works', async () => {
  const telemetry = startTelemetry()
  const { issuer, outcome } = await openSetup()
  expect(await outcome(await issuer.accessToken())).toBe('OK')
  telemetry.stop()
  expect(subscribed()).toEqual([])
})

test.each<[string, unknown]>([
  ['null', null],
  ['an array', []],
  ['an unknown option', { meter: undefined }],
  ['a meter provider without `getMeter`', { meterProvider: { getTracer: () => undefined } }],
  ['a tracer provider that is a string', { tracerProvider: 'global' }],
  ['reasons that are a string', { reasons: 'mine' }],
  ['a reason that is a number', { reasons: ['mine', 1] }],
  ['an empty reason', { reasons: [''] }],
])('%s is an option error, and nothing starts', (_name, options) => {
  expect(() => startTelemetry(options as Parameters<typeof startTelemetry>[0])).toThrow(
    expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }),
  )
  expect(subscribed()).toEqual([])
})

test('inherited options are option errors, because they would be ignored', () => {
  const options = Object.create({ reasons: 'inherited' }) as object
  expect(() => startTelemetry(options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  expect(subscribed()).toEqual([])
})
