/** What becomes of a validator while somebody makes up tokens by the hundred thousand. */
import { randomBytes, randomUUID } from 'node:crypto'
import { createValidator } from '@tollgate/core'
import { expect, onTestFinished, test, vi } from 'vitest'
import { reasonOf } from '../harness/asking.ts'
import { type Call, openCaller, tooEarly } from '../harness/calls.ts'
import { inUseAtRest } from '../harness/in-use.ts'
import { encode } from '../harness/jws.ts'
import { claimsOf } from '../harness/key-issuer.ts'
import { openPublisher, type Publisher } from '../harness/publisher.ts'
import { audience, T0 } from '../harness/reference.ts'
import { createSigner, type Signer } from '../harness/signer.ts'
import { until } from '../harness/until.ts'
import { status } from '../harness/upstream.ts'

const all = 100_000
/** After so many the code is compiled, and the machine has what it needs. */
const warmUp = 10_000
const second = 1000
const cooldown = 30 * second
/** How long a flood lasts by the clock. */
const lasting = 300 * second
/** In the middle of a cooldown. */
const publishing = 55_000
/** Of a hundred thousand tokens not even a digest of 32 bytes with what a map needs beside it fits in. */
const mostGrowth = 4 * 1024 * 1024

const known = createSigner('known')
const fresh = createSigner('fresh')

interface Scene {
  readonly publisher: Publisher
  /** All calls to the issuer. */
  readonly calls: readonly Call[]
  readonly time: { now: number }
  /** `'OK'`, or why a token is refused. */
  readonly judge: (token: string) => Promise<string>
  /** The same for a good token under that key. */
  readonly present: (signer: Signer) => Promise<string>
}

interface Flood {
  readonly count: number
  /** The `kid` of the next token. */
  readonly kid: () => string | undefined
  readonly reason: string
  /** Done after every thousand. */
  readonly between?: (sent: number) => Promise<void>
}

test('a hundred thousand made-up key ids cost a fetch a cooldown and no memory, and keep a new key out no longer', async (context) => {
  const scene = await openScene()
  const { publisher, time, present, calls } = scene
  let publishedAt: number | undefined
  let acceptedAt: number | undefined
  await flood(scene, { count: warmUp, kid: randomUUID, reason: 'unknown-key' })
  time.now += cooldown
  const before = calls.length
  const growth = await growthOf(() =>
    flood(scene, {
      count: all,
      kid: randomUUID,
      reason: 'unknown-key',
      between: async (sent) => {
        expect(await present(known)).toBe('OK')
        if (sent === publishing) {
          publisher.signers = [known, fresh]
          publishedAt = time.now
        }
        if (sent > publishing && acceptedAt === undefined && (await present(fresh)) === 'OK') {
          acceptedAt = time.now
        }
      },
    }),
  )
  const fetches = calls.length - before
  await context.annotate(
    `${all} made-up key ids: ${fetches} fetches in ${lasting / second} s, ${growth} bytes more in use`,
    'figures',
  )
  // The one that has brought the new key starts no cooldown.
  expect(fetches).toBeLessThanOrEqual(1 + lasting / cooldown + 1)
  expect((acceptedAt ?? Infinity) - (publishedAt ?? 0)).toBeLessThanOrEqual(cooldown)
  expect(growth).toBeLessThan(mostGrowth)
}, 120_000)

test('a hundred thousand forgeries under a known key id cost no fetch and no memory', async (context) => {
  const scene = await openScene()
  const kid = (): string => known.kid
  const between = async (): Promise<void> => expect(await scene.present(known)).toBe('OK')
  await flood(scene, { count: warmUp, kid, reason: 'bad-signature' })
  const before = scene.calls.length
  const growth = await growthOf(() => flood(scene, { count: all, kid, reason: 'bad-signature', between }))
  const fetches = scene.calls.length - before
  await context.annotate(
    `${all} forgeries under a known key id: ${fetches} fetches, ${growth} bytes more in use`,
    'figures',
  )
  expect(fetches).toBe(0)
  expect(growth).toBeLessThan(mostGrowth)
}, 120_000)

