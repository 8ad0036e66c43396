import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { audience } from '../world/tokens.ts'
import { createWorld, type World } from '../world/world.ts'
import { tollgate } from './opaque/tollgate.ts'
import type { OpaqueSetting } from './opaque/contender.ts'
import { opaqueContenders } from './opaque.ts'

const severe = createServer((_request, response) =>
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ active: false })),
)
let world: World

beforeAll(async () => {
  world = await createWorld()
  await new Promise<void>((resolve) => severe.listen(0, '127.0.0.1', resolve))
})

afterAll(async () => {
  severe.close()
  await world.close()
})

function setting(endpoint: string): OpaqueSetting {
  return { issuer: world.url, endpoint, audience, clientId: 'an-api', clientSecret: 'a secret' }
}

async function callsTo(endpoint: string): Promise<number> {
  return ((await (await fetch(endpoint)).json()) as { readonly calls: number }).calls
}

describe.each(opaqueContenders)('$name', ({ start }) => {
  test('accepts a token that is active', async () => {
    const verify = await start(setting(`${world.url}/introspect/0`))
    await verify('a-token')
    expect(await callsTo(`${world.url}/introspect/0`)).toBeGreaterThan(0)
  })

  test('rejects one that is not', async () => {
    const verify = await start(setting(`http://127.0.0.1:${(severe.address() as AddressInfo).port}/introspect`))
    await expect(Promise.resolve(verify('a-token'))).rejects.toThrow()
  })
})

describe('tollgate', () => {
  test('asks once about a token that a thousand requests bring at once', async () => {
    const verify = await tollgate.start(setting(`${world.url}/introspect/5`))
    await Promise.all(Array.from({ length: 1000 }, () => verify('one-token')))
    expect(await callsTo(`${world.url}/introspect/5`)).toBe(1)
  })

  test('asks once about each token', async () => {
    const verify = await tollgate.start(setting(`${world.url}/introspect/6`))
    await Promise.all(Array.from({ length: 2000 }, (_, index) => verify(`token-${index % 100}`)))
    expect(await callsTo(`${world.url}/introspect/6`)).toBe(100)
  })
})
