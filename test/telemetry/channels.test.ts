/** What subscribers of `node:diagnostics_channel` hear, and that nobody else pays for it. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createValidator, trustedIssuer } from '@tollgate/core'
import { expect, onTestFinished, test } from 'vitest'
import { breakAndMend, openAsking, reasonOf, requestWith } from '../harness/asking.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { claimsOf } from '../harness/key-issuer.ts'
import { listening } from '../harness/listening.ts'
import { memoryCache } from '../harness/memory-cache.ts'
import { audience, T0 } from '../harness/reference.ts'
import { openIssuerUpstream, status } from '../harness/upstream.ts'

const { jwk, privateKey } = keyPair('P-256')

function tokenOf(issuer: string): string {
  return jws({ alg: 'ES256', kid: 'k' }, claimsOf(issuer), privateKey, 'ES256')
}

test('every fetch is told, with what came of it', async () => {
  const told = listening('tollgate:fetch')
  const { url, routes } = await openIssuerUpstream([{ ...jwk, kid: 'k' }])
  routes['/jwks'] = status(503)
  const validator = createValidator({ issuer: url, audience, clock: () => T0 * 1000 })
  expect(await reasonOf(validator.authenticate(requestWith(tokenOf(url))))).toBe('upstream-error')
  const milliseconds = expect.toSatisfy((time: number) => time > 0) as unknown
  const common = { issuer: url, method: 'GET', outcome: 'answered', milliseconds }
  expect(told).toEqual([
    { ...common, purpose: 'metadata', url: `${url}/.well-known/oauth-authorization-server`, status: 200 },
    { ...common, purpose: 'keys', url: `${url}/jwks`, status: 503 },
  ])
})

test('a fetch without an answer tells why', async () => {
  const told = listening('tollgate:fetch')
  const issuer = trustedIssuer('https://as.example', { keys: 'http://127.0.0.1:1/jwks?secret=1' })
  const validator = createValidator({ issuer, audience, clock: () => T0 * 1000 })
  await reasonOf(validator.authenticate(requestWith(tokenOf('https://as.example'))))
  expect(told).toMatchObject([
    {
      purpose: 'keys',
      issuer: 'https://as.example',
      url: 'http://127.0.0.1:1/jwks',
      status: undefined,
      outcome: 'network',
    },
  ])
})

test('nothing of an answer or a token is told, whoever listens', async () => {
  const events = ['start', 'end', 'asyncStart', 'asyncEnd', 'error']
  const names = ['judgement', 'fetch'].flatMap((name) => events.map((event) => `tracing:tollgate.${name}:${event}`))
  const heard: string[] = []
  for (const name of [...names, 'tollgate:fetch', 'tollgate:verdict', 'tollgate:document']) {
    const listener = (message: unknown): void => void heard.push(JSON.stringify(message))
    subscribe(name, listener)
    onTestFinished(() => void unsubscribe(name, listener))
  }
  const { url } = await openIssuerUpstream([{ ...jwk, kid: 'k' }])
  const validator = createValidator({ issuer: url, audience, clock: () => T0 * 1000 })
  expect(await reasonOf(validator.authenticate(requestWith(tokenOf(url))))).toBe('OK')
  expect(heard.length).toBeGreaterThan(10)
  expect(heard.filter((text) => /alice|"k"|claims|keys":|subject|"result"|"body"/.test(text))).toEqual([])
  const told = listening('tollgate:fetch')
  await createValidator({ issuer: url, audience, clock: () => T0 * 1000 }).ready()
  const members = ['issuer', 'method', 'milliseconds', 'outcome', 'purpose', 'status', 'url']
  expect(told.map((message) => Object.keys(message).toSorted((one, other) => one.localeCompare(other)))).toEqual([
    members,
    members,
  ])
})

test('every verdict is told, and issuers that were found are not named', async () => {
  const told = listening('tollgate:verdict')
  const { url } = await openIssuerUpstream([{ ...jwk, kid: 'k' }])
  const fetches = listening('tollgate:fetch')
  for (const issuer of [url, () => trustedIssuer(url)]) {
    const validator = createValidator({ issuer, audience, clock: () => T0 * 1000 })
    expect(await reasonOf(validator.authenticate(requestWith(tokenOf(url))))).toBe('OK')
  }
  expect(told).toEqual([
    { outcome: 'accepted', issuer: url, kind: 'jwt' },
    { outcome: 'accepted', issuer: 'resolved', kind: 'jwt' },
  ])
  expect(fetches.map(({ issuer }) => issuer)).toEqual([url, url, 'resolved', 'resolved'])
})

test('every look-up of a verdict is told', async () => {
  const told = listening('tollgate:cache')
  const api = await openAsking({ validator: { cache: memoryCache() } })
  expect(await api.reason('t')).toBe('OK')
  expect(await api.reason('t')).toBe('OK')
  const lookUp = { operation: 'get', error: undefined }
  expect(told).toEqual([
    { ...lookUp, cache: 'opaque', outcome: 'miss' },
    { ...lookUp, cache: 'shared', outcome: 'miss' },
    { ...lookUp, cache: 'opaque', outcome: 'hit' },
  ])
})

test('every change of a breaker is told, once', async () => {
  const told = listening('tollgate:breaker')
  const api = await openAsking()
  await breakAndMend(api)
  const about = { issuer: api.server.url, lane: 'unknown' }
  expect(told).toEqual([
    { ...about, state: 'open' },
    { ...about, state: 'half-open' },
    { ...about, state: 'closed' },
  ])
})
