import { setTimeout as sleep } from 'node:timers/promises'
import { startChild } from './child.ts'
import { libraries as jwt } from './contenders/jwt.ts'
import { libraries as opaque } from './contenders/opaque.ts'
import { inRandomOrder, type Measurement } from './measurements.ts'
import { type Library, present } from './present.ts'
import type { World } from './world.ts'

export const inProcess = {
  warm: 'a warm token in process, µs',
  new: 'a new token in process, µs',
  rate: 'req/s',
  calls: 'calls for 10,000 requests over 100 opaque tokens',
  burst: 'calls for a burst of 1,000 requests with one opaque token',
  hanging: 'seconds until the result when the endpoint does not respond',
} as const

/** The bench waits at most so many seconds for an endpoint that does not respond. */
export const maxWait = 10

/** Measures one validation of a JWT without a server. These figures have no floor. */
export async function measureJwts(world: World, rounds: number): Promise<readonly Measurement[]> {
  const warm = await world.tokenFile('warm', 'JWT', 1000)
  const [firstNew, fresh] = [await world.tokenFile('first-new', 'JWT', 2000), await world.tokenFile('new', 'JWT', 6000)]
  const measurements: Measurement[] = []
  for (let round = 0; round < rounds; round += 1) {
    console.error(`in process: round ${round + 1} of ${rounds}`)
    await inRandomOrder(Object.keys(jwt), async (contender) => {
      const library = startLibrary({ kind: 'jwt', name: contender, setting: world.setting })
      // The first tokens compile the code.
      await library.present(warm, 20_000)
      await library.present(firstNew, 2000)
      const record = (setting: string, seconds: number, count: number): unknown =>
        measurements.push({ setting, contender, round, value: (seconds * 1e6) / count })
      record(inProcess.warm, await library.present(warm, 20_000), 20_000)
      record(inProcess.new, await library.present(fresh, 6000), 6000)
      await library.close()
    })
  }
  return measurements
}

/** Measures introspection, one library after the other. All wait together at an endpoint that never responds. */
export async function measureOpaqueTokens(world: World): Promise<readonly Measurement[]> {
  const fileOf = (count: number): Promise<string> => world.tokenFile(`opaque-${count}`, 'opaque', count)
  const files = { first: await fileOf(64), hundred: await fileOf(100), one: await fileOf(1) }
  const measurements: Measurement[] = []
  const record = (contender: string, setting: string, value: number): unknown =>
    measurements.push({ setting, contender, round: 0, value })
  for (const name of Object.keys(opaque)) {
    console.error(`opaque tokens: ${name}`)
    const endpoint = world.endpoint(5)
    const library = startLibrary({ kind: 'opaque', name, setting: { ...world.setting, endpoint } })
    await library.present(files.first, 64)
    const before = world.calls(endpoint)
    record(name, inProcess.rate, 10_000 / (await library.present(files.hundred, 10_000)))
    const between = world.calls(endpoint)
    await library.present(files.one, 1000, 1000)
    record(name, inProcess.calls, between - before)
    record(name, inProcess.burst, world.calls(endpoint) - between)
    await library.close()
  }
  console.error('opaque tokens: an endpoint that does not respond')
  const hanging = Object.keys(opaque).map(async (name) => {
    const setting = { ...world.setting, endpoint: world.endpoint('forever') }
    const library = startLibrary({ kind: 'opaque', name, setting })
    // The library starts before the time does.
    await library.present(files.one, 0)
    record(name, inProcess.hanging, await Promise.race([library.present(files.one, 1), sleep(maxWait * 1000, maxWait)]))
    await library.close()
  })
  await Promise.all(hanging)
  return measurements
}

/** Starts a library in a child. `present` presents so many tokens of a file in turn. */
function startLibrary(library: Library) {
  const { call, close } = startChild()
  const file = new URL('present.ts', import.meta.url)
  return {
    present: (tokens: string, count: number, lanes = 64) => call(file, present, library, tokens, count, lanes),
    close,
  }
}