test('forgeries without a key id cost a fetch a cooldown', async () => {
  const scene = await openScene()
  const before = scene.calls.length
  await flood(scene, { count: 10_000, kid: () => undefined, reason: 'bad-signature' })
  expect(scene.calls.length - before).toBeLessThanOrEqual(1 + lasting / cooldown)
}, 60_000)

test('while the issuer is down, made-up key ids cost a fetch a back-off step, and known keys serve', async (context) => {
  const scene = await openScene()
  const between = async (): Promise<void> => expect(await scene.present(known)).toBe('OK')
  const before = scene.calls.length
  scene.publisher.misbehave = status(500)
  await flood(scene, { count: 20_000, kid: randomUUID, reason: 'unknown-key', between })
  const fetches = scene.calls.slice(before)
  await context.annotate(
    `20000 made-up key ids while the issuer is down: ${fetches.length} fetches in ${lasting / second} s`,
    'figures',
  )
  expect(tooEarly(fetches)).toEqual([])
  scene.publisher.misbehave = undefined
  scene.publisher.signers = [known, fresh]
  scene.time.now += 36 * second
  expect(await scene.present(fresh)).toBe('OK')
}, 60_000)

test('a key that came in the cooldown is fetched when it ends, though nobody asks', async () => {
  const { publisher, time, present, judge } = await openScene()
  // What uses timers on the way to the issuer has done so by now, and goes on with those that it has.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  expect(await judge(forge(publisher.url, 'made-up'))).toBe('unknown-key')
  publisher.signers = [known, fresh]
  expect(await present(fresh)).toBe('unknown-key')
  expect(publisher.count('/jwks')).toBe(2)
  await pass(time, cooldown - 1)
  expect(await present(fresh)).toBe('unknown-key')
  await pass(time, 1)
  await until(() => publisher.count('/jwks') === 3)
  expect(await present(fresh)).toBe('OK')
  expect(publisher.count('/jwks')).toBe(3)
})

async function openScene(): Promise<Scene> {
  const time = { now: T0 * second }
  const clock = (): number => time.now
  const publisher = await openPublisher({ signers: [known], maxAge: 3600 })
  const { dispatcher, calls } = openCaller(clock)
  const validator = createValidator({ issuer: publisher.url, audience, clock, dispatcher })
  onTestFinished(() => validator.close())

  function judge(token: string): Promise<string> {
    const headers = [['authorization', `Bearer ${token}`]] as const
    return reasonOf(validator.authenticate({ method: 'GET', url: 'https://api.example/', headers }))
  }

  const present: Scene['present'] = ({ sign }) => judge(sign(publisher.url, { exp: T0 + 86_400 }))
  expect(await present(known)).toBe('OK')
  return { publisher, calls, time, judge, present }
}

/** Presents as many tokens, a hundred at a time, while the clock goes on. */
async function flood(scene: Scene, { count, kid, reason, between }: Flood): Promise<void> {
  const atOnce = 100
  for (let sent = atOnce; sent <= count; sent += atOnce) {
    const forged = Array.from({ length: atOnce }, () => forge(scene.publisher.url, kid()))
    const reasons = await Promise.all(forged.map(scene.judge))
    expect(new Set(reasons)).toEqual(new Set([reason]))
    scene.time.now += (lasting * atOnce) / count
    if (sent % 1000 === 0) {
      await between?.(sent)
    }
  }
}

/** A token that looks right in every respect, like no other, and that nobody has signed. */
function forge(issuer: string, kid: string | undefined): string {
  const header = { alg: 'ES256', kid, typ: 'at+jwt' }
  const claims = { ...claimsOf(issuer), exp: T0 + 86_400, jti: randomUUID() }
  return `${encode(header)}.${encode(claims)}.${randomBytes(64).toString('base64url')}`
}

/** By how many bytes more is in use after it than before. */
async function growthOf(work: () => Promise<void>): Promise<number> {
  const before = await inUseAtRest()
  await work()
  return (await inUseAtRest()) - before
}

async function pass(time: Scene['time'], milliseconds: number): Promise<void> {
  time.now += milliseconds
  await vi.advanceTimersByTimeAsync(milliseconds)
}
