import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWorld, type World } from '../world/world.ts'
import type { HttpContender } from './http/contender.ts'
import { httpContenders } from './http.ts'

let world: World
let token: string

beforeAll(async () => {
  world = await createWorld()
  token = await readFile(await world.tokensOf('RS256', 'one', 1), 'utf8')
})

afterAll(() => world.close())

const open = httpContenders.filter(({ role }) => role === 'bare' || role === 'idle')
const guarded = httpContenders.filter((contender) => !open.includes(contender))

test.each(open)('$name answers whatever is presented', async (contender) => {
  expect(await statusesOf(contender)).toEqual([200, 200, 200, 200])
})

test.each(guarded)('$name accepts a token each time, and refuses what was made of it', async (contender) => {
  expect(await statusesOf(contender)).toEqual([200, 200, 200, 401])
})

/** What is answered to a good token three times, and then to a forged one. */
async function statusesOf({ start }: HttpContender): Promise<readonly number[]> {
  const server = await start(world.settingOf('RS256'))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const statuses: number[] = []
  try {
    for (const presented of [token, token, token, forgedFrom(token)]) {
      const response = await fetch(url, { headers: { authorization: `Bearer ${presented}` } })
      statuses.push(response.status)
      expect(response.ok ? await response.text() : '{"ok":true}').toBe('{"ok":true}')
    }
  } finally {
    server.closeAllConnections()
    server.close()
  }
  return statuses
}

/** The same token for somebody else. */
function forgedFrom(jwt: string): string {
  const [header, payload = '', signature] = jwt.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
  const others = Buffer.from(JSON.stringify({ ...claims, sub: 'somebody-else' })).toString('base64url')
  return [header, others, signature].join('.')
}
