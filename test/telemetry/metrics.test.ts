/** The metrics of `@tollgate/opentelemetry`. */
import { claims, createValidator, defineGuard, Refusal, scopes, trustedIssuer } from '@tollgate/core'
import type { Channels } from '@tollgate/core/diagnostics'
import tollgate from '@tollgate/fastify'
import fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { openRecording } from './recording.ts'
import { catchWarnings, messagesOf, openAndCloseCircuit, openSetup, requestWith, type Setup } from './setup.ts'

const isNotMallory = claims(({ sub }) => sub !== 'mallory', 'a reason of the guard')
/** Refuses the request or throws, as the token says. */
const obedient = defineGuard({
  check: ({ subject }) => {
    if (subject === 'throw') {
      throw new Error('A bug in a guard')
    }
    return subject === 'refuse' ? new Refusal({ reason: 'obedient' }) : 'pass'
  },
})

/** Sends requests to a Fastify application, and records the statuses of its responses. */
interface Client extends Setup {
  readonly send: (token: string | undefined, path?: '/orders' | '/catalogue') => Promise<void>
  readonly statuses: readonly number[]
}

async function openClient(): Promise<Client> {
  const setup = await openSetup()
  const app = fastify()
  await app.register(tollgate, { validator: setup.validator })
  app.get('/orders', { onRequest: app.protect(scopes('read'), isNotMallory, obedient) }, async () => ({}))
  app.get('/catalogue', { onRequest: app.protect.optional() }, async () => ({}))
  const statuses: number[] = []
  return {
    ...setup,
    statuses,
    send: async (token, url = '/orders') => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
      statuses.push((await app.inject({ url, headers })).statusCode)
    },
  }
}

/** Seven valid JWTs and two valid opaque tokens among them. */
async function sendGoodAndBadTokens({ issuer, send }: Client): Promise<void> {
  const jwt = await issuer.accessToken({ scope: 'read' })
  await send(jwt)
  await send(jwt)
  await send(jwt, '/catalogue')
  for (const subject of ['mallory', 'refuse', 'throw']) {
    await send(await issuer.accessToken({ scope: 'read', sub: subject }))
  }
  await send(await issuer.accessToken({ scope: 'other' }))
  const opaque = await issuer.opaqueToken({ scope: 'read' })
  await send(opaque)
  await send(opaque)
  await send(undefined)
  await send(undefined, '/catalogue')
  await send('')
  for (const name of ['expired', 'wrongAudience', 'unsigned', 'garbage'] as const) {
    await send(await issuer.wrongToken(name))
  }
}

async function sendDuringOutages({ issuer, send }: Client): Promise<void> {
  for (const fault of [{ status: 503 }, 'empty', 'cut-off', { status: 401 }] as const) {
    issuer.misbehave('introspection', fault)
    await send('made-up')
  }
  issuer.misbehave('jwks', { status: 500 })
  issuer.clock.advance('2h')
  const token = await issuer.accessToken({ scope: 'read' })
  await send(token)
  await send(token)
}

test('refusals, outages and failures agree with the statuses that clients get', async () => {
  catchWarnings()
  const recording = openRecording({ reasons: ['obedient'] })
  const client = await openClient()
  await sendGoodAndBadTokens(client)
  await sendDuringOutages(client)

  const count = (status: number): number => client.statuses.filter((one) => one === status).length
  const refusals = await recording.sumsBy('tollgate.refusals', 'http.response.status_code')
  const outages = await recording.sumsBy('tollgate.unavailable', 'http.response.status_code')
  expect(refusals).toEqual({ 400: count(400), 401: count(401), 403: count(403) })
  expect(outages).toEqual({ 500: count(500) - 1, 502: count(502), 503: count(503) })
  expect(await recording.sumsBy('tollgate.failures', 'tollgate.outcome')).toEqual({ internal_error: 1 })
  expect(await recording.sumsBy('tollgate.verdicts', 'tollgate.token.kind')).toEqual({ jwt: 7, opaque: 2 })
  const forbidden = { 'http.response.status_code': 403 }
  const reasons = await recording.sumsBy('tollgate.refusals', 'tollgate.reason', forbidden)
  expect(reasons, 'a reason of a guard is other unless it is listed').toEqual({
    'missing-scope': 1,
    obedient: 1,
    other: 1,
  })
})

