/** The calls and the memory that a flood of made-up tokens costs. */
import { randomBytes, randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { bytesInUseAtRest } from '../harness/memory.ts'
import { encode } from '../harness/jws.ts'
import { status } from '../harness/responses.ts'
import { metadata } from '../harness/scripted-hosts.ts'
import { claimsOf } from '../harness/scripted-issuer.ts'
import { keySet, type KeyName, oneHour, openScene, type Scene } from './scene.ts'

const all = 100_000
/** After so many tokens the code is compiled, and the process has the memory that it needs. */
const warmUp = 10_000
/** Seconds. */
const cooldown = 30
const duration = 300
/** In the middle of a cooldown. */
const publishedAfter = 55_000
/** The SHA-256 of a hundred thousand tokens does not fit, with the entries of a map. */
const maxGrowth = 4 * 1024 * 1024

interface Flood {
  readonly count: number
  /** The `kid` of the next token. */
  readonly kid: () => string | undefined
  /** Called after every thousand tokens. */
  readonly between?: (sent: number) => Promise<void>
}

test('a hundred thousand made-up key ids cost one call a cooldown and no memory, and delay a new key by no more', async ({
  annotate,
}) => {
  const scene = await openFloodable()
  const { clock, hosts } = scene
  let publishedAt: number | undefined
  let acceptedAt: number | undefined
  await flood(scene, { count: warmUp, kid: randomUUID })
  await clock.advance(cooldown)
  const before = hosts.calls.length
  const growth = await growthOf(() =>
    flood(scene, {
      count: all,
      kid: randomUUID,
      between: async (sent) => {
        expect(await statusOf(scene, 'known')).toBe(200)
        if (sent === publishedAfter) {
          hosts.act({ jwks: keySet(['known', 'new'], oneHour) })
          publishedAt = clock.now()
        }
        if (sent > publishedAfter && acceptedAt === undefined && (await statusOf(scene, 'new')) === 200) {
          acceptedAt = clock.now()
        }
      },
    }),
  )
  const calls = hosts.calls.length - before
  await annotate(`${all} made-up key ids: ${calls} calls in ${duration} s, ${growth} bytes more in use`, 'figures')
  // The call that brings the new key starts no cooldown.
  expect(calls).toBeLessThanOrEqual(1 + duration / cooldown + 1)
  expect((acceptedAt ?? Infinity) - (publishedAt ?? 0)).toBeLessThanOrEqual(cooldown * 1000)
  expect(growth).toBeLessThan(maxGrowth)
})

test('a hundred thousand forgeries under a known key id cost no call and no memory', async ({ annotate }) => {
  const scene = await openFloodable()
  const kid = (): string => 'known'
  const between = async (): Promise<void> => expect(await statusOf(scene, 'known')).toBe(200)
  await flood(scene, { count: warmUp, kid })
  const before = scene.hosts.calls.length
  const growth = await growthOf(() => flood(scene, { count: all, kid, between }))
  await annotate(`${all} forgeries under a known key id: ${growth} bytes more in use`, 'figures')
  expect(scene.hosts.calls.length).toBe(before)
  expect(growth).toBeLessThan(maxGrowth)
})

test('forgeries without a key id cost one call a cooldown', async () => {
  const scene = await openFloodable()
  const before = scene.hosts.calls.length
  await flood(scene, { count: 10_000, kid: () => undefined })
  expect(scene.hosts.calls.length - before).toBeLessThanOrEqual(1 + duration / cooldown)
})

test('during an outage, made-up key ids cost one call a step of the back-off, and the known key serves', async () => {
  const scene = await openFloodable()
  const { clock, hosts } = scene
  const before = hosts.calls.length
  hosts.act({ oauth: status(500), jwks: status(500) })
  const between = async (): Promise<void> => expect(await statusOf(scene, 'known')).toBe(200)
  await flood(scene, { count: 20_000, kid: randomUUID, between })
  const times = hosts.calls.slice(before).map(({ at }) => at)
  const waits = times.slice(1).map((at, index) => at - (times[index] ?? 0))
  expect(waits.filter((wait, index) => wait < 800 * Math.min(30, 2 ** index))).toEqual([])
  hosts.act({ oauth: metadata(), jwks: keySet(['known', 'new']) })
  await clock.advance(36)
  expect(await statusOf(scene, 'new')).toBe(200)
})

async function openFloodable(): Promise<Scene> {
  const scene = await openScene()
  scene.hosts.act({ oauth: metadata({}, oneHour), jwks: keySet(['known'], oneHour) })
  expect(await statusOf(scene, 'known')).toBe(200)
  return scene
}

async function statusOf({ respond, sign }: Scene, key: KeyName): Promise<number> {
  return (await respond(sign(key))).status
}

/** Presents forged tokens, a hundred at a time, while the time moves. All are refused. */
async function flood({ clock, hosts, respond }: Scene, { count, kid, between }: Flood): Promise<void> {
  const atOnce = 100
  for (let sent = atOnce; sent <= count; sent += atOnce) {
    const forged = Array.from({ length: atOnce }, () => forge(hosts.issuer, kid()))
    const responses = await Promise.all(forged.map(respond))
    expect(new Set(responses.map((response) => response.status))).toEqual(new Set([401]))
    await clock.advance((duration * atOnce) / count)
    if (sent % 1000 === 0) {
      await between?.(sent)
    }
  }
}

/** A token like no other that is right in every respect but its signature. */
function forge(issuer: string, kid: string | undefined): string {
  const header = { alg: 'ES256', kid, typ: 'at+jwt' }
  return [encode(header), encode({ ...claimsOf(issuer), exp: 2 ** 32, jti: randomUUID() }), noise()].join('.')
}

function noise(): string {
  return randomBytes(64).toString('base64url')
}

/** The growth of the bytes in use. */
async function growthOf(work: () => Promise<void>): Promise<number> {
  const before = await bytesInUseAtRest()
  await work()
  return (await bytesInUseAtRest()) - before
}
