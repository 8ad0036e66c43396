/** Key sets that move: the metadata names another `jwks_uri` than before. */
import { createValidator, type Validator } from '@tollgate/core'
import { expect, test } from 'vitest'
import { messagesOn } from '../harness/channel-messages.ts'
import { json, status } from '../harness/responses.ts'
import { claimsOf, openScriptedIssuer, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'
import { waitFor } from '../harness/wait-for.ts'
import { jws, type KeyPair, keyPair } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'

const first = keyPair('P-256')
const second = keyPair('P-256')
const metadata = '/.well-known/oauth-authorization-server'

function set({ jwk }: KeyPair): object {
  return { keys: [{ ...jwk, kid: jwk.x }] }
}

interface Scene {
  readonly issuer: ScriptedIssuer
  readonly validator: Validator
  readonly time: { now: number }
  readonly present: (pair: KeyPair) => Promise<string>
  /** Makes the metadata name another place. */
  readonly moveTo: (path: string) => void
}

async function open(): Promise<Scene> {
  const issuer = await openScriptedIssuer(Object.values(set(first)).flat())
  const time = { now: T0 }
  const validator = createValidator({ issuer: issuer.url, audience, clock: () => time.now * 1000 })

  function present({ privateKey, jwk }: KeyPair): Promise<string> {
    const claims = { ...claimsOf(issuer.url), exp: T0 + 1_000_000 }
    return reasonOf(validator.authenticate(requestWith(jws({ alg: 'ES256', kid: jwk.x }, claims, privateKey, 'ES256'))))
  }

  function moveTo(path: string): void {
    issuer.routes[metadata] = json({ issuer: issuer.url, jwks_uri: `${issuer.url}${path}` })
  }

  return { issuer, validator, time, present, moveTo }
}

test('when the new place of the keys fails, the keys of the last place serve', async () => {
  const scene = await open()
  expect(await scene.present(first)).toBe('OK')
  scene.moveTo('/elsewhere')
  scene.time.now += 9 * 60
  await waitFor(async () => {
    expect(await scene.present(first)).toBe('OK')
    return scene.validator.health().issuers[0]?.keys?.lastFailure === 'not-found'
  })
  expect(await scene.present(first)).toBe('OK')
  expect([scene.issuer.count(metadata), scene.issuer.count('/elsewhere')]).toEqual([2, 1])
  expect(scene.validator.health()).toMatchObject({ status: 'degraded', issuers: [{ keys: { state: 'stale' } }] })
  scene.issuer.routes['/elsewhere'] = json(set(second))
  scene.time.now += 36
  expect(await scene.present(second)).toBe('OK')
  expect(await scene.present(first)).toBe('unknown-key')
})

test.each([
  ['hangs', () => undefined],
  ['is not there', status(404)],
  ['fails', status(500)],
  ['has no usable key', json({ keys: [{ ...first.jwk, use: 'enc' }] })],
])('when the new place %s, concurrent requests are served with the keys of the last place', async (_what, act) => {
  const scene = await open()
  const stale = messagesOn('tollgate:stale')
  expect(await scene.present(first)).toBe('OK')
  scene.issuer.routes['/elsewhere'] = act
  scene.moveTo('/elsewhere')
  scene.time.now += 61 * 60
  scene.issuer.routes['/jwks'] = json(set(first))
  const all = await Promise.all(Array.from({ length: 20 }, () => scene.present(first)))
  expect(new Set(all)).toEqual(new Set(['OK']))
  await scene.validator.ready()
  expect(scene.issuer.count('/elsewhere')).toBeGreaterThan(0)
  const ofKeys = stale.filter(({ issuer, document }) => issuer === scene.issuer.url && document === 'keys')
  expect(ofKeys.length).toBeGreaterThan(0)
})

test('without metadata, the keys are fetched at their last place', async () => {
  const scene = await open()
  expect(await scene.present(first)).toBe('OK')
  scene.issuer.routes[metadata] = status(503)
  for (let hours = 0; hours < 5; hours += 1) {
    scene.time.now += 3600
    expect(await scene.present(first)).toBe('OK')
  }
  scene.issuer.routes['/jwks'] = json(set(second))
  expect(await scene.present(second)).toBe('OK')
  expect(await scene.present(first)).toBe('unknown-key')
  expect(scene.validator.health()).toMatchObject({ status: 'degraded', issuers: [{ keys: { state: 'fresh' } }] })
})

test('a move to other keys is published as a rotation', async () => {
  const scene = await open()
  const rotations = messagesOn('tollgate:rotation')
  expect(await scene.present(first)).toBe('OK')
  scene.issuer.routes['/elsewhere'] = json(set(second))
  scene.moveTo('/elsewhere')
  scene.time.now += 9 * 60
  expect(await scene.present(first)).toBe('OK')
  await waitFor(async () => (await scene.present(second)) === 'OK')
  expect(rotations.filter(({ issuer }) => issuer === scene.issuer.url)).toEqual([
    { issuer: scene.issuer.url, added: 1, removed: 1 },
  ])
})

test('when a place has no keys any more, the metadata is fetched again', async () => {
  const scene = await open()
  expect(await scene.present(first)).toBe('OK')
  scene.issuer.routes['/elsewhere'] = json(set(second))
  scene.issuer.routes['/jwks'] = status(404)
  scene.moveTo('/elsewhere')
  scene.time.now += 61
  expect(await scene.present(second)).toBe('OK')
  expect(scene.issuer.count(metadata)).toBe(2)
})

test('metadata that is new or unchanged is not fetched again for each token', async () => {
  const scene = await open()
  expect(await scene.present(first)).toBe('OK')
  scene.issuer.routes['/jwks'] = status(404)
  expect(await scene.present(second)).toBe('unknown-key')
  expect(scene.issuer.count(metadata)).toBe(1)
  scene.time.now += 61
  for (let round = 0; round < 5; round += 1) {
    expect(await scene.present(second)).toBe('unknown-key')
    expect(await scene.present(first)).toBe('OK')
  }
  expect(scene.issuer.count(metadata)).toBe(2)
})
