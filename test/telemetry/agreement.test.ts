/** The metrics agree with what went over the wire: with the answers that clients saw, and with the requests that upstream saw. */
import {
  claims,
  clientSecretBasic,
  createValidator,
  defineGuard,
  type Guard,
  Refusal,
  scopes,
  trustedIssuer,
} from '@tollgate/express'
import { createMockIssuer, type MockIssuer, wrongTokens } from '@tollgate/mock-issuer'
import { expect, onTestFinished, test } from 'vitest'
import { adapters } from '../harness/adapters.ts'
import { type Api, openApi } from '../harness/api.ts'
import { reasonOf, requestWith } from '../harness/asking.ts'
import { type Introspector, openIntrospector } from '../harness/introspecting.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { claimsOf } from '../harness/key-issuer.ts'
import { misbehaviours } from '../harness/misbehaviour.ts'
import { audience, T0 } from '../harness/reference.ts'
import type { Sent } from '../harness/send.ts'
import { openUpstream, status } from '../harness/upstream.ts'
import { countsOf, openRecording, type Recording } from './recording.ts'

const [express] = adapters

/** Refuses, or throws, when the token asks for it. */
const whims: Guard = defineGuard({
  check: (token) => {
    const { whim } = token.claims as { readonly whim?: string }
    if (whim === 'throw') {
      throw new Error('A bug in a guard')
    }
    return whim === 'refuse' ? new Refusal({ reason: 'whim' }) : undefined
  },
})
const isNotMallory = claims(({ sub }) => sub !== 'mallory', 'a reason of the guard')

interface Setup {
  readonly mock: MockIssuer
  readonly server: Introspector
  readonly recording: Recording
  /** Sends requests, and keeps the statuses of their answers. */
  readonly send: (...requests: readonly Sent[]) => Promise<void>
  readonly statuses: readonly number[]
}

/** One issuer of JWTs and one of opaque tokens, both over real HTTP. */
async function openSetup(): Promise<Setup> {
  const mock = await createMockIssuer({ audience, port: 'free' })
  onTestFinished(() => mock.close())
  mock.clock.freeze(T0 * 1000)
  const server = await openIntrospector()
  const introspection = { client: clientSecretBasic('api', 'a secret of the tests'), timeout: '500ms' } as const
  const recording = openRecording({ reasons: ['whim'] })
  const api = await openApi(express as NonNullable<typeof express>, {
    protection: {
      audience,
      clock: mock.clock,
      issuer: [trustedIssuer(mock.url), trustedIssuer(server.url, { introspection })],
    },
    guards: [scopes('read'), isNotMallory, whims],
  })
  const statuses: number[] = []
  return { mock, server, recording, statuses, send: (...requests) => sendAll(api, requests, statuses) }
}

async function sendAll(api: Api, requests: readonly Sent[], statuses: number[]): Promise<void> {
  for (const request of requests) {
    statuses.push((await api.send(request)).status)
  }
}

function bearer(token: string): Sent {
  return { headers: [['Authorization', `Bearer ${token}`]] }
}

async function sendGoodAndBad({ mock, server, send }: Setup): Promise<void> {
  server.answer = (token) => (token.startsWith('opaque') ? server.active() : { active: false })
  const good = await mock.accessToken({ scope: 'read' })
  await send(bearer(good), bearer(good), {}, { path: '/optional' }, { ...bearer(good), path: '/optional' })
  await send({ headers: [['Authorization', 'Bearer']] }, { headers: [['Authorization', 'Basic YTpi']] })
  for (const name of wrongTokens) {
    await send(bearer(await mock.wrongToken(name)))
  }
  await send(bearer(await mock.accessToken({ scope: 'other' })))
  await send(bearer(await mock.accessToken({ scope: 'read', sub: 'mallory' })))
  await send(bearer(await mock.accessToken({ scope: 'read', whim: 'refuse' })))
  await send(bearer(await mock.accessToken({ scope: 'read', whim: 'throw' })))
  await send(bearer('opaque-1'), bearer('opaque-1'), bearer('opaque-2'), bearer('revoked'))
}

/** The last of them are answered by the breaker, and ask nobody. */
async function sendInOutages({ mock, server, send }: Setup): Promise<void> {
  for (const fault of ['answers 503', 'answers HTML', 'closes the connection', 'hangs before it answers'] as const) {
    server.misbehave = misbehaviours[fault]?.act
    await send(bearer(`opaque while it ${fault}`.replaceAll(' ', '-')))
  }
  server.misbehave = status(401)
  for (let round = 0; round < 8; round += 1) {
    await send(bearer(`opaque-${round}-refused`))
  }
  mock.misbehave('jwks', { status: 500 })
  mock.clock.advance('2h')
  const late = await mock.accessToken({ scope: 'read' })
  await send(bearer(late), bearer(late))
}

