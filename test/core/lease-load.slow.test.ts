/** Sockets and streams in great number: when they end, the timers that they need, and the cost of revocations. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createValidator, lease, type Validator } from '@tollgate/core'
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Command } from '../harness/lease-server.ts'
import { bytesInUseAtRest } from '../harness/memory.ts'

let issuer: MockIssuer
beforeAll(async () => {
  issuer = await createMockIssuer()
})
afterAll(() => issuer.close())

function print(what: string, figure: number, unit: string): void {
  process.stdout.write(`${what}: ${figure.toFixed(2)} ${unit}\n`)
}

interface LeaseServer {
  readonly port: number
  /** Resolves with the number of timers of the server after the command. */
  readonly run: (command: Command) => Promise<number>
}

async function openServer(): Promise<LeaseServer> {
  const { url, audience } = { ...issuer.validatorOptions, url: issuer.url }
  const file = new URL('../harness/lease-server.ts', import.meta.url)
  const child = fork(file, [JSON.stringify({ issuer: url, audience })], { execArgv: [] })
  onTestFinished(() => child.disconnect())
  return { port: await next(child), run: async (command) => next(child, child.send(command)) }
}

async function next(child: ChildProcess, _sent?: boolean): Promise<number> {
  const [message] = (await once(child, 'message')) as [number]
  return message
}

/** An open connection. */
interface Connection {
  readonly kind: Kind
  /** Milliseconds since the epoch. */
  readonly ended: Promise<number>
  readonly hasEnded: () => boolean
}

const kinds = ['socket', 'stream of events', 'upload'] as const
type Kind = (typeof kinds)[number]

async function openSocket(port: number, token: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { headers: { authorization: `Bearer ${token}` } })
  await once(socket, 'message')
  return socket
}

async function openStream(port: number, token: string, method: 'GET' | 'POST'): Promise<IncomingMessage> {
  const path = method === 'GET' ? '/events' : '/upload'
  const headers = { authorization: `Bearer ${token}` }
  const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false })
  sent.on('error', () => undefined)
  if (method === 'GET') {
    sent.end()
  } else {
    sent.write('the beginning')
  }
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  expect(response.statusCode).toBe(200)
  response.resume().on('error', () => undefined)
  return response
}

async function open(port: number, kind: Kind, token: string): Promise<Connection> {
  const connection =
    kind === 'socket'
      ? await openSocket(port, token)
      : await openStream(port, token, kind === 'upload' ? 'POST' : 'GET')
  let hasEnded = false
  const ended = new Promise<number>((resolve) => {
    connection.once('close', () => {
      hasEnded = true
      resolve(Date.now())
    })
  })
  return { kind, ended, hasEnded: () => hasEnded }
}

/** 500 sockets, and 250 of each kind of stream. */
const plan: readonly Kind[] = Array.from(
  { length: 1000 },
  (_, index) => kinds[[0, 1, 0, 2][index % 4] ?? 0] ?? 'socket',
)

const wait = async (milliseconds: number): Promise<void> => sleep(milliseconds)

describe('500 sockets and 500 streams', () => {
  test('end within 1 s of their exp, and none ends before it', async () => {
    const { port } = await openServer()
    const ends: Promise<number>[] = []
    // On a slow machine, all connections at once would take longer to open than their tokens last.
    for (let first = 0; first < plan.length; first += 50) {
      const opening = plan.slice(first, first + 50).map(async (kind, index) => {
        const exp = Math.floor(Date.now() / 1000) + 6 + (index % 5)
        const { ended } = await open(port, kind, await issuer.accessToken({ exp }))
        ends.push(ended.then((at) => at - exp * 1000))
      })
      await Promise.all(opening)
    }
    const late = await Promise.all(ends)
    print('the first end, after exp', Math.min(...late), 'ms')
    print('the last end, after exp', Math.max(...late), 'ms')
    expect(late).toHaveLength(1000)
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...late)).toBeLessThan(1000)
  })

  test('need one timer each, and those of a revoked sid end, and no others', async () => {
    const { port, run } = await openServer()
    // The keys of the issuer, and the first connection, need some.
    const first = await open(port, 'socket', await issuer.accessToken({ sid: 'first' }))
    await wait(500)
    const before = await run({ name: 'timers' })
    // The count has the timers that do not keep a process alive.
    const spare = (await run({ name: 'start', timers: 1000 })) - before
    expect(spare).toBeGreaterThan(900)

    const tokens = [await issuer.accessToken({ sid: 'a' }), await issuer.accessToken({ sid: 'b' })]
    const connections = await Promise.all(
      plan.map(async (kind, index) => open(port, kind, tokens[(index >> 2) % 2] ?? '')),
    )
    await wait(1000)
    const timers = (await run({ name: 'timers' })) - before - spare
    print('timers of 1,000 connections', timers, '')
    expect(timers).toBeLessThanOrEqual(1000)

    const ofA = connections.filter((_, index) => (index >> 2) % 2 === 0)
    const others = connections.filter((_, index) => (index >> 2) % 2 === 1)
    expect(new Set(ofA.map(({ kind }) => kind))).toEqual(new Set(kinds))
    const begun = Date.now()
    await run({ name: 'revoke', sid: 'a' })
    const last = Math.max(...(await Promise.all(ofA.map(({ ended }) => ended))))
    print('the last end, after the revocation of 500', last - begun, 'ms')
    expect(last - begun).toBeLessThan(10_000)
    await wait(1000)
    expect([first, ...others].filter(({ hasEnded }) => hasEnded())).toEqual([])
    // A lease that has ended leaves no timer behind.
    expect((await run({ name: 'timers' })) - before - spare).toBeLessThanOrEqual(500)
  })
})

