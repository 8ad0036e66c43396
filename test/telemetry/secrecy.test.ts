/** What `@tollgate/opentelemetry` exports contains nothing of a token, and nothing of a response. */
import { claims, createValidator, defineGuard, type Guard, Refusal, trustedIssuer } from '@tollgate/core'
import { expect, onTestFinished, test } from 'vitest'
import { openRecording } from './recording.ts'
import { catchWarnings, openSetup, requestWith } from './setup.ts'

const sentinels = {
  sub: 'sentinel-subject',
  client_id: 'sentinel-client',
  jti: 'sentinel-id',
  scope: 'read sentinel-scope',
  acr: 'sentinel-acr',
  username: 'sentinel-name',
  'sentinel-claim': 'sentinel-value',
}

const guards: readonly Guard[] = [
  claims(({ acr }) => acr !== 'sentinel-acr', 'sentinel-reason'),
  defineGuard({ check: ({ subject }) => new Refusal({ reason: `not-for-${subject}` }) }),
  defineGuard({
    check: ({ subject }) => {
      throw Object.assign(new Error(`No such row: ${subject}`), { name: `Sentinel of ${subject}`, code: subject })
    },
  }),
]

test('the telemetry of JWTs of resolved issuers contains no part of a token', async () => {
  const recording = openRecording()
  const { issuer, options } = await openSetup()
  const { url, clock } = issuer
  const validator = createValidator({ ...options, issuer: (iss) => (iss === url ? trustedIssuer(iss) : undefined) })
  onTestFinished(() => validator.close())
  const send = (token: string, ...checks: readonly Guard[]): Promise<unknown> =>
    validator.authenticate(requestWith(token), ...checks).catch((error: unknown) => error)

  await send(await issuer.accessToken(sentinels))
  for (const fault of [
    { exp: 0 },
    { aud: 'sentinel' },
    { iss: 'https://sentinel.example' },
    { cnf: { jkt: 'sentinel' } },
  ]) {
    await send(await issuer.accessToken({ ...sentinels, ...fault }))
  }
  await send(await issuer.accessToken(sentinels, { header: { kid: 'sentinel-kid' } }))
  await send('sentinel-opaque-token')
  for (const guard of guards) {
    await send(await issuer.accessToken(sentinels), guard)
  }
  const secretKey = { keys: [{ kty: 'oct', k: 'sentinel' }] }
  for (const fault of [
    { status: 503 },
    { status: 200, body: { keys: 'sentinel' } },
    { status: 200, body: secretKey },
  ]) {
    issuer.misbehave('jwks', fault)
    clock.advance('2h')
    await send(await issuer.accessToken(sentinels))
  }

  const exported = await recording.exported()
  expect(exported).not.toMatch(/sentinel/i)
  expect(exported).not.toContain(url)
  for (const metric of ['verdicts', 'unavailable', 'fetch.duration', 'document.loads']) {
    expect(Object.keys(await recording.sumsBy(`tollgate.${metric}`, 'tollgate.issuer')), metric).toEqual(['resolved'])
  }
  expect(await recording.sum('tollgate.failures')).toBe(1)
  expect(await recording.sum('tollgate.refusals', { 'tollgate.reason': 'other' })).toBe(2)
  expect(await recording.sum('tollgate.security.events')).toBe(1)
  expect(await recording.sumsBy('tollgate.unavailable', 'http.response.status_code')).toEqual({ 502: 2, 503: 1 })
})

test('the telemetry of introspection contains no part of a token or of a response', async () => {
  catchWarnings()
  const recording = openRecording()
  const { issuer, outcome } = await openSetup()
  const faults = [{}, { active: false }, { aud: undefined }, { aud: 'sentinel' }, { iss: 'https://sentinel.example' }]
  for (const fault of faults) {
    await outcome(await issuer.opaqueToken({ ...sentinels, ...fault }))
  }
  const refusal = { status: 401, headers: { 'x-a': 'sentinel' }, body: { error: 'sentinel' } }
  for (const fault of [refusal, { status: 200, body: 'sentinel' }]) {
    issuer.misbehave('introspection', fault)
    await outcome('sentinel-token')
  }
  const exported = await recording.exported()
  expect(exported).not.toContain('sentinel')
  expect(exported).not.toContain('/introspect')
  expect(await recording.sum('tollgate.misconfigurations')).toBe(2)
})

test('the telemetry of a failing shared cache contains no part of a stored value', async () => {
  const recording = openRecording()
  const fail = async (key: string): Promise<never> => {
    throw Object.assign(new Error(key), { code: `sentinel ${key}` })
  }
  const { issuer, outcome } = await openSetup({ cache: { get: fail, set: fail, delete: fail } })
  expect(await outcome(await issuer.opaqueToken())).toBe('OK')
  expect(await recording.exported()).not.toContain('sentinel')
  expect(await recording.lines('tollgate.cache.operations')).toEqual([
    'opaque get miss',
    'shared get failed',
    'shared get miss',
    'shared set failed',
  ])
})
