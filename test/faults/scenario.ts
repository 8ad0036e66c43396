import { expect, vi } from 'vitest'
import { settle } from '../harness/clock.ts'
import { type Handler, json } from '../harness/responses.ts'
import { type Calls, metadata, type Script, type ScriptedHosts } from '../harness/scripted-hosts.ts'
import { type KeyName, keySet, oneHour, openScene, publicJwk, type Scene, tenMinutes } from './scene.ts'

export type Document = 'metadata' | 'keys'

/** The age of a document: never fetched; fresh, and due for a refresh; stale, and usable while the issuer fails; no longer usable. */
export type Phase = 'absent' | 'fresh' | 'stale' | 'ended'

/** A script of the issuer, and requests with the response that each must get. */
export interface Scenario {
  readonly name: string
  readonly document: Document
  readonly phase: Phase
  /** Seconds since the fetch of the document. Default: the usual age of the phase. */
  readonly age?: number
  /** The script when the phase begins. It replaces the healthy one. */
  readonly act: Script
  readonly steps: readonly Step[]
}

export interface Step {
  /** Seconds by which the time moves first, when no call is under way. */
  readonly after?: number
  /** Seconds by which the time moves first, while calls are under way. */
  readonly later?: number
  /** The script from now on. */
  readonly act?: Script
  /** The key of the token in the request. */
  readonly key: KeyName
  readonly status: 200 | 401 | 502 | 503
  /** The number of calls so far, those in the background included. Without it the calls do not matter. */
  readonly calls: Calls
  /** The waits of the request, in order: the calls before each, and its seconds. The response is due after the last, and not before. */
  readonly waits: readonly (readonly [Calls, number])[]
  /** The bounds of `Retry-After`. */
  readonly retryAfter?: readonly [min: number, max: number]
  /** Other requests while this one waits. */
  readonly meanwhile?: readonly Step[]
}

/** A request under this key, the status of its response, the calls, and the seconds for which it waits for them. */
export function step(key: KeyName, status: Step['status'], calls: Calls, waits = 0): Step {
  return { key, status, calls, waits: waits === 0 ? [] : [[calls, waits]] }
}

/** A key set that can verify no signature. */
export const uselessKeys: Handler = json({ keys: [{ ...publicJwk('known'), use: 'enc' }] })

/** The document in question is fresh for ten minutes, and the other one for longer. */
export const healthy: Readonly<Record<Document, Script>> = {
  keys: { oauth: metadata({}, oneHour), jwks: keySet(['known'], tenMinutes) },
  metadata: { oauth: metadata({}, tenMinutes), jwks: keySet(['known'], oneHour) },
}

/**
 * Seconds since the fetch. A refresh is due after eight of ten minutes, ± 5 %. A stale document is usable for one hour.
 * Without metadata, keys that are fresh for one hour serve on for another.
 */
const ages: Readonly<Record<Document, Readonly<Record<Phase, number>>>> = {
  keys: { absent: 0, fresh: 540, stale: 660, ended: 4260 },
  metadata: { absent: 0, fresh: 540, stale: 660, ended: 7260 },
}

/** Runs a scenario against a validator without a framework. The time is the test clock. */
export async function run({ document, phase, age = ages[document][phase], act, steps }: Scenario): Promise<void> {
  const scene = await openScene()
  const { clock, hosts } = scene
  hosts.act(healthy[document])
  if (phase !== 'absent') {
    await take(scene, step('known', 200, { oauth: 1, jwks: 1 }), 'at first')
    await hosts.rest()
    await clock.advance(age)
  }
  hosts.act(act)
  await takeAll(scene, steps, '')
  // No call is still to come, and each that hangs reaches its deadline.
  await clock.advance(10)
  await hosts.rest()
  expect(hosts.counts(), 'at the end').toEqual(steps.at(-1)?.calls)
}

async function takeAll(scene: Scene, steps: readonly Step[], when: string): Promise<void> {
  for (const [index, next] of steps.entries()) {
    await take(scene, next, `${when}step ${index + 1}`)
  }
}

async function take(scene: Scene, { after = 0, later = 0, act = {}, ...expected }: Step, name: string): Promise<void> {
  const { clock, hosts } = scene
  await clock.advance(later)
  if (after > 0) {
    await hosts.rest()
    await clock.advance(after)
  }
  hosts.act(act)
  const response = scene.respond(scene.sign(expected.key))
  await expectWaits(scene, response, expected, name)
  const { status, headers } = await response
  const [min, max] = expected.retryAfter ?? [1, 120]
  const retryAfter = Number(headers.get('retry-after') ?? min)
  expect(status, name).toBe(expected.status)
  expect(retryAfter, `${name}, Retry-After`).toBeGreaterThanOrEqual(min)
  expect(retryAfter, `${name}, Retry-After`).toBeLessThanOrEqual(max)
  // The validator makes some calls in the background, after the response.
  await expectCalls(hosts, expected.calls, name)
}

async function expectWaits(
  scene: Scene,
  response: Promise<Response>,
  { waits, meanwhile = [] }: Pick<Step, 'waits' | 'meanwhile'>,
  name: string,
): Promise<void> {
  let isThere = false
  void response.then(() => (isThere = true))
  for (const [index, [calls, seconds]] of waits.entries()) {
    await expectCalls(scene.hosts, calls, name)
    await settle()
    if (index === waits.length - 1) {
      await takeAll(scene, meanwhile, `${name}, meanwhile `)
    }
    await scene.clock.advance(seconds - 0.001)
    expect(isThere, `${name}, the response is there early`).toBe(false)
    await scene.clock.advance(0.001)
  }
}

async function expectCalls(hosts: ScriptedHosts, calls: Calls, name: string): Promise<void> {
  await vi.waitFor(() => expect(hosts.counts(), name).toEqual(calls), { interval: 1, timeout: 200_000 })
}