describe('the cost of leases', () => {
  const count = 10_000
  const tokens: string[] = []
  beforeAll(async () => {
    while (tokens.length < 2 * count) {
      tokens.push(await issuer.accessToken({ sid: `s-${tokens.length}`, exp: Math.floor(Date.now() / 1000) + 3600 }))
    }
  })

  async function openLeases(number: number): Promise<{ readonly validator: Validator; readonly bytes: number }> {
    const validator = createValidator({ issuer: issuer.url, audience: issuer.validatorOptions.audience })
    const validated = []
    for (const token of tokens.slice(0, number)) {
      validated.push(await validator.validate(token))
    }
    const before = await bytesInUseAtRest()
    const leases = validated.map((token) => lease(token))
    // The first revocation makes each token note its keys.
    const pauses = await pausesDuring(async () => validator.revoke({ sid: 'none' }))
    print(`the first revocation, with ${number} leases, blocks the process at most for`, Math.max(...pauses), 'ms')
    // The check does not run at once.
    expect(pauses.length).toBeGreaterThan(3)
    const bytes = ((await bytesInUseAtRest()) - before) / number
    onTestFinished(async () => {
      expect(leases.filter(({ signal }) => signal.aborted)).toEqual([])
      await validator.close()
      expect(leases.filter(({ signal }) => !signal.aborted)).toEqual([])
    })
    return { validator, bytes }
  }

  /** The milliseconds of each time in which nothing else could run, during the work and in the seconds after it. */
  async function pausesDuring(work: () => Promise<void>): Promise<readonly number[]> {
    await work()
    const pauses = []
    const end = performance.now() + 3000
    for (let before = performance.now(); before < end;) {
      await new Promise((resolve) => setImmediate(resolve))
      const now = performance.now()
      pauses.push(now - before)
      before = now
    }
    return pauses.filter((pause) => pause > 4)
  }

  /** Milliseconds of CPU: the median of several rounds, side by side, because other work on the machine adds to both. */
  async function costsOfOne(validators: readonly Validator[]): Promise<readonly number[]> {
    const costs = validators.map((): number[] => [])
    for (let round = 0; round < 12; round += 1) {
      for (const [index, validator] of validators.entries()) {
        const { user, system } = process.cpuUsage()
        await validator.revoke({ sid: `one-${round}` })
        await wait(500)
        const used = process.cpuUsage({ user, system })
        costs[index]?.push((used.user + used.system) / 1000)
      }
    }
    return costs.map((rounds) => rounds.toSorted((a, b) => a - b)[rounds.length / 2] ?? NaN)
  }

  /** Milliseconds of CPU per second, with 100 revocations per second. */
  async function costOfMany(validator: Validator): Promise<number> {
    const begun = performance.now()
    const { user, system } = process.cpuUsage()
    let revocations = 0
    while (performance.now() - begun < 5000) {
      while (revocations < (performance.now() - begun) / 10) {
        await validator.revoke({ sid: `many-${revocations}` })
        revocations += 1
      }
      await wait(5)
    }
    const used = process.cpuUsage({ user, system })
    return (used.user + used.system) / (performance.now() - begun)
  }

  test('a lease needs little memory, a revocation little time, and twice the leases at most twice as much', async () => {
    const { validator, bytes } = await openLeases(count)
    print('a lease', bytes, 'bytes')
    expect(bytes).toBeLessThan(4096)
    const many = await costOfMany(validator)
    print('100 revocations per second, with 10,000 leases', many, 'ms of CPU per second')
    // The leases take at most a tenth of the time. The rest is the test itself.
    expect(many).toBeLessThan(500)

    const twice = await openLeases(2 * count)
    const [single = NaN, double = NaN] = await costsOfOne([validator, twice.validator])
    print('one revocation, with 10,000 leases', single, 'ms of CPU')
    print('one revocation, with 20,000 leases', double, 'ms of CPU')
    expect(double).toBeLessThan(2.5 * single + 10)
  })
})