test('the sums by status are those of the answers that clients saw', async () => {
  const setup = await openSetup()
  const { recording } = setup
  await sendGoodAndBad(setup)
  await sendInOutages(setup)

  const seen = countsOf(setup.statuses)
  const failures = await recording.sum('tollgate.failures')
  const told = {
    ...(await recording.sumsBy('tollgate.refusals', 'http.response.status_code')),
    ...(await recording.sumsBy('tollgate.unavailable', 'http.response.status_code')),
  }
  expect(failures).toBe(1)
  expect({ ...told, 500: (told[500] ?? 0) + failures }).toEqual({ ...seen, 200: undefined })
  // A request without credentials is let through where they are optional; a good token may yet be refused, or fall victim to a bug.
  expect(await recording.sum('tollgate.verdicts')).toBe(Number(seen[200]) - 1 + Number(seen[403]) + failures)
  expect(Object.keys(seen)).toEqual(['200', '400', '401', '403', '500', '502', '503'])
  expect(await recording.sumsBy('tollgate.verdicts', 'tollgate.token.kind')).toEqual({ jwt: 7, opaque: 3 })
})

test('the sums by reason tell the reasons of guards apart only when they are listed', async () => {
  const setup = await openSetup()
  await sendGoodAndBad(setup)
  const reasons = await setup.recording.sumsBy('tollgate.refusals', 'tollgate.reason', {
    'http.response.status_code': 403,
  })
  expect(reasons).toEqual({ 'missing-scope': 1, whim: 1, other: 1 })
})

test('the sums by purpose are those of the requests that upstream saw', async () => {
  const setup = await openSetup()
  const { recording, mock, server } = setup
  await sendGoodAndBad(setup)
  await sendInOutages(setup)

  const ofMock = await recording.sumsBy('tollgate.fetch.duration', 'tollgate.fetch.purpose', {
    'tollgate.issuer': mock.url,
  })
  const seenByMock = countsOf(mock.requests.map(({ endpoint }) => (endpoint === 'jwks' ? 'keys' : endpoint)))
  expect(ofMock).toEqual(seenByMock)
  const ofServer = await recording.sumsBy('tollgate.fetch.duration', 'tollgate.fetch.purpose', {
    'tollgate.issuer': server.url,
  })
  expect(ofServer).toEqual({
    metadata: server.upstream.count('/.well-known/oauth-authorization-server'),
    introspection: server.upstream.count('/introspect'),
  })
  expect(recording.spans().filter(({ name }) => name.startsWith('tollgate fetch'))).toHaveLength(
    mock.requests.length + server.upstream.asked.length,
  )
})

test('the sums by status of fetches are those that upstream answered', async () => {
  const setup = await openSetup()
  await sendInOutages(setup)
  const { recording, server } = setup
  const asked = { 'tollgate.issuer': server.url, 'tollgate.fetch.purpose': 'introspection' }
  const statuses = await recording.sumsBy('tollgate.fetch.duration', 'http.response.status_code', asked)
  const outcomes = await recording.sumsBy('tollgate.fetch.duration', 'tollgate.outcome', asked)
  const refused = server.upstream.count('/introspect') - 4
  // The breaker has spared upstream some requests, and none of those is counted.
  expect(refused).toBeLessThan(8)
  expect(statuses).toEqual({ 503: 1, 200: 1, none: 2, 401: refused })
  expect(outcomes).toEqual({ answered: 2 + refused, network: 1, timeout: 1 })
})

test('a fetch that was held back, for its address is not public, is not measured', async () => {
  const recording = openRecording()
  const upstream = await openUpstream()
  const validator = createValidator({
    issuer: (iss) => trustedIssuer(iss, { network: 'public' }),
    audience,
    clock: () => T0 * 1000,
  })
  const { privateKey } = keyPair('P-256')
  const token = jws({ alg: 'ES256', kid: 'k' }, claimsOf(upstream.url), privateKey, 'ES256')
  expect(await reasonOf(validator.authenticate(requestWith(token)))).toBe('insecure-endpoint')
  expect(upstream.asked).toEqual([])
  expect(await recording.sum('tollgate.fetch.duration')).toBe(0)
  expect(await recording.sum('tollgate.unavailable', { 'tollgate.reason': 'insecure-endpoint' })).toBe(1)
})
