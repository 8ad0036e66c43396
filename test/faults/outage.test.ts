/** The responses to steady traffic during one hour without metadata and keys, and after it. */
import { expect, test } from 'vitest'
import { settle } from '../harness/clock.ts'
import { type Handler, hang, json, status, text } from '../harness/responses.ts'
import { type Behaviour, metadata } from '../harness/scripted-hosts.ts'
import { keySet, oneHour, openScene, type Scene, tenMinutes } from './scene.ts'

const hour = 3600
const freshFor = 600
/** In seconds: the maximum of 30, and 20 % more. */
const maxBackoff = 36
/** Seconds between two requests: shorter than the first step of the back-off, and longer. */
const gaps = [0.7, 3, 13]
/** In one hour the back-off makes more calls than that to each document. */
const minCalls = 50

const outages: Readonly<Record<string, () => Behaviour>> = {
  'refuses connections': () => 'refuses connections',
  'responds with 503': () => status(503),
  hangs: () => hang,
  'responds with something else each time': somethingElse,
}

/** The age of the documents when the outage begins, in parts of their freshness. The refresh is due at 76 to 84 %. */
const ages = [0, 0.81]

const cases = Object.keys(outages).flatMap((how) => ages.map((age) => [how, age] as const))

test.each(cases)(
  'the issuer %s for one hour, from %d of freshness on: every good token is accepted',
  async (how, age) => {
    const { scene, token } = await openHealthy(metadata({}, tenMinutes))
    await scene.clock.advance(age * freshFor)
    begin(scene, how)
    await expectTraffic(scene, token, hour)
    expect(callsTooEarly(scene)).toEqual([])
    expect(scene.hosts.counts().jwks).toBeGreaterThan(minCalls)
    await expectRecovery(scene, token)
  },
)

const endings = ['responds with 503', 'hangs'].flatMap((how) =>
  [tenMinutes, oneHour].map((headers) => [how, headers] as const),
)

test.each(endings)(
  'the issuer %s for longer, with metadata for %o: then the status is 502 or 503',
  async (how, headers) => {
    const { scene, token } = await openHealthy(metadata({}, headers))
    begin(scene, how)
    await expectTraffic(scene, token, freshFor + hour)
    for (let seconds = 0; seconds < 60; seconds += 12) {
      for (const received of await statuses(scene, token)) {
        expect([502, 503]).toContain(received)
      }
      await pass(scene, 12)
    }
    expect(callsTooEarly(scene)).toEqual([])
    expect(scene.hosts.counts().jwks).toBeGreaterThan(minCalls)
    await expectRecovery(scene, token)
  },
)

async function openHealthy(oauth: Handler): Promise<{ readonly scene: Scene; readonly token: string }> {
  const scene = await openScene()
  scene.hosts.act({ oauth, jwks: keySet(['known'], tenMinutes) })
  const token = scene.sign('known')
  expect((await scene.respond(token)).status).toBe(200)
  await scene.hosts.rest()
  return { scene, token }
}

function begin({ hosts }: Scene, how: string): void {
  const behaviour = outages[how]?.() ?? hang
  hosts.act({ oauth: behaviour, openid: behaviour, jwks: behaviour })
}

/** Two requests at a time, for so many seconds, the last two just before their end. All are accepted. */
async function expectTraffic(scene: Scene, token: string, seconds: number): Promise<void> {
  const end = scene.clock.now() + seconds * 1000
  for (let count = 0; scene.clock.now() < end; count += 1) {
    expect(await statuses(scene, token), `${end - scene.clock.now()} ms before the end`).toEqual([200, 200])
    const left = (end - scene.clock.now()) / 1000
    const gap = gaps[count % gaps.length] ?? 1
    await pass(scene, gap < left || left <= 0.001 ? gap : left - 0.001)
  }
}

/** The statuses of two requests at once. While the issuer hangs, they end only when the clock advances. */
async function statuses(scene: Scene, token: string): Promise<readonly number[]> {
  const state = { hasEnded: false }
  const responses = Promise.all([scene.respond(token), scene.respond(token)]).finally(() => (state.hasEnded = true))
  await settle()
  while (isHanging(scene) && !state.hasEnded) {
    await scene.clock.advance(0.1)
  }
  return (await responses).map((response) => response.status)
}

async function pass(scene: Scene, seconds: number): Promise<void> {
  if (!isHanging(scene)) {
    await scene.hosts.rest()
  }
  await scene.clock.advance(seconds)
}

function isHanging({ hosts }: Scene): boolean {
  return hosts.calls.at(-1)?.behaviour === hang
}

/**
 * The calls that came too early after the one before. The back-off is 1 s, doubling to 30 s, less 20 %. The first two
 * calls fetched metadata and keys before the outage.
 */
function callsTooEarly({ hosts }: Scene): readonly string[] {
  const [, , ...failed] = hosts.calls
  return [...Map.groupBy(failed, ({ place }) => place)].flatMap(([place, calls]) =>
    calls.slice(1).flatMap(({ at }, index) => {
      const wait = at - (calls[index]?.at ?? 0)
      return wait < 800 * Math.min(30, 2 ** index) ? [`call ${index + 2} for ${place} after ${wait} ms`] : []
    }),
  )
}

/** The issuer comes back with a new key beside the known one. */
async function expectRecovery(scene: Scene, token: string): Promise<void> {
  const { clock, hosts, respond, sign } = scene
  // A call that hangs ends at its deadline.
  await clock.advance(5)
  await hosts.rest()
  hosts.act({ oauth: metadata(), jwks: keySet(['known', 'new']) })
  const rotated = sign('new')
  for (let seconds = 0; seconds < maxBackoff; seconds += 4) {
    expect([200, 502, 503]).toContain((await respond(token)).status)
    expect([200, 401, 502, 503]).toContain((await respond(rotated)).status)
    await hosts.rest()
    await clock.advance(4)
  }
  expect([(await respond(token)).status, (await respond(rotated)).status]).toEqual([200, 200])
}

/** Another invalid response to each call. */
function somethingElse(): Handler {
  const kinds: readonly Handler[] = [
    json({}),
    json({ keys: [] }),
    json(null),
    status(404),
    status(204),
    status(302, { location: '/jwks' }),
    json({ issuer: 'https://other.example', jwks_uri: 'https://other.example/jwks', keys: [{ kty: 'XYZ' }] }),
    text('<!doctype html><title>Maintenance</title>'),
    text('{"keys":['),
    ({ socket }) => void socket.end('220 mail.example ESMTP\r\n'),
  ]
  let count = 0
  return (request, response) => {
    count += 1
    const respond = kinds[count % kinds.length] ?? status(404)
    respond(request, response)
  }
}
