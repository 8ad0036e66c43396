import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readFile } from 'node:fs/promises'
import { createWorld, type World } from '../world/world.ts'
import { jwtContenders } from './jwt.ts'

let world: World

beforeAll(async () => {
  world = await createWorld()
})

afterAll(() => world.close())

const judging = jwtContenders.filter(({ role }) => role !== 'idle')

describe.each(judging)('$name', ({ algorithms, start }) => {
  test.each(algorithms)('accepts good tokens by %s, as often as they come, and no other', async (algorithm) => {
    const verify = await start(world.settingOf(algorithm))
    const [one = '', other = ''] = (await readFile(await world.tokensOf(algorithm, 'test', 2), 'utf8')).split('\n')
    for (let round = 0; round < 4; round += 1) {
      await expect(Promise.resolve(verify(`Bearer ${one}`))).resolves.not.toThrow()
    }
    const [header, , signature] = one.split('.')
    const forged = [header, other.split('.')[1], signature].join('.')
    await expect((async () => verify(`Bearer ${forged}`))()).rejects.toThrow()
  })
})
