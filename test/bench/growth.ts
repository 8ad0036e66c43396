import type { JWK } from 'jose'
import type { Case } from './growth-cases.ts'
import { afresh, type Extent } from './measure/afresh.ts'
import { startChild, withChildren } from './measure/children.ts'
import { measureInstalled } from './growth-installed.ts'
import type { MemoryQuestion, MemorySetting } from './growth-memory.ts'
import { publish } from './growth-published.ts'
import { measureStartUp } from './growth-start-up.ts'
import type { TimingQuestion } from './growth-timing.ts'
import { interleave } from './measure/interleave.ts'
import type { Series } from './measure/series.ts'
import type { World } from './world/world.ts'

const suite = 'growth'
const million = 1_000_000
/** Code that is compiled is kept, or what is measured of the memory would be that. */
const memoryFlags = ['--expose-gc', '--no-flush-bytecode']

/** What becomes of us as there is more of everything: tokens, issuers, keys, guards; and what we take in memory, at the start, and on the disk. */
export async function measureGrowth(world: World, extent: Extent): Promise<readonly Series[]> {
  const key = world.keyOf('ES256')
  return [
    ...(await measurePackage(extent)),
    ...(await measureTokens(extent)),
    ...(await measureMemory(extent)),
    ...(await measureMore({ of: 'issuers', counts: [1, 10, 100, 1000, 10_000], key, noun: 'issuer' }, extent)),
    ...(await measureMore({ of: 'keys', counts: [1, 4, 16, 64], key, noun: 'key' }, extent)),
    ...(await measureGuards(key, extent)),
  ]
}

function measureTokens(extent: Extent): Promise<readonly Series[]> {
  const cases = [1, 100, 1000, 10_000, 100_000, million].map((count) => ({
    contender: inWords(count, 'token'),
    of: 'tokens' as const,
    count: Math.max(Math.min(count, 1000), Math.round(count * extent.scale)),
  }))
  return measureTimes(cases, { 'warm by distinct tokens': 'warm' }, extent)
}

interface More {
  readonly of: 'issuers' | 'keys'
  readonly counts: readonly number[]
  readonly key: JWK
  readonly noun: string
}

function measureMore({ of, counts, key, noun }: More, extent: Extent): Promise<readonly Series[]> {
  const cases = counts.map((count) => ({ contender: inWords(count, noun), of, count, key }))
  const by = of === 'keys' ? 'keys in the set' : of
  return measureTimes(cases, { [`warm by ${by}`]: 'warm', [`cold by ${by}`]: 'cold' }, extent)
}

/** Given with each request, and as an adapter's route has them, once. */
async function measureGuards(key: JWK, extent: Extent): Promise<readonly Series[]> {
  const cases = [0, 1, 4, 16].map((count) => ({ contender: inWords(count, 'guard'), count, key }))
  const withOf = (of: 'guards' | 'guards in an adapter') => cases.map((one) => ({ ...one, of }))
  const setting = 'warm by guards on a route'
  return [
    ...(await measureTimes(withOf('guards'), { [setting]: 'warm' }, extent)),
    ...(await measureTimes(withOf('guards in an adapter'), { [`${setting}, in an adapter`]: 'warm' }, extent)),
  ]
}

function measureTimes(
  cases: readonly (Case & { readonly contender: string })[],
  settings: Readonly<Record<string, TimingQuestion['tokens']>>,
  extent: Extent,
): Promise<readonly Series[]> {
  const start = (one: Case) => startChild<TimingQuestion>('growth-timing.ts', one)
  const measure = (rounds: number): Promise<readonly Series[]> =>
    withChildren(cases, start, async (children) => {
      const all: Series[] = []
      for (const [setting, tokens] of Object.entries(settings)) {
        const measured = children.map(({ one: { contender }, child }) => ({
          contender,
          measure: () => child.ask({ tokens, milliseconds: 200 * extent.scale }),
        }))
        all.push(...(await interleave({ suite, setting, unit: 'µs' }, measured, rounds)))
      }
      return all
    })
  return afresh(extent, measure)
}

async function measureMemory({ rounds, scale }: Extent): Promise<readonly Series[]> {
  const offered = Math.round(million * scale)
  const megabytes = (remember: MemorySetting['remember']) => async () => (await bytesKept(remember, [offered])) / 1e6
  const bounded = [
    { contender: 'tollgate', measure: megabytes('verdicts') },
    { contender: 'tollgate, remembering nothing', measure: megabytes('nothing') },
  ]
  // The first claims what is claimed at once, for all that follow.
  const perVerdict = async () => (await bytesKept('verdicts', [1, 10_000])) / 10_000
  const each = [{ contender: 'tollgate', measure: perVerdict }]
  return [
    ...(await interleave({ suite, setting: 'memory with 1,000,000 tokens offered', unit: 'MB' }, bounded, 1)),
    ...(await interleave(
      { suite, setting: 'memory per remembered verdict', unit: 'bytes' },
      each,
      Math.min(rounds, 3),
    )),
  ]
}

/** What the last of so many tokens have left behind, in a process of its own. */
async function bytesKept(remember: MemorySetting['remember'], inTurn: readonly number[]): Promise<number> {
  const start = (setting: MemorySetting) => startChild<MemoryQuestion>('growth-memory.ts', setting, memoryFlags)
  return withChildren([{ remember }], start, async (children) => {
    let bytes = Number.NaN
    for (const { child } of children) {
      for (const distinct of inTurn) {
        bytes = await child.ask({ distinct })
      }
    }
    return bytes
  })
}

async function measurePackage({ rounds }: Extent): Promise<readonly Series[]> {
  const { folder, entry, remove } = await publish()
  try {
    return [...(await measureStartUp(entry, rounds)), ...(await measureInstalled(folder))]
  } finally {
    await remove()
  }
}

function inWords(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}
