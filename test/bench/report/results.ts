import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { format } from 'oxfmt'
import type { Series } from '../measure/series.ts'

/** A whole run: what was measured, where and when. */
export interface Results {
  /** Such as `2026-11-25`. */
  readonly date: string
  /** Such as `v26.10.0`. */
  readonly node: string
  readonly cpu: string
  readonly cores: number
  readonly series: readonly Series[]
}

/** Where the charts and the results are kept. */
export const folder = new URL('../../../docs/performance/', import.meta.url)

const file = new URL('results.json', folder)

export function resultsOf(series: readonly Series[]): Results {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    series: series.map((one) => ({ ...one, samples: one.samples.map((sample) => Number(sample.toPrecision(5))) })),
  }
}

export async function keep(results: Results): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(file, await formatted('results.json', JSON.stringify(results)))
}

/** What the last whole run has kept. */
export async function readKept(): Promise<Results> {
  return JSON.parse(await readFile(file, 'utf8')) as Results
}

/** As `oxfmt` wants files of this repository to be. */
export async function formatted(name: string, text: string): Promise<string> {
  const { code, errors } = await format(name, text, { printWidth: 120, semi: false, singleQuote: true })
  if (errors.length > 0) {
    throw new Error(`${name} cannot be formatted: ${errors.map(({ message }) => message).join(', ')}`)
  }
  return code
}
