/** Nothing that comes out of a token, or out of what somebody answers, is in what is exported. */
import {
  claims,
  createValidator,
  defineGuard,
  type Guard,
  Refusal,
  type TrustedIssuer,
  trustedIssuer,
} from '@tollgate/core'
import { expect, test } from 'vitest'
import { openAsking, reasonOf, requestWith } from '../harness/asking.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { claimsOf } from '../harness/key-issuer.ts'
import { audience, T0 } from '../harness/reference.ts'
import { json, openUpstream, status, type Upstream } from '../harness/upstream.ts'
import { openRecording } from './recording.ts'

const { jwk, privateKey } = keyPair('P-256')
const clock = (): number => T0 * 1000

const sentinels = {
  sub: 'sentinel-subject',
  client_id: 'sentinel-client',
  jti: 'sentinel-id',
  scope: 'read sentinel-scope',
  acr: 'sentinel-acr',
  username: 'sentinel-name',
  'sentinel-claim': 'sentinel-value',
}

function tokenOf(iss: string, changes: object = {}, header: object = {}): string {
  const signed = { alg: 'ES256', kid: 'sentinel-kid', ...header }
  return jws(signed, { ...claimsOf(iss), ...sentinels, ...changes }, privateKey, 'ES256')
}

/** Tenants at paths that a stranger can choose: their names are out of tokens. */
async function openTenants(): Promise<Upstream> {
  const upstream = await openUpstream()
  const { url, routes } = upstream
  for (const tenant of ['good', 'down', 'odd', 'leaky']) {
    const issuer = `${url}/sentinel-${tenant}`
    routes[`/.well-known/oauth-authorization-server/sentinel-${tenant}`] = json({ issuer, jwks_uri: `${issuer}/jwks` })
  }
  routes['/sentinel-good/jwks'] = json({ keys: [{ ...jwk, kid: 'sentinel-kid' }] })
  routes['/sentinel-down/jwks'] = status(503)
  routes['/sentinel-odd/jwks'] = json({ keys: 'sentinel-answer' })
  const { d } = privateKey.export({ format: 'jwk' })
  routes['/sentinel-leaky/jwks'] = json({
    keys: [
      { ...jwk, kid: 'sentinel-kid', d },
      { kty: 'oct', k: 'sentinel' },
    ],
  })
  return upstream
}

const guardOfClaims = claims(({ acr }) => acr !== 'sentinel-acr', 'sentinel-reason')
const guardWithReason = defineGuard({ check: ({ subject }) => new Refusal({ reason: `not-for-${subject}` }) })
const guardThatThrows = defineGuard({
  check: ({ subject }) => {
    throw Object.assign(new Error(`No such row: ${subject}`), { name: `Sentinel of ${subject}`, code: subject })
  },
})

test('when the issuers are found by a function, and however their tokens are judged', async () => {
  const recording = openRecording()
  const { url } = await openTenants()
  const find = (iss: string): TrustedIssuer | undefined =>
    iss.startsWith(url) ? trustedIssuer(iss, { network: 'any' }) : undefined
  const validator = createValidator({ issuer: find, audience, clock })
  const judge = (token: string, ...guards: readonly Guard[]): Promise<unknown> =>
    validator.authenticate(requestWith(token), ...guards).catch((error: unknown) => error)

  const good = `${url}/sentinel-good`
  await judge(tokenOf(good))
  for (const fault of [{ exp: 0 }, { aud: 'sentinel-audience' }, { nbf: T0 + 900 }, { cnf: { jkt: 'sentinel-key' } }]) {
    await judge(tokenOf(good, fault))
  }
  await judge(tokenOf(good, {}, { kid: 'sentinel-other-kid' }))
  await judge(tokenOf(good, {}, { alg: 'sentinel-alg' }))
  await judge(tokenOf('https://sentinel-stranger.example'))
  await judge('sentinel-opaque-token')
  for (const guard of [guardOfClaims, guardWithReason, guardThatThrows]) {
    await judge(tokenOf(good), guard)
  }
  for (const tenant of ['down', 'odd', 'leaky', 'unheard-of']) {
    await judge(tokenOf(`${url}/sentinel-${tenant}`))
  }

  const exported = await recording.exported()
  expect(exported).not.toMatch(/sentinel/i)
  expect(exported).not.toContain(url)
  for (const metric of ['verdicts', 'unavailable', 'fetch.duration', 'document.loads']) {
    expect(Object.keys(await recording.sumsBy(`tollgate.${metric}`, 'tollgate.issuer')), metric).toEqual(['resolved'])
  }
  expect(await recording.sum('tollgate.verdicts')).toBe(4)
  expect(await recording.sum('tollgate.failures')).toBe(1)
  expect(await recording.sum('tollgate.refusals', { 'tollgate.reason': 'other' })).toBe(2)
  expect(await recording.sumsBy('tollgate.security.events', 'tollgate.event')).toEqual({
    'private-key-published': 1,
    'symmetric-key-published': 1,
  })
  expect(await recording.sumsBy('tollgate.unavailable', 'http.response.status_code')).toEqual({ 502: 2, 503: 1 })
})

test('when tokens are introspected, and the server misbehaves', async () => {
  const recording = openRecording()
  const api = await openAsking()
  const { server } = api
  server.answer = () => server.active(sentinels)
  expect(await api.reason('sentinel-token')).toBe('OK')
  for (const fault of [
    { active: false },
    { aud: undefined },
    { aud: 'sentinel' },
    { iss: 'https://sentinel.example' },
  ]) {
    server.answer = () => server.active({ ...sentinels, ...fault })
    await api.reason(`sentinel-token-${JSON.stringify(fault).replaceAll(/\W/g, '')}`)
  }
  server.misbehave = (_request, response) => response.writeHead(401, { 'x-a': 'sentinel' }).end('{"error":"sentinel"}')
  await api.reason('sentinel-token-2')
  server.misbehave = ({ socket }) => void socket.end('HTTP/1.1 sentinel\r\n')
  await api.reason('sentinel-token-3')
  const exported = await recording.exported()
  expect(exported).not.toContain('sentinel')
  expect(exported).not.toContain('/introspect')
  expect(await recording.sumsBy('tollgate.misconfigurations', 'tollgate.event')).toEqual({
    'missing-audience': 1,
    'credentials-refused': 1,
  })
})

test('when a shared cache puts what it stores into its errors', async () => {
  const recording = openRecording()
  const fail = async (key: string): Promise<never> => {
    throw Object.assign(new Error(key), { code: `sentinel ${key}` })
  }
  const api = await openAsking({ validator: { cache: { get: fail, set: fail, delete: fail } } })
  expect(await api.reason('t')).toBe('OK')
  expect(await reasonOf(api.authenticate('t'))).toBe('OK')
  expect(await recording.exported()).not.toContain('sentinel')
  const series = await recording.series('tollgate.cache.operations')
  const told = series.map(({ attributes, value }) => [...Object.values(attributes), value].join(' '))
  expect(told.toSorted()).toEqual([
    'opaque get hit 1',
    'opaque get miss 1',
    'shared get failed 1',
    'shared get miss 1',
    'shared set failed 1',
  ])
})
