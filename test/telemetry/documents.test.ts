/** What becomes of keys, metadata and circuits, in numbers. */
import { createValidator } from '@tollgate/core'
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import { expect, onTestFinished, test } from 'vitest'
import { breakAndMend, openAsking, reasonOf, requestWith } from '../harness/asking.ts'
import { openRecording, type Recording } from './recording.ts'

interface Trusting {
  readonly issuer: MockIssuer
  readonly recording: Recording
  /** What becomes of a good token. */
  readonly reason: () => Promise<string>
}

async function openTrusting(): Promise<Trusting> {
  const issuer = await createMockIssuer({ port: 'free' })
  const validator = createValidator(issuer.validatorOptions)
  onTestFinished(async () => {
    await validator.close()
    await issuer.close()
  })
  const reason = async (): Promise<string> =>
    reasonOf(validator.authenticate(requestWith(await issuer.accessToken({}))))
  return { issuer, recording: openRecording(), reason }
}

test('a rotation counts once, and so does every key that came or went', async () => {
  const { issuer, recording, reason } = await openTrusting()
  expect(await reason()).toBe('OK')
  expect(await recording.sum('tollgate.rotations')).toBe(0)
  await issuer.rotateKeys({ previous: 'withdrawn' })
  await issuer.rotateKeys({ previous: 'published' })
  expect(await reason()).toBe('OK')
  expect(await recording.sum('tollgate.rotations', { 'tollgate.issuer': issuer.url })).toBe(1)
  const keys = await recording.sumsBy('tollgate.rotation.keys', 'tollgate.rotation.change')
  expect(keys).toEqual({ added: 2, removed: 1 })
})

test('keys that are no longer fresh count as such, and so do the attempts to load them', async () => {
  const { issuer, recording, reason } = await openTrusting()
  expect(await reason()).toBe('OK')
  issuer.misbehave('jwks', { status: 500 })
  issuer.clock.advance('15m')
  expect([await reason(), await reason()]).toEqual(['OK', 'OK'])
  const ofKeys = { 'tollgate.document.kind': 'keys', 'tollgate.issuer': issuer.url }
  expect(await recording.sum('tollgate.document.stale_uses', ofKeys)).toBe(2)
  expect(await recording.sumsBy('tollgate.document.loads', 'tollgate.outcome', ofKeys)).toEqual({
    loaded: 1,
    failed: issuer.requests.filter(({ endpoint }) => endpoint === 'jwks').length - 1,
  })
  expect(await recording.sumsBy('tollgate.document.loads', 'tollgate.reason', ofKeys)).toEqual({
    none: 1,
    'upstream-error': 1,
  })
})

test('a circuit counts with every state that it changes to', async () => {
  const recording = openRecording()
  const api = await openAsking()
  await breakAndMend(api)
  const unknown = { 'tollgate.breaker.lane': 'unknown', 'tollgate.issuer': api.server.url }
  const states = await recording.sumsBy('tollgate.breaker.transitions', 'tollgate.breaker.state', unknown)
  expect(states).toEqual({ open: 1, 'half-open': 1, closed: 1 })
})

test('durations are in seconds', async () => {
  const { recording, issuer, reason } = await openTrusting()
  issuer.misbehave('jwks', { delay: '0.1s' })
  expect(await reason()).toBe('OK')
  const series = await recording.series('tollgate.fetch.duration')
  const ofKeys = series.find(({ attributes }) => attributes['tollgate.fetch.purpose'] === 'keys')
  expect(ofKeys?.total).toBeGreaterThan(0.09)
  expect(ofKeys?.total).toBeLessThan(50)
})
