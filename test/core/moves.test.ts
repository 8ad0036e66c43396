/** Key sets that move: metadata that names another `jwks_uri` than before. */
import { createValidator, type Validator } from '@tollgate/core'
import { expect, test } from 'vitest'
import { reasonOf, requestWith } from '../harness/asking.ts'
import { jws, type KeyPair, keyPair } from '../harness/jws.ts'
import { claimsOf } from '../harness/key-issuer.ts'
import { audience, T0 } from '../harness/reference.ts'
import { until } from '../harness/until.ts'
import { json, openIssuerUpstream, status, type Upstream } from '../harness/upstream.ts'

const first = keyPair('P-256')
const second = keyPair('P-256')
const metadata = '/.well-known/oauth-authorization-server'

function set({ jwk }: KeyPair): object {
  return { keys: [{ ...jwk, kid: jwk.x }] }
}

interface Scene {
  readonly upstream: Upstream
  readonly validator: Validator
  readonly time: { now: number }
  readonly present: (pair: KeyPair) => Promise<string>
  /** Names another place in the metadata. */
  readonly moveTo: (path: string) => void
}

async function open(): Promise<Scene> {
  const upstream = await openIssuerUpstream(Object.values(set(first)).flat())
  const time = { now: T0 }
  const validator = createValidator({ issuer: upstream.url, audience, clock: () => time.now * 1000 })

  function present({ privateKey, jwk }: KeyPair): Promise<string> {
    const claims = { ...claimsOf(upstream.url), exp: T0 + 100_000 }
    return reasonOf(validator.authenticate(requestWith(jws({ alg: 'ES256', kid: jwk.x }, claims, privateKey, 'ES256'))))
  }

  function moveTo(path: string): void {
    upstream.routes[metadata] = json({ issuer: upstream.url, jwks_uri: `${upstream.url}${path}` })
  }

  return { upstream, validator, time, present, moveTo }
}

test('a set that moves to a place that fails leaves the keys of the place before', async () => {
  const scene = await open()
  expect(await scene.present(first)).toBe('OK')
  scene.moveTo('/elsewhere')
  scene.time.now += 50 * 60
  expect(await scene.present(first)).toBe('OK')
  await until(() => scene.upstream.count(metadata) === 2)
  expect(await scene.present(first)).toBe('OK')
  expect(scene.upstream.count('/elsewhere')).toBe(1)
  expect(scene.validator.health()).toMatchObject({ status: 'degraded', issuers: [{ keys: { state: 'stale' } }] })
  scene.upstream.routes['/elsewhere'] = json(set(second))
  scene.time.now += 36
  expect(await scene.present(second)).toBe('OK')
  expect(await scene.present(first)).toBe('unknown-key')
})

test('when there is nothing any more where the keys were, the metadata is asked for the place of a new one', async () => {
  const scene = await open()
  expect(await scene.present(first)).toBe('OK')
  scene.upstream.routes['/elsewhere'] = json(set(second))
  scene.upstream.routes['/jwks'] = status(404)
  scene.moveTo('/elsewhere')
  scene.time.now += 61
  expect(await scene.present(second)).toBe('OK')
  expect(scene.upstream.count(metadata)).toBe(2)
})

test('metadata that is new, or says nothing new, is not asked again and again', async () => {
  const scene = await open()
  expect(await scene.present(first)).toBe('OK')
  scene.upstream.routes['/jwks'] = status(404)
  expect(await scene.present(second)).toBe('unknown-key')
  expect(scene.upstream.count(metadata)).toBe(1)
  scene.time.now += 61
  for (let round = 0; round < 5; round += 1) {
    expect(await scene.present(second)).toBe('unknown-key')
    expect(await scene.present(first)).toBe('OK')
  }
  expect(scene.upstream.count(metadata)).toBe(2)
})

test('a place that was left is forgotten, so that one that moves for ever does not grow', async () => {
  const scene = await open()
  const { routes, url } = scene.upstream
  const place = { now: '/jwks' }
  routes['/elsewhere'] = json(set(second))
  routes[metadata] = (_request, response) => {
    const document = JSON.stringify({ issuer: url, jwks_uri: `${url}${place.now}` })
    response.writeHead(200, { 'cache-control': 'max-age=60' }).end(document)
  }
  expect(await scene.present(first)).toBe('OK')
  for (const [path, pair] of [
    ['/elsewhere', second],
    ['/jwks', first],
  ] as const) {
    place.now = path
    scene.time.now += 61
    expect(await scene.present(pair)).toBe('OK')
  }
  // Nothing is left of what was fetched there before, though it would be fresh.
  expect(scene.upstream.count('/jwks')).toBe(2)
})
