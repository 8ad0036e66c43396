/** The option `seed`: keys that serve until the first fetch. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createValidator, trustedIssuer, type TrustedIssuerOptions, type Validator } from '@tollgate/core'
import { expect, onTestFinished, test } from 'vitest'
import { json, status } from '../harness/responses.ts'
import { claimsOf, openScriptedIssuer, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'
import { waitFor } from '../harness/wait-for.ts'
import { jws, type KeyPair, keyPair } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'

const seeded = keyPair('P-256')
const published = keyPair('P-256')
const seed = { keys: [jwkOf(seeded)] }

function jwkOf({ jwk }: KeyPair): object {
  return { ...jwk, kid: jwk.x }
}

interface Scene {
  readonly issuer: ScriptedIssuer
  readonly validator: Validator
  readonly time: { now: number }
  readonly present: (pair: KeyPair) => Promise<string>
}

async function open(options: TrustedIssuerOptions = { seed }): Promise<Scene> {
  const issuer = await openScriptedIssuer([jwkOf(published)])
  const time = { now: T0 }
  const trusted = trustedIssuer(issuer.url, options)
  const validator = createValidator({ issuer: trusted, audience, clock: () => time.now * 1000 })

  const present = (pair: KeyPair): Promise<string> =>
    reasonOf(validator.authenticate(requestWith(tokenOf(issuer.url, pair))))
  return { issuer, validator, time, present }
}

function tokenOf(issuer: string, { privateKey, jwk }: KeyPair): string {
  return jws({ alg: 'ES256', kid: jwk.x }, { ...claimsOf(issuer), exp: T0 + 1_000_000 }, privateKey, 'ES256')
}

test('a seed serves at once, and never again after keys were fetched', async () => {
  const scene = await open()
  expect(scene.validator.health().issuers[0]?.keys).toMatchObject({ state: 'stale' })
  expect(scene.issuer.paths).toEqual([])
  expect(await scene.present(seeded)).toBe('OK')
  await waitFor(() => scene.validator.health().status === 'ok')
  expect(await scene.present(seeded)).toBe('unknown-key')
  expect(await scene.present(published)).toBe('OK')
})

test('a seed does not serve again when the `issuer` function returns its issuer again, or for another validator', async () => {
  const issuer = await openScriptedIssuer([jwkOf(published)])
  const time = { now: T0 }
  const clock = (): number => time.now * 1000
  const issuers = [() => trustedIssuer(issuer.url, { seed }), trustedIssuer(issuer.url, { seed })]
  const [found, listed] = issuers.map((trusted) => createValidator({ issuer: trusted, audience, clock }))
  const present = async (validator: Validator | undefined, pair: KeyPair): Promise<string> =>
    reasonOf(validator?.authenticate(requestWith(tokenOf(issuer.url, pair))) ?? Promise.resolve())
  expect(await present(found, seeded)).toBe('OK')
  await waitFor(async () => (await present(found, seeded)) === 'unknown-key')
  time.now += 660
  expect(await present(found, seeded)).toBe('unknown-key')
  expect(await present(listed, seeded)).toBe('unknown-key')
  issuer.routes['/jwks'] = status(503)
  time.now += 3 * 3600
  expect(await present(found, seeded)).toBe('upstream-error')
})

test('the end of a seed for one key set does not affect another key set', async () => {
  const issuer = await openScriptedIssuer([jwkOf(published)])
  const time = { now: T0 }
  const clock = (): number => time.now * 1000
  const [known, unknown] = [`${issuer.url}/jwks`, `${issuer.url}/elsewhere`].map((url) =>
    createValidator({ issuer: trustedIssuer(issuer.url, { keys: url, seed }), audience, clock }),
  )
  await known?.ready()
  const token = requestWith(tokenOf(issuer.url, seeded))
  expect(await reasonOf(unknown?.authenticate(token) ?? Promise.resolve())).toBe('OK')
})

test('until the first fetch, a token under a key that is not in the seed is not refused', async () => {
  const scene = await open()
  scene.issuer.routes['/jwks'] = status(503)
  expect(await scene.present(published)).toBe('upstream-error')
  expect(await scene.present(seeded)).toBe('OK')
  expect(await scene.present(published)).toMatch(/upstream-error|backing-off/)
})

test('a set without a usable key does not replace a seed, and is reported by health', async () => {
  const scene = await open()
  scene.issuer.routes['/jwks'] = json({ keys: [{ ...jwkOf(published), use: 'enc' }] })
  expect(await scene.present(seeded)).toBe('OK')
  await waitFor(() => scene.validator.health().issuers[0]?.keys?.lastFailure === 'no-usable-key')
  expect(await scene.present(seeded)).toBe('OK')
  expect(scene.validator.health()).toMatchObject({ status: 'degraded', issuers: [{ keys: { state: 'stale' } }] })
  const alone = await open({})
  alone.issuer.routes['/jwks'] = json({ keys: [{ ...jwkOf(published), use: 'enc' }] })
  await expect(alone.validator.ready()).rejects.toMatchObject({ reason: 'no-usable-key', status: 502 })
  expect(alone.validator.health()).toMatchObject({ status: 'degraded', issuers: [{ keys: { state: 'missing' } }] })
})

test('a key that is not in the seed is fetched at once', async () => {
  const scene = await open()
  expect(await scene.present(published)).toBe('OK')
  expect(scene.issuer.count('/jwks')).toBe(1)
  expect(await scene.present(seeded)).toBe('unknown-key')
})

test('while the issuer is down, a seed serves for an hour', async () => {
  const scene = await open()
  const metadata = '/.well-known/oauth-authorization-server'
  const serve = scene.issuer.routes[metadata]
  scene.issuer.routes[metadata] = status(503)
  for (let minute = 0; minute < 60; minute += 5) {
    expect(await scene.present(seeded)).toBe('OK')
    scene.time.now += 300
  }
  expect(await scene.present(seeded)).toMatch(/upstream-error|backing-off/)
  expect(scene.validator.health().issuers[0]?.keys).toMatchObject({ state: 'missing' })
  expect(await scene.present(published)).toMatch(/upstream-error|backing-off/)
  scene.issuer.routes[metadata] = serve ?? status(404)
  scene.time.now += 36
  expect(await scene.present(published)).toBe('OK')
})

test('ready fetches the current keys, and resolves with a seed when the fetch fails', async () => {
  const scene = await open()
  await scene.validator.ready()
  expect(scene.issuer.count('/jwks')).toBe(1)
  const alone = await open()
  alone.issuer.routes['/jwks'] = status(503)
  await alone.validator.ready()
  expect(alone.validator.health().issuers[0]?.keys).toMatchObject({ state: 'stale', lastFailure: 'upstream-error' })
})

test('a seed may be a file, and may accompany the URL of a key set', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'jwks.json')
  writeFileSync(file, JSON.stringify(seed))
  for (const from of [file, pathToFileURL(file)]) {
    const scene = await open({ seed: from, keys: 'http://127.0.0.1:1/jwks' })
    expect(await scene.present(seeded)).toBe('OK')
  }
})

test.each([
  ['a file that does not exist', { seed: '/no/such/file.json' }],
  ['a file that is no JSON', { seed: import.meta.filename }],
  ['a private key', { seed: { keys: [seeded.privateKey.export({ format: 'jwk' })] } }],
  ['a set without a key', { seed: { keys: [] } }],
  ['no set', { seed: 7 }],
  ['keys that are never fetched', { seed, keys: seed }],
  ['a secret', { seed, secret: 'a secret that is as long as a hash, or longer' }],
])('an invalid seed is an option error: %s', (_name, options) => {
  const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
  expect(() => trustedIssuer('https://as.example', options as TrustedIssuerOptions)).toThrow(wrong)
})
