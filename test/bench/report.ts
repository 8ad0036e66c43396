import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { markdownTable } from 'markdown-table'
import type { FloorResult } from './floors.ts'
import { frameworks, peersOf } from './http.ts'
import { inProcess, maxWait } from './in-process.ts'
import { type Estimate, estimate, type Measurement } from './measurements.ts'
import { startUp } from './start-up.ts'

/** All tables of a run, as Markdown. */
export function tablesOf(all: readonly Measurement[], floors: readonly FloorResult[]): string {
  return [
    provenance(),
    '### Floors',
    floorTable(floors),
    ...frameworks.flatMap((framework) => [
      `### ${framework}`,
      table(all, ['warm, req/s', 'warm, CPU µs', 'new tokens, req/s', 'new tokens, CPU µs'], `${framework}, `),
    ]),
    '### Opaque tokens, and an introspection endpoint that takes 5 ms',
    table(all, [inProcess.rate, inProcess.calls, inProcess.burst, inProcess.hanging]),
    '### Start-up, and one validation in process',
    table(all, [startUp, inProcess.warm, inProcess.new]),
  ].join('\n\n')
}

/** The short table of the README. */
function readmeOf(all: readonly Measurement[]): string {
  const rows = frameworks.map((framework) => {
    const warm = `${framework}, warm, req/s`
    const rate = (contender: string): number => estimate(all, warm, contender)?.median ?? 0
    const [fastest = ''] = peersOf(framework).toSorted((one, other) => rate(other) - rate(one))
    const figures = ['bare', 'Tollgate', fastest].map((contender) => digits(rate(contender)))
    return [framework, ...figures, fastest, `**${estimate(all, warm, 'Tollgate', fastest)?.median.toFixed(1)}**`]
  })
  const heads = ['warm, req/s', 'bare', 'Tollgate', 'fastest peer', '', 'Tollgate is faster by']
  return `${markdownTable([heads, ...rows], { align: ['l', 'r', 'r', 'r', 'l', 'r'] })}\n\n${provenance()}`
}

/** Writes the tables between the markers of the pages, and the medians into `results.json`. */
export function publish(all: readonly Measurement[], floors: readonly FloorResult[]): void {
  const pages = { 'README.md': readmeOf(all), 'docs/performance.md': tablesOf(all, floors) }
  for (const [name, content] of Object.entries(pages)) {
    writeFileSync(join(root, name), between(name, readFileSync(join(root, name), 'utf8'), content))
  }
  const results = 'docs/performance/results.json'
  writeFileSync(join(root, results), JSON.stringify(resultsOf(all)))
  execFileSync('node_modules/.bin/oxfmt', [...Object.keys(pages), results], { cwd: root })
}

const today = new Date().toISOString().slice(0, 10)
const root = fileURLToPath(new URL('../..', import.meta.url))
const [begin, end] = ['<!-- bench:begin -->', '<!-- bench:end -->']

/** Replaces the text between the markers of a page. Throws when the page does not have each marker once. */
export function between(name: string, page: string, content: string): string {
  const [before, middle, ...more] = page.split(begin)
  const [, after, ...others] = middle?.split(end) ?? []
  if (before === undefined || after === undefined || more.length + others.length > 0) {
    throw new Error(`${name} needs the comments ${begin} and ${end}, each once and in this order`)
  }
  return `${before}${begin}\n\n${content}\n\n${end}${after}`
}

function floorTable(floors: readonly FloorResult[]): string {
  const rows = floors.map(({ floor: { setting, dividedBy, atLeast, atMost }, measured, result }) => [
    setting,
    dividedBy === undefined ? 'Tollgate' : `Tollgate ÷ ${dividedBy}`,
    atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`,
    withNoise(measured, dividedBy === undefined ? digits : (value) => value.toFixed(3)),
    result === 'met' ? result : `**${result}**`,
  ])
  const align = ['l', 'l', 'r', 'r', 'l']
  return markdownTable([['setting', 'of', 'limit', 'measured', 'result'], ...rows], { align })
}

/** A row for each contender in one of the settings: the bare framework, Tollgate, and then its peers. */
function table(all: readonly Measurement[], columns: readonly string[], prefix = ''): string {
  const settings = columns.map((column) => `${prefix}${column}`)
  const measured = new Set(all.filter(({ setting }) => settings.includes(setting)).map(({ contender }) => contender))
  const rank = (name: string): number => ['', 'Tollgate', 'bare'].findLastIndex((start) => name.startsWith(start))
  const contenders = [...measured].toSorted().toSorted((one, other) => rank(other) - rank(one))
  const rows = contenders.map((contender) => [contender, ...settings.map((setting) => cell(all, setting, contender))])
  return markdownTable([['', ...columns], ...rows], { align: ['l', ...columns.map(() => 'r')] })
}

function cell(all: readonly Measurement[], setting: string, contender: string): string {
  const found = estimate(all, setting, contender)
  const isOver = setting === inProcess.hanging && (found?.median ?? 0) >= maxWait
  return isOver ? `> ${maxWait}` : withNoise(found, digits)
}

function withNoise(one: Estimate | undefined, shown: (value: number) => string): string {
  const noise = one === undefined || one.noise === 0 ? '' : ` ± ${shown(one.noise)}`
  return one === undefined ? '' : `${shown(one.median)}${noise}`
}

/** A run is exact to three digits: `2.15`, `31.9`, `24,300`. */
function digits(value: number): string {
  return new Intl.NumberFormat('en', { maximumSignificantDigits: 3 }).format(value)
}

function provenance(): string {
  const machine = `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? 'unknown'}`
  return `Medians of one run of \`npx -y pnpm@12 bench\` on ${today}: Node ${process.versions.node}, ${machine}.`
}

/** Of each setting and each contender the median and its noise. */
function resultsOf(all: readonly Measurement[]): object {
  const figures: Record<string, Record<string, readonly number[]>> = {}
  for (const { setting, contender } of all) {
    const { median, noise } = estimate(all, setting, contender) ?? { median: 0, noise: 0 }
    const rounded = [median, noise].map((value) => Number(value.toPrecision(4)))
    figures[setting] = { ...figures[setting], [contender]: rounded }
  }
  return { date: today, node: process.version, figures }
}
