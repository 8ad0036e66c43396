/** Four processes over a real Redis: a DPoP proof counts once in all of them, and never while Redis is gone. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createSenderClient } from '@tollgate/mock-issuer'
import { describe, expect, test } from 'vitest'
import { audience } from '../../harness/constants.ts'
import { waitFor } from '../../harness/wait-for.ts'
import type { FleetProcess } from './fleet-processes.ts'
import { type FleetScene, openScene } from './fleet-scene.ts'

const count = 4
/** Milliseconds after the return of Redis. */
const maxReturn = 5000
/** Seconds. */
const maxAge = 60

type Headers = Readonly<Record<string, string>>
/** The status of a response, or the reason of a refusal. */
type Result = string | number

interface BoundScene extends FleetScene {
  /** The headers of a request with a bound token and a new proof, which was made so many seconds ago. */
  readonly headers: (age?: number, changes?: { readonly nonce?: string | undefined }) => Promise<Headers>
  readonly send: (process: FleetProcess, headers: Headers) => Promise<Result>
  readonly sendBearer: () => Promise<readonly Result[]>
}

/** A client with one key. It uses the newest nonce that a process gave. */
async function openBoundScene(): Promise<BoundScene> {
  const scene = await openScene(count)
  const client = await createSenderClient()
  const token = scene.jwt({ cnf: client.cnf })
  const bearer = scene.jwt()
  const url = `${audience}/`
  let nonce: string | undefined
  const bound: BoundScene = {
    ...scene,
    headers: async (age = 0, changes = { nonce }) =>
      client.headers({ url, token, claims: { iat: Date.now() / 1000 - age }, ...changes }),
    send: async (process, headers) => {
      const received = await process.send(headers)
      nonce = received.nonce ?? nonce
      return received.reason ?? received.status
    },
    sendBearer: async () => Promise.all(scene.processes.map(async ({ get }) => (await get(bearer)).status)),
  }
  const [first] = scene.processes as [FleetProcess]
  expect(await bound.send(first, await bound.headers())).toBe('no-nonce')
  return bound
}

/** Sends one proof to every process at once. */
async function useEverywhere({ processes, send }: BoundScene, headers: Headers): Promise<readonly Result[]> {
  const results = await Promise.all(processes.map((process) => send(process, headers)))
  return results.toSorted((one, other) => String(one).localeCompare(String(other)))
}

/** Sends a proof of its own to each process. */
async function useNewProofs({ processes, headers, send }: BoundScene): Promise<readonly Result[]> {
  return Promise.all(processes.map(async (process) => send(process, await headers())))
}

const all = (result: Result): readonly Result[] => Array.from({ length: count }, () => result)
const once: readonly Result[] = [200, ...all('replayed-proof').slice(1)]

test('of 50 requests at once with one proof, exactly one is accepted', async () => {
  const scene = await openBoundScene()
  for (let round = 0; round < 20; round += 1) {
    const headers = await scene.headers()
    const sending = Array.from({ length: 50 }, async (_, index) => scene.processes[index % count]?.send(headers))
    const received = await Promise.all(sending)
    const withStatus = (status: number): number => received.filter((one) => one?.status === status).length
    expect([round, withStatus(200), withStatus(401)]).toEqual([round, 1, 49])
    expect(new Set(received.map((one) => one?.reason))).toEqual(new Set([undefined, 'replayed-proof']))
  }
})

test('every process accepts the nonce of one process, and refuses another text', async () => {
  const scene = await openBoundScene()
  expect(await useNewProofs(scene)).toEqual(all(200))
  expect(await useEverywhere(scene, await scene.headers(0, { nonce: 'x'.repeat(48) }))).toEqual(all('wrong-nonce'))
  expect(await useEverywhere(scene, await scene.headers(0, {}))).toEqual(all('no-nonce'))
})

describe('while Redis is gone', () => {
  test('every request with a proof gets 503, other requests go on, and proofs count again within 5 s', async () => {
    const scene = await openBoundScene()
    const used = await scene.headers()
    expect(await useEverywhere(scene, used)).toEqual(once)
    expect(await scene.sendBearer()).toEqual(all(200))
    await scene.redis.kill()
    const end = performance.now() + 3000
    // The circuit of each process opens, and its probes fail.
    while (performance.now() < end) {
      expect(await useNewProofs(scene)).toEqual(all(503))
      expect(await useEverywhere(scene, used)).toEqual(all(503))
      expect(await scene.sendBearer()).toEqual(all(200))
      await sleep(20)
    }
    await scene.redis.restart()
    expect(await timeOfReturn(scene)).toBeLessThan(maxReturn)
    expect(await scene.sendBearer()).toEqual(all(200))
  })
})

describe('a Redis that comes back empty', () => {
  test('accepts a used proof once more, and only until the proof is 60 s old', async () => {
    const scene = await openBoundScene()
    const [young, old] = [await scene.headers(), await scene.headers(maxAge - 5)]
    const oldEnd = Date.now() + 5000
    for (const headers of [young, old]) {
      expect(await useEverywhere(scene, headers)).toEqual(once)
      expect(await useEverywhere(scene, headers)).toEqual(all('replayed-proof'))
    }
    await scene.redis.restart()
    await timeOfReturn(scene)
    expect(await useEverywhere(scene, young)).toEqual(once)
    expect(await useEverywhere(scene, young)).toEqual(all('replayed-proof'))
    // The age of the old proof is the subject, and the processes have no clock of the test.
    await sleep(oldEnd + 1 - Date.now())
    await scene.redis.command('FLUSHALL')
    expect(await useEverywhere(scene, old)).toEqual(all('wrong-proof-time'))
    expect(await useEverywhere(scene, young)).toEqual(once)
  })

  test('accepts a used proof of more than 59 s once more', async () => {
    const scene = await openBoundScene()
    // On a slow machine the proof becomes too old between two requests. Then the test takes another one.
    await waitFor(async () => {
      const headers = await scene.headers(maxAge - 0.9)
      const results = [await useEverywhere(scene, headers)]
      await scene.redis.command('FLUSHALL')
      results.push(await useEverywhere(scene, headers))
      if (results.flat().includes('wrong-proof-time')) {
        return false
      }
      expect(results).toEqual([once, once])
      return true
    })
  })
})

/** Milliseconds until every process accepts a new proof. Until then each gives 503. */
async function timeOfReturn(scene: BoundScene): Promise<number> {
  const begun = performance.now()
  await waitFor(async () => {
    const results = await useNewProofs(scene)
    expect(results.filter((result) => result !== 200 && result !== 503)).toEqual([])
    return results.every((result) => result === 200)
  })
  return performance.now() - begun
}
