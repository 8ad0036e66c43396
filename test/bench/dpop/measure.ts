import { randomUUID } from 'node:crypto'
import type { Before } from '../before.ts'
import { startChild } from '../child.ts'
import { proofAlone, tollgate } from '../contenders/dpop.ts'
import { load } from '../load.ts'
import { inRandomOrder, type Measurement } from '../measurements.ts'
import { cpuTime, startServer } from '../server.ts'
import type { World } from '../world.ts'
import { presentProofs } from './present-proofs.ts'
import { createClients } from './proofs.ts'

/** CPU time, because other work on the machine changes it less than the time of the clock. */
export const settings = {
  inProcess: 'a request with a proof in process, CPU µs',
  express: 'a request with a proof on Express 5, CPU µs',
  warm: 'a warm bearer token on Express 5, CPU µs',
  new: 'a new bearer token on Express 5, CPU µs',
} as const

export interface Length {
  readonly rounds: number
  /** Requests of each contender in one round. */
  readonly requests: number
}

/** Tollgate with `dpop: { mode: 'accepted' }`, and the code before DPoP. */
export const accepting = 'Tollgate that accepts DPoP'
export const beforeDpop = { commit: '482e280', title: 'Tollgate before DPoP' } as const

interface Contender {
  readonly title: string
  /** Sends each request of a file once. Resolves with the CPU time of all, in microseconds. */
  readonly send: (file: string) => Promise<number>
  readonly close: () => Promise<void>
}

/** Tollgate with the token in its cache, and the proof alone. */
export async function measureProofs(world: World, clients: number, length: Length): Promise<readonly Measurement[]> {
  const sender = await createClients(world, clients)
  const names = [tollgate, proofAlone]
  const settingOf = (name: string): string => `${name}, clients: ${clients}`
  const newProofs = async (): Promise<readonly string[]> => sender.lines(length.requests)
  const libraries = names.map((name) => startLibrary(name, world))
  const inProcess = await measureRounds(settingOf(settings.inProcess), libraries, {
    world,
    newLines: newProofs,
    length,
  })
  const servers = await Promise.all(names.map(async (name) => startExpress({ ...server, title: name, name }, world)))
  const express = await measureRounds(settingOf(settings.express), servers, { world, newLines: newProofs, length })
  await closeAll([...libraries, ...servers])
  return [...inProcess, ...express]
}

/** The same requests as before DPoP. */
export async function measureBearer(
  world: World,
  before: Before | undefined,
  length: Length,
): Promise<readonly Measurement[]> {
  const plain = { ...server, framework: 'Express 5' }
  const contenders = await Promise.all(
    [
      plain,
      { ...server, title: accepting },
      ...(before === undefined ? [] : [{ ...plain, title: beforeDpop.title, bench: before.bench }]),
    ].map(async (one) => startExpress(one, world)),
  )
  const tokens = await Promise.all(Array.from({ length: 1000 }, async (_, index) => world.token({ jti: `${index}` })))
  const warm = Array.from({ length: length.requests }, (_, index) => tokens[index % tokens.length] ?? '')
  const newTokens = async (): Promise<readonly string[]> =>
    Promise.all(warm.map(async () => world.token({ jti: randomUUID() })))
  const measurements = [
    ...(await measureRounds(settings.warm, contenders, { world, newLines: async () => warm, length })),
    ...(await measureRounds(settings.new, contenders, { world, newLines: newTokens, length })),
  ]
  await closeAll(contenders)
  return measurements
}

async function closeAll(contenders: readonly Contender[]): Promise<void> {
  await Promise.all(contenders.map(async ({ close }) => close()))
}

const here = new URL('../', import.meta.url)
const server = { framework: 'DPoP', title: tollgate, name: tollgate, bench: here } as const

/** Starts a library in a child. */
function startLibrary(title: string, { setting }: World): Contender {
  const { call, close } = startChild()
  const file = new URL('present-proofs.ts', import.meta.url)
  return { title, send: async (lines) => call(file, presentProofs, title, setting, lines), close }
}

interface Server {
  readonly title: string
  readonly framework: string
  readonly name: string
  /** The folder of the bench beside the packages that are measured. */
  readonly bench: URL
}

/** Starts a server in a child, which has nothing to do while another one is measured. */
async function startExpress({ title, framework, name, bench }: Server, { setting }: World): Promise<Contender> {
  const { call, close } = startChild()
  const module = new URL('server.ts', bench)
  const port = await call(module, startServer, framework, name, setting)
  return {
    title,
    send: async (file) => {
      const generator = startChild('last')
      const begun = await call(module, cpuTime)
      await generator.call(new URL('load.ts', here), load, { port, file, tokens: 'once', seconds: 600 } as const)
      const used = (await call(module, cpuTime)) - begun
      await generator.close()
      return used
    },
    close,
  }
}

interface Rounds {
  readonly world: World
  /** The requests of one contender in one round. They are made before its turn. */
  readonly newLines: () => Promise<readonly string[]>
  readonly length: Length
}

/** The first round compiles the code, and does not count. */
async function measureRounds(
  setting: string,
  contenders: readonly Contender[],
  { world, newLines, length }: Rounds,
): Promise<readonly Measurement[]> {
  const measurements: Measurement[] = []
  for (let round = 0; round <= length.rounds; round += 1) {
    console.error(`${setting}: round ${round} of ${length.rounds}`)
    await inRandomOrder(contenders, async ({ title, send }) => {
      const value = (await send(await world.fileOf('requests', await newLines()))) / length.requests
      if (round > 0) {
        measurements.push({ setting, contender: title, round, value })
      }
    })
  }
  return measurements
}