test('fetches agree with the requests that the issuer gets, and their durations are in seconds', async () => {
  catchWarnings()
  const fetches = messagesOf('tollgate:fetch')
  const recording = openRecording()
  const client = await openClient()
  await sendGoodAndBadTokens(client)
  await sendDuringOutages(client)

  const count = (endpoint: string): number =>
    client.issuer.requests.filter((request) => request.endpoint === endpoint).length
  const all = { metadata: count('metadata'), keys: count('jwks'), introspection: count('introspection') }
  expect(await recording.sumsBy('tollgate.fetch.duration', 'tollgate.fetch.purpose')).toEqual(all)
  const introspection = { 'tollgate.fetch.purpose': 'introspection', 'tollgate.issuer': client.issuer.url }
  const statuses = await recording.sumsBy('tollgate.fetch.duration', 'http.response.status_code', introspection)
  expect(statuses).toEqual({ 200: all.introspection - 2, 401: 1, 503: 1 })
  const outcomes = await recording.sumsBy('tollgate.fetch.duration', 'tollgate.outcome', introspection)
  expect(outcomes).toEqual({ answered: all.introspection - 1, truncated: 1 })
  const seconds = (await recording.series('tollgate.fetch.duration')).reduce((sum, one) => sum + one.sum, 0)
  expect(seconds).toBeCloseTo(fetches.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000)
})

test('a fetch is not measured if the library does not send it', async () => {
  const recording = openRecording()
  const { issuer } = await openSetup()
  const validator = createValidator({
    issuer: (iss) => trustedIssuer(iss, { network: 'public' }),
    audience: 'https://api.example.com',
    clock: issuer.clock,
  })
  onTestFinished(() => validator.close())
  const token = await issuer.accessToken({ iss: 'https://127.0.0.1' })
  await expect(validator.authenticate(requestWith(token))).rejects.toMatchObject({ reason: 'insecure-endpoint' })
  expect(await recording.sum('tollgate.fetch.duration')).toBe(0)
  expect(await recording.sum('tollgate.unavailable')).toBe(1)
})

const counters: Readonly<Partial<Record<keyof Channels, string>>> = {
  'tollgate:document': 'tollgate.document.loads',
  'tollgate:stale': 'tollgate.document.stale_uses',
  'tollgate:rotation': 'tollgate.rotations',
  'tollgate:breaker': 'tollgate.breaker.transitions',
  'tollgate:cache': 'tollgate.cache.operations',
  'tollgate:security': 'tollgate.security.events',
  'tollgate:misconfiguration': 'tollgate.misconfigurations',
}

test('each counter counts the messages of its channel', async () => {
  catchWarnings()
  const recording = openRecording()
  const messages = Object.keys(counters).map((name) => messagesOf(name as keyof Channels))
  const setup = await openSetup()
  const { issuer, outcome } = setup
  await outcome(await issuer.accessToken())
  issuer.clock.advance('15m')
  issuer.misbehave('jwks', { status: 503 })
  await outcome(await issuer.accessToken())
  issuer.clock.advance('2h')
  issuer.behave()
  await issuer.rotateKeys({ previous: 'withdrawn' })
  await issuer.rotateKeys()
  await outcome(await issuer.accessToken())
  await openAndCloseCircuit(setup)
  await outcome(await issuer.opaqueToken({ aud: undefined }))
  issuer.misbehave('jwks', { status: 200, body: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } })
  issuer.clock.advance('2h')
  await outcome(await issuer.accessToken())

  const counts = messages.map(({ length }) => length)
  expect(await Promise.all(Object.values(counters).map((metric) => recording.sum(metric)))).toEqual(counts)
  expect(counts).not.toContain(0)
  const { url } = issuer
  expect(await recording.lines('tollgate.document.stale_uses')).toContain(`keys ${url}`)
  expect(await recording.lines('tollgate.document.loads')).toContain(`keys ${url} failed upstream-error`)
  expect(await recording.lines('tollgate.breaker.transitions')).toEqual(
    ['closed', 'half-open', 'open'].map((state) => `${url} unknown ${state}`),
  )
  expect(await recording.lines('tollgate.cache.operations')).toEqual(['jwt get miss', 'opaque get miss'])
  expect(await recording.lines('tollgate.security.events')).toEqual(['symmetric-key-published'])
  expect(await recording.lines('tollgate.misconfigurations')).toEqual(['credentials-refused', 'missing-audience'])
  const keys = await recording.sumsBy('tollgate.rotation.keys', 'tollgate.rotation.change', { 'tollgate.issuer': url })
  expect(keys).toEqual({ added: 2, removed: 1 })
})
