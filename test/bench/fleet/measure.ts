// Measures the costs of one operation with a real Redis. It needs redis-server. Run it with
// `npx -y pnpm@12 exec node test/bench/fleet/measure.ts`.
import { nodeRedis, redisRevocations, redisTokenCache } from '@tollgate/redis'
import { createClient } from 'redis'
import { startRedis } from 'fleet/redis-server'

const secrets = 'a secret of the benchmark, which is long enough'
const count = 20_000
const atOnce = 100

const server = await startRedis()
const client = createClient({ url: server.url })
await client.connect()
try {
  console.log(await measureResults())
  console.log(await measureRecords())
} finally {
  await client.close()
  await server.stop()
}

async function measureResults(): Promise<object> {
  const cache = redisTokenCache(nodeRedis(client), { secrets })
  const keys = Array.from({ length: count }, (_, index) => String(index).padStart(43, 'k'))
  const before = await usedMemory()
  for (const key of keys) {
    await cache.set(key, resultOf(key), 600_000)
  }
  const bytesPerResult = Math.round(((await usedMemory()) - before) / count)
  const cpuPerRead = await cpuOf(async () => {
    for (let first = 0; first < count; first += atOnce) {
      await Promise.all(keys.slice(first, first + atOnce).map((key) => cache.get(key)))
    }
  })
  return { bytesPerResult, cpuPerRead }
}

async function measureRecords(): Promise<object> {
  const log = redisRevocations(nodeRedis(client), { secrets })
  const before = await usedMemory()
  for (let index = 0; index < count; index += 1) {
    const key = String(index).padStart(22, 'k')
    await log.publish(JSON.stringify([1, 'sub', key, Date.now(), Date.now() + 86_400_000]))
  }
  const bytesPerRecord = Math.round(((await usedMemory()) - before) / count)
  const cpuPerRecord = await cpuOf(async () => {
    let position: string | undefined
    let read = 0
    while (read < count) {
      const found = await log.read(position, 0, new AbortController().signal)
      position = found.position
      read += found.records.length
    }
  })
  return { bytesPerRecord, cpuPerRecord }
}

/** As the library stores it. */
function resultOf(key: string): string {
  const response = {
    active: true,
    iss: 'https://as.example.com',
    sub: 'auth0|5f7c8ec7c33c6c004bbafe82',
    aud: 'https://api.example.com',
    client_id: 'orders-app',
    scope: 'openid orders:read orders:write',
    iat: 1_780_000_000,
    exp: 1_780_003_600,
    token_type: 'Bearer',
    sid: '01J0000000000000000000000',
  }
  return JSON.stringify({ version: 2, key, introspectedAt: Date.now(), response })
}

/** Microseconds of CPU of this process, for each of the operations. */
async function cpuOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return Math.round((user + system) / count)
}

async function usedMemory(): Promise<number> {
  const text = String(await client.sendCommand(['INFO', 'memory']))
  return Number(/used_memory:(\d+)/.exec(text)?.[1])
}
