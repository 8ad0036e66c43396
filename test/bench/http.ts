import { type Before, commit } from './before.ts'
import { type Child, startChild } from './child.ts'
import { names as express } from './contenders/express.ts'
import { names as fastify } from './contenders/fastify.ts'
import { names as koa } from './contenders/koa.ts'
import { load } from './load.ts'
import { inRandomOrder, type Measurement } from './measurements.ts'
import { cpuTime, startServer } from './server.ts'
import type { World } from './world.ts'

/** The contenders of each framework. */
const contenders = { 'Express 5': express, 'Koa 3': koa, 'Fastify 5': fastify } as const

type Framework = keyof typeof contenders

export const frameworks: readonly Framework[] = ['Express 5', 'Koa 3', 'Fastify 5']

/** Tollgate as it was before. */
export const tollgateBefore = `Tollgate at ${commit}`

export function peersOf(framework: Framework): readonly string[] {
  return contenders[framework].filter((name) => name !== 'bare' && !name.startsWith('Tollgate'))
}

/** Measures requests per second and CPU time per request. Each round starts new server processes. */
export async function measureHttp(
  world: World,
  before: Before | undefined,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<readonly Measurement[]> {
  // More new tokens than a server validates on one core. A server that uses up all of them ends earlier.
  const newTokens = Math.ceil(12_000 * seconds)
  const files: TokenFiles = {
    warm: await world.tokenFile('warm', 'JWT', 1000),
    opaque: await world.tokenFile('opaque', 'opaque', 1000),
    firstNew: await world.tokenFile('first-new', 'JWT', 2 * newTokens),
    new: await world.tokenFile('new', 'JWT', newTokens),
  }
  const generator = startChild('last')
  const measurements: Measurement[] = []
  for (let round = 0; round < rounds; round += 1) {
    console.error(`HTTP: round ${round + 1} of ${rounds}`)
    await inRandomOrder(frameworks, (framework) =>
      inRandomOrder(contendersIn(framework, before, round), async (contender) => {
        const figures = await measure(contender, world, files, { generator, seconds })
        measurements.push(...figures.map(([setting, value]) => ({ setting, value, contender: contender.title, round })))
      }),
    )
  }
  await generator.close()
  return measurements
}

type TokenFiles = Readonly<Record<'warm' | 'opaque' | 'firstNew' | 'new', string>>

/** `title` is the name in tables. `bench` is the folder of the bench beside the packages that are measured. */
interface Contender {
  readonly framework: Framework
  readonly name: string
  readonly title: string
  readonly bench: URL
}

/** Only Tollgate is measured in every round, because the floors of all others leave more room. */
function contendersIn(framework: Framework, before: Before | undefined, round: number): readonly Contender[] {
  const names = contenders[framework].filter((name) => name === 'Tollgate' || round % 2 === 0)
  const now = names.map((name) => ({ framework, name, title: name, bench: new URL('.', import.meta.url) }))
  return before === undefined
    ? now
    : [...now, { framework, name: 'Tollgate', title: tollgateBefore, bench: before.bench }]
}

async function measure(
  { framework, name, bench }: Contender,
  { setting }: World,
  files: TokenFiles,
  { generator, seconds }: { readonly generator: Child; readonly seconds: number },
): Promise<readonly (readonly [setting: string, value: number])[]> {
  const child = startChild()
  const server = new URL('server.ts', bench)
  const port = await child.call(server, startServer, framework, name, setting)

  async function figuresOf(title: string, file: string, tokens: 'again' | 'once', times = 1) {
    const before = await child.call(server, cpuTime)
    const loading = { port, file, tokens, seconds: times * seconds }
    const { requests, took } = await generator.call(new URL('load.ts', import.meta.url), load, loading)
    const cpu = (await child.call(server, cpuTime)) - before
    const figures = { 'req/s': requests / took, 'CPU µs': cpu / requests }
    return Object.entries(figures).map(([unit, value]) => [`${framework}, ${title}, ${unit}`, value] as const)
  }

  // The first load of each kind compiles the code. It is longer, and its figures do not count.
  const isOpaque = name === 'Tollgate, opaque tokens'
  const warm = isOpaque ? files.opaque : files.warm
  await figuresOf('warm', warm, 'again', 2)
  const figures = await figuresOf('warm', warm, 'again')
  if (name !== 'bare' && !isOpaque) {
    await figuresOf('new tokens', files.firstNew, 'once', 2)
    figures.push(...(await figuresOf('new tokens', files.new, 'once')))
  }
  await child.close()
  return figures
}
