/** A fleet under load while Redis is killed, paused and restarted, and while another server takes over. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openProxy } from './proxy.ts'
import { startCluster, startRedis, startSentinels } from './redis.ts'
import { cluster, type Connect, sentinel, standalone } from './redis-clients.ts'
import { type Fleet, newToken, openRedisFleet, underLoad, untilShared } from './redis-fleet.ts'
import { waitFor } from '../harness/wait-for.ts'

type Annotate = (message: string, type: string) => Promise<unknown>

/** Milliseconds. A request waits for Redis once, for 200 ms. The bound allows for a slow machine. */
const maxRequest = 2000
/** Milliseconds. When its holder does not end it, the others wait for so long. */
const lease = 1000
/** Milliseconds after the return of Redis. */
const maxReturn = 5000

async function openFor(connect: Connect, ports: readonly number[]): Promise<Fleet> {
  return openRedisFleet([await connect(ports, onTestFinished), await connect(ports, onTestFinished)])
}

interface Served {
  /** The reasons that were not `'OK'`. */
  readonly refused: readonly string[]
  readonly isLate: boolean
  /** Whether the processes share results again soon enough. */
  readonly isShared: boolean
}

const served: Served = { refused: [], isLate: false, isShared: true }

/** Sends requests while the server is away. */
async function sendDuring(
  fleet: Fleet,
  { outage, back }: { readonly outage: () => Promise<void> | void; readonly back: () => Promise<void> | void },
  { annotate, title }: { readonly annotate: Annotate; readonly title: string },
): Promise<Served> {
  await untilShared(fleet)
  let shared = 0
  const { requests, others, max } = await underLoad(fleet, async () => {
    await sleep(500)
    await outage()
    // Real time is the subject: the clients and the circuit behave otherwise after a while.
    await sleep(6000)
    await back()
    shared = await untilShared(fleet)
  })
  await annotate(`${title}: ${requests} requests, at most ${max} ms; shared again after ${shared} ms`, 'figures')
  return { refused: [...new Set(others)], isLate: max >= maxRequest, isShared: shared < maxReturn }
}

describe.each(Object.entries(standalone))('one server, %s', (name, connect) => {
  test('while it is paused, all requests are served', async ({ annotate }) => {
    const server = await startRedis(onTestFinished)
    const fleet = await openFor(connect, [server.port])
    const away = { outage: server.pause, back: server.resume }
    expect(await sendDuring(fleet, away, { annotate, title: `${name}, paused` })).toEqual(served)
  })

  test('while it is gone, all requests are served', async ({ annotate }) => {
    const server = await startRedis(onTestFinished)
    const fleet = await openFor(connect, [server.port])
    const away = { outage: server.kill, back: server.restart }
    expect(await sendDuring(fleet, away, { annotate, title: `${name}, killed and restarted` })).toEqual(served)
  })

  test('a process that was cut off learns of all revocations when it is back', async ({ annotate }) => {
    const server = await startRedis(onTestFinished)
    const proxy = await openProxy(server.port, onTestFinished)
    const clients = [await connect([server.port], onTestFinished), await connect([proxy.port], onTestFinished)]
    const fleet = await openRedisFleet(clients)
    const known = Array.from({ length: 50 }, newToken)
    const [good = '', ...revoked] = known
    for (const token of known) {
      expect(await fleet.present(token, 1)).toBe('OK')
    }
    proxy.cut()
    await Promise.all(revoked.map(async (token) => fleet.validators[0]?.revoke({ token })))
    expect(await fleet.present(revoked[0] ?? '', 0)).toBe('revoked')
    expect(await fleet.present(revoked[0] ?? '', 1)).toBe('OK')
    await sleep(2000)
    await proxy.open()
    const begun = performance.now()
    await waitFor(async () => (await fleet.present(revoked.at(-1) ?? '', 1)) === 'revoked')
    const time = Math.round(performance.now() - begun)
    await annotate(`${name}, cut off: revocations known ${time} ms after the return`, 'figures')
    const reasons = await Promise.all(revoked.map(async (token) => fleet.present(token, 1)))
    expect([...new Set(reasons)]).toEqual(['revoked'])
    expect(await fleet.present(good, 1)).toBe('OK')
    expect(time).toBeLessThan(maxReturn)
  })

  test('after a restart without its data, new revocations have an effect in all processes', async () => {
    const server = await startRedis(onTestFinished)
    const fleet = await openFor(connect, [server.port])
    const [before, after] = [newToken(), newToken()]
    await fleet.validators[0]?.revoke({ token: before })
    await waitFor(async () => (await fleet.present(before, 1)) === 'revoked')
    await server.restart()
    await waitFor(
      async () =>
        fleet.validators[0]?.revoke({ token: after }).then(
          () => true,
          () => false,
        ) ?? false,
    )
    await waitFor(async () => (await fleet.present(after, 1)) === 'revoked')
    expect(await fleet.present(before, 1)).toBe('revoked')
  })
})

/** Sends requests while a master is lost for good. The fleet shares again when another server has taken over. */
async function sendDuringLoss(
  fleet: Fleet,
  lose: () => Promise<void>,
  { annotate, title }: { readonly annotate: Annotate; readonly title: string },
): Promise<Served> {
  await untilShared(fleet)
  let [shared, isKnown] = [0, 0]
  const token = newToken()
  const { requests, others, max } = await underLoad(fleet, async () => {
    await lose()
    shared = await untilShared(fleet)
    await waitFor(
      async () =>
        fleet.validators[0]?.revoke({ token }).then(
          () => true,
          () => false,
        ) ?? false,
    )
    const begun = performance.now()
    await waitFor(async () => (await fleet.present(token, 1)) === 'revoked')
    isKnown = Math.round(performance.now() - begun)
  })
  await annotate(
    `${title}: ${requests} requests, at most ${max} ms; shared again after ${shared} ms, and revoked in ${isKnown} ms`,
    'figures',
  )
  // The sentinels need about 2 s, and the cluster needs about 3 s. A lease of the lost master may have a holder that cannot end it.
  return { refused: [...new Set(others)], isLate: max >= maxRequest + 2 * lease, isShared: shared < 3 * maxReturn }
}

describe.each(Object.entries(sentinel))('sentinels, %s', (name, connect) => {
  test('while they replace the master, all requests are served', async ({ annotate }) => {
    const setup = await startSentinels(onTestFinished)
    const ports = setup.sentinels.map(({ port }) => port)
    const fleet = await openFor(connect(setup.name), ports)
    expect(await sendDuringLoss(fleet, setup.master.kill, { annotate, title: `${name}, sentinels` })).toEqual(served)
  })
})

describe.each(Object.entries(cluster))('a cluster, %s', (name, connect) => {
  // The stream is on one of them.
  test.for([0, 1, 2])('while master %i is lost, all requests are served', async (index, { annotate }) => {
    const nodes = await startCluster(onTestFinished, 'redis-server', { replicas: true })
    const ports = nodes.map(({ port }) => port)
    const fleet = await openFor(connect, ports)
    const title = `${name}, master ${index} of a cluster`
    expect(await sendDuringLoss(fleet, async () => nodes[index]?.kill(), { annotate, title })).toEqual(served)
  })
})
