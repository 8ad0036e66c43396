/** How telemetry starts and stops, and what it costs otherwise: nothing. */
import { hasSubscribers } from 'node:diagnostics_channel'
import { scopes } from '@tollgate/core'
import { startTelemetry } from '@tollgate/opentelemetry'
import { expect, test } from 'vitest'
import { openAsking } from '../harness/asking.ts'
import { status } from '../harness/upstream.ts'
import { openRecording } from './recording.ts'

const plain = ['verdict', 'refusal', 'unavailable', 'failure', 'fetch', 'document', 'stale', 'rotation', 'breaker']
const channels = [...plain, 'cache', 'security', 'misconfiguration'].map((name) => `tollgate:${name}`)
const events = ['start', 'end', 'asyncStart', 'asyncEnd', 'error']
const traced = ['judgement', 'fetch'].flatMap((name) => events.map((event) => `tracing:tollgate.${name}:${event}`))

function subscribed(): readonly string[] {
  return [...channels, ...traced].filter((name) => hasSubscribers(name))
}

test('no channel has a subscriber before it starts and after it stops, and every plain one has meanwhile', () => {
  expect(subscribed()).toEqual([])
  const { telemetry } = openRecording()
  const ends = ['judgement', 'fetch'].flatMap((name) => [`tollgate.${name}:start`, `tollgate.${name}:asyncEnd`])
  expect(subscribed()).toEqual([...channels, ...ends.map((name) => `tracing:${name}`)])
  telemetry.stop()
  expect(subscribed()).toEqual([])
})

test('after it was stopped nothing more is recorded, what is under way included', async () => {
  const recording = openRecording()
  const api = await openAsking()
  expect(await api.reason('t', scopes('read'))).toBe('OK')
  let answer = (): void => undefined
  api.server.misbehave = (_request, response) => {
    answer = () => void response.writeHead(503).end()
    recording.telemetry.stop()
    answer()
  }
  const before = { spans: recording.spans().length, verdicts: await recording.sum('tollgate.verdicts') }
  expect(await api.reason('another')).toBe('upstream-error')
  api.server.misbehave = status(401)
  await api.reason('and another')
  expect(recording.spans()).toHaveLength(before.spans)
  expect(await recording.sum('tollgate.verdicts')).toBe(before.verdicts)
  expect(await recording.sum('tollgate.unavailable')).toBe(0)
  expect(await recording.sum('tollgate.fetch.duration')).toBe(2)
})

test('what is started twice with the same providers is recorded once, until both have stopped', async () => {
  const { telemetry: first, meterProvider, tracerProvider, ...recording } = openRecording()
  const second = startTelemetry({ meterProvider, tracerProvider, reasons: ['mine'] })
  const api = await openAsking()
  await api.reason('t')
  expect(await recording.sum('tollgate.verdicts')).toBe(1)
  expect(recording.spans().map(({ name }) => name)).toEqual([
    'tollgate fetch metadata',
    'tollgate fetch introspection',
    'tollgate authenticate',
  ])
  first.stop()
  first.stop()
  await api.reason('t')
  expect(await recording.sum('tollgate.verdicts')).toBe(2)
  second.stop()
  second.stop()
  await api.reason('t')
  expect(await recording.sum('tollgate.verdicts')).toBe(2)
  expect(subscribed()).toEqual([])
})

test('what was stopped can be started again', async () => {
  const recording = openRecording()
  const { meterProvider, tracerProvider, telemetry } = recording
  telemetry.stop()
  const again = startTelemetry({ meterProvider, tracerProvider })
  const api = await openAsking()
  await api.reason('t')
  again.stop()
  expect(await recording.sum('tollgate.verdicts')).toBe(1)
})

test('without an SDK it starts all the same, and judgements go on as ever', async () => {
  const telemetry = startTelemetry()
  const api = await openAsking()
  expect(await api.reason('t')).toBe('OK')
  telemetry.stop()
  expect(subscribed()).toEqual([])
})

test.each<[string, unknown]>([
  ['null', null],
  ['an array', []],
  ['an unknown option', { meter: undefined }],
  ['a meter provider that is none', { meterProvider: {} }],
  ['a tracer provider that is none', { tracerProvider: 'global' }],
  ['a tracer provider as the meter provider', { meterProvider: { getTracer: () => undefined } }],
  ['one reason that is no array', { reasons: 'mine' }],
  ['a reason that is no string', { reasons: ['mine', 1] }],
  ['an empty reason', { reasons: [''] }],
])('%s is refused at start-up, and nothing is started', (_name, options) => {
  const start = (): unknown => startTelemetry(options as Parameters<typeof startTelemetry>[0])
  expect(start).toThrow(expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }))
  expect(subscribed()).toEqual([])
})
