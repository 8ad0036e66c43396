/** Four processes over a real Redis: one introspection for each token. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { json } from '../../harness/responses.ts'
import { waitFor } from '../../harness/wait-for.ts'
import { openScene, type FleetScene } from './fleet-scene.ts'

const count = 4

/** Kills the process that introspects, in the middle of its call. Returns its name. */
async function killHolder({ processes, introspectedBy }: FleetScene): Promise<string> {
  await waitFor(() => introspectedBy.length > 0)
  const [holder = ''] = introspectedBy
  await processes.find(({ name }) => name === holder)?.kill()
  return holder
}

test('10,000 requests with 100 tokens cause 100 introspections', async () => {
  const scene = await openScene(count)
  const tokens = Array.from({ length: 100 }, (_, index) => `token-${index}`)
  const each = scene.processes.map(async ({ get }) => {
    const statuses = new Set<number>()
    for (let round = 0; round < 25; round += 1) {
      for (const { status } of await Promise.all(tokens.map((token) => get(token)))) {
        statuses.add(status)
      }
    }
    return [...statuses]
  })
  expect(await Promise.all(each)).toEqual(scene.processes.map(() => [200]))
  expect(scene.introspectedBy).toHaveLength(100)
})

test('a new token in 1,000 requests at once causes one introspection', async () => {
  const scene = await openScene(count, 50)
  const received = await Promise.all(
    scene.processes.flatMap(({ get }) => Array.from({ length: 250 }, () => get('new'))),
  )
  expect(new Set(received.map(({ status }) => status))).toEqual(new Set([200]))
  expect(scene.introspectedBy).toHaveLength(1)
})

test('when the process that introspects is killed, there is one more call, and no request is refused', async () => {
  const scene = await openScene(count, 500)
  const sending = scene.processes.map(async ({ name, get }) => ({
    name,
    received: await Promise.all(Array.from({ length: 250 }, () => get('new'))),
  }))
  const holder = await killHolder(scene)
  const others = (await Promise.all(sending)).filter(({ name }) => name !== holder).flatMap(({ received }) => received)
  expect(new Set(others.map(({ status }) => status))).toEqual(new Set([200]))
  expect(scene.introspectedBy).toHaveLength(2)
  const slowest = Math.max(...others.map(({ took }) => took))
  console.log(`the slowest request took ${slowest.toFixed(0)} ms; a lease takes 2,000 ms, and a call 500 ms`)
  expect(slowest).toBeLessThan(2000 + 500 + 3500)
})

test('an evicted token is introspected again, and every process refuses it', async () => {
  const scene = await openScene(count)
  const getAll = (): Promise<readonly number[]> =>
    Promise.all(scene.processes.map(async ({ get }) => (await get('t')).status))
  expect(await getAll()).toEqual([200, 200, 200, 200])
  scene.issuer.introspect = () => ({ active: false })
  await scene.processes[0]?.evict('t')
  await sleep(100)
  expect(await getAll()).toEqual([401, 401, 401, 401])
})

test('no process caches a result that was requested before an eviction', async () => {
  const scene = await openScene(count, 500)
  const [first, second] = scene.processes
  const early = first?.get('t')
  await waitFor(() => scene.introspectedBy.length === 1)
  scene.issuer.introspect = () => ({ active: false })
  await second?.evict('t')
  expect((await early)?.status).toBe(200)
  await sleep(100)
  for (const { get } of scene.processes) {
    expect((await get('t')).status).toBe(401)
  }
  scene.issuer.routes['/introspect'] = json({ active: false })
})
