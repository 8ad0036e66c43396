import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import * as dpop from './contenders/dpop.ts'
import * as express from './contenders/express.ts'
import * as fastify from './contenders/fastify.ts'
import { libraries as jwt } from './contenders/jwt.ts'
import * as koa from './contenders/koa.ts'
import { libraries as opaque } from './contenders/opaque.ts'
import { createClients } from './dpop/proofs.ts'
import { checkFloor } from './floors.ts'
import { load } from './load.ts'
import { between } from './report.ts'
import { createWorld, type World } from './world.ts'

// On a busy machine, importing a peer takes seconds.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let world: World
let good: string
let forged: string

beforeAll(async () => {
  world = await createWorld()
  const tokens = (await readFile(await world.tokenFile('test', 'JWT', 2), 'utf8')).split('\n')
  good = `Bearer ${tokens[0]}`
  forged = `Bearer ${tokens[0]?.split('.', 2).join('.')}.${tokens[1]?.split('.')[2]}`
})

afterAll(() => world.close())

describe.each([express, koa, fastify])('through HTTP', ({ names, start }) => {
  test.each(names.filter((name) => !/bare|opaque/.test(name)))('%s refuses a forged token', async (name) => {
    const server = await start(name, world.setting)
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const statuses: number[] = []
    for (const authorization of [good, good, forged]) {
      statuses.push((await fetch(url, { headers: { authorization } })).status)
    }
    server.close()
    expect(statuses).toEqual([200, 200, 401])
  })
})

test.each(Object.entries(jwt))('%s refuses a forged token in process', async (_, start) => {
  const verify = start(world.setting)
  await verify(good)
  await expect(verify(forged)).rejects.toThrow()
})

describe.each(Object.entries(dpop.libraries))('DPoP: %s', (name, open) => {
  const parts = async (): Promise<readonly (readonly [token: string, proof: string])[]> => {
    const lines = (await createClients(world, 1)).lines(2)
    return lines.map((line) => line.split(' ') as [string, string])
  }
  const forgedOf = (proof: string, other: string): string =>
    `${proof.split('.', 2).join('.')}.${other.slice(other.lastIndexOf('.') + 1)}`

  test('refuses a forged proof in process', async () => {
    const [[token, proof] = ['', ''], [, other] = ['', '']] = await parts()
    const verify = open(world.setting)
    await verify(token, proof)
    await expect(verify(token, forgedOf(proof, other))).rejects.toThrow()
  })

  test('refuses a forged proof through HTTP', async () => {
    const [[token, proof] = ['', ''], [, other] = ['', '']] = await parts()
    const server = await dpop.start(name, world.setting)
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const send = async (one: string): Promise<boolean> =>
      (await fetch(url, { headers: { authorization: `DPoP ${token}`, dpop: one } })).ok
    expect([await send(proof), await send(forgedOf(proof, other))]).toEqual([true, false])
    server.close()
  })
})

test.each(Object.entries(opaque))('%s refuses a token that is not active', async (_, start) => {
  await start(world.setting)('Bearer good')
  await expect(start({ ...world.setting, endpoint: world.endpoint('inactive') })('Bearer good')).rejects.toThrow()
})

test('the load rejects when the server refuses a token', async () => {
  const server = await express.start('Tollgate', world.setting)
  const { port } = server.address() as AddressInfo
  const file = await world.tokenFile('refused', 'opaque', 2)
  await expect(load({ port, file, tokens: 'once', seconds: 60 })).rejects.toThrow('The server refused a token')
  server.close()
})

test.each([
  [[90, 110, 101], 'met'],
  [[99, 98, 110, 97], 'within noise'],
  [[90, 91, 90, 91], 'missed'],
  [[], 'not measured'],
])('The floor "as fast as the peer" is, at %j to 100: %s', (values, result) => {
  const ours = values.map((value, round) => ({ setting: 'req/s', contender: 'Tollgate', round, value }))
  const peers = ours.map((one) => ({ ...one, contender: 'peer', value: 100 }))
  expect(checkFloor({ setting: 'req/s', dividedBy: 'peer', atLeast: 1 }, [...ours, ...peers]).result).toBe(result)
})

test('The tables replace what is between the markers', () => {
  const page = 'before\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nafter\n'
  const replaced = between('README.md', page, 'new')
  expect(replaced).toBe('before\n<!-- bench:begin -->\n\nnew\n\n<!-- bench:end -->\nafter\n')
  expect(between('README.md', replaced, 'new')).toBe(replaced)
  expect(() => between('README.md', 'before\n<!-- bench:end -->', 'new')).toThrow()
})
