/** What becomes of requests while discovery and the key set are down, for an hour by the clock and for longer. */
import { expect } from 'vitest'
import { type Adapter, unlike } from '../harness/adapters.ts'
import { type Api, openApi } from '../harness/api.ts'
import { type Call, openCaller, tooEarly } from '../harness/calls.ts'
import { type Client, openClient } from '../harness/load.ts'
import { outages } from '../harness/outages.ts'
import { openPublisher, type Publisher } from '../harness/publisher.ts'
import { audience, T0 } from '../harness/reference.ts'
import { createSigner } from '../harness/signer.ts'
import { verifies } from '../harness/verifies.ts'

const second = 1000
const hour = 3600 * second
/** Of metadata and keys alike, so that both are at the same moment of their lives. */
const fresh = 600 * second
/** The longest back-off step: 30 s and 20 %. */
const longestStep = 36 * second
/** Between one request and the next: shorter than the first back-off step, and longer. */
const gaps = [0.3, 0.7, 2, 5, 9].map((seconds) => seconds * second)
/** When it begins with new documents: 51 minutes, in which a pause, the next request and a call that hangs take 50 s at most. */
const fewestCalls = 60

const old = createSigner('old')
const rotated = createSigner('rotated')

/** How old the documents are when the outage begins, in parts of their freshness. From 76 to 84 % they are looked for anew. */
const moments = {
  'when they were just loaded': 0,
  'at 79 %': 0.79,
  'at 81 %': 0.81,
  'when they cease to be fresh': 1,
}

interface Scene extends Api, Client {
  readonly publisher: Publisher
  /** All calls to the issuer. */
  readonly calls: readonly Call[]
  readonly time: { now: number }
  /** Good tokens under the first key, and under the one that comes during the outage. */
  readonly tokens: { readonly old: string; readonly rotated: string }
}

verifies(
  ['ERR-01', 'KEY-07'],
  'in an hour without metadata and keys no valid token is refused and a back-off step has one fetch at most, and it recovers',
  async (adapter) => {
    const cases = Object.keys(outages).flatMap((how) => Object.entries(moments).map((when) => ({ how, when })))
    await Promise.all(cases.map(({ how, when: [name, age] }) => outlive(adapter, how, name, age * fresh)))
  },
  120_000,
  unlike,
)

verifies(
  ['ERR-01', 'KEY-07'],
  'an hour after freshness has ended nobody judges any more, which no token is blamed for, and it recovers',
  async (adapter) => {
    const cases = Object.keys(outages).flatMap((how) => [fresh, hour].map((metadata) => ({ how, metadata })))
    await Promise.all(cases.map(({ how, metadata }) => succumb(adapter, how, metadata)))
  },
  120_000,
  unlike,
)

async function outlive(adapter: Adapter, how: string, when: string, age: number): Promise<void> {
  const scene = await openScene(adapter)
  const began = scene.time.now + age
  scene.time.now = began
  await outages[how]?.begin(scene.publisher, () => scene.time.now)
  await expectTraffic(scene, began + hour, `${how} ${when}`)
  expectBackOff(scene, `${how} ${when}`)
  await expectRecovery(scene, how)
}

/** Metadata that are fresh for an hour outlive the keys. */
async function succumb(adapter: Adapter, how: string, metadataFresh: number): Promise<void> {
  const scene = await openScene(adapter, metadataFresh)
  const began = scene.time.now
  const end = began + fresh + hour
  await outages[how]?.begin(scene.publisher, () => scene.time.now)
  await expectTraffic(scene, end, how)
  for (let wait = 0; wait < 60 * second; wait += 12 * second) {
    scene.time.now = end + wait
    const outcome = await scene.present(scene.tokens.old)
    expect(how === 'answering nonsense' ? ['502', 'E-UP'] : ['E-UP'], `${how}, ${wait} ms later`).toContain(outcome)
  }
  expectBackOff(scene, how)
  await expectRecovery(scene, how)
}

async function openScene(adapter: Adapter, metadataFresh = fresh): Promise<Scene> {
  const time = { now: T0 * second }
  const clock = (): number => time.now
  const publisher = await openPublisher({
    signers: [old],
    maxAge: fresh / second,
    metadataMaxAge: metadataFresh / second,
  })
  const { dispatcher, calls } = openCaller(clock)
  const api = await openApi(adapter, { protection: { issuer: publisher.url, audience, clock, dispatcher } })
  const claims = { exp: T0 + 86_400 }
  const tokens = { old: old.sign(publisher.url, claims), rotated: rotated.sign(publisher.url, claims) }
  expect(await api.present(tokens.old)).toBe('OK')
  return { ...api, ...openClient(api.origin, 2), publisher, calls, time, tokens }
}

/** Two requests at a time, up to that moment and just before it: all are answered 200. */
async function expectTraffic({ time, statusOf, tokens }: Scene, end: number, name: string): Promise<void> {
  for (let count = 0; time.now < end; count += 1) {
    const statuses = await Promise.all([statusOf(tokens.old), statusOf(tokens.old)])
    expect(statuses, `${name}, ${end - time.now} ms before the end`).toEqual([200, 200])
    const next = time.now + (gaps[count % gaps.length] ?? 0)
    time.now = next < end || time.now === end - 1 ? next : end - 1
  }
  time.now = end
}

/** All calls but the two that brought the documents. */
function expectBackOff({ calls }: Scene, name: string): void {
  const failed = calls.slice(2)
  expect(tooEarly(failed), name).toEqual([])
  expect(failed.filter(({ path }) => path === '/jwks').length, name).toBeGreaterThan(fewestCalls)
}

/** The issuer is back, and has a new key beside the old one. */
async function expectRecovery(scene: Scene, how: string): Promise<void> {
  const { publisher, present, time, tokens } = scene
  publisher.signers = [old, rotated]
  await outages[how]?.end(publisher)
  const back = time.now
  for (let wait = 0; wait < longestStep; wait += 4 * second) {
    time.now = back + wait
    expect(['OK', 'E-UP', '502'], how).toContain(await present(tokens.old))
    expect(['OK', 'E-TOK', 'E-UP', '502'], how).toContain(await present(tokens.rotated))
  }
  time.now = back + longestStep
  expect([await present(tokens.old), await present(tokens.rotated)], how).toEqual(['OK', 'OK'])
}
