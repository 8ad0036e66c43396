import type { Judgement } from '../measure/judge.ts'
import type { Series } from '../measure/series.ts'
import { algorithms } from '../world/world.ts'
import { digits, quotient, withNoise } from './numbers.ts'
import { aligned, type Column, type Figures, figuresOf, table } from './table.ts'

/** All tables of a suite, with their headings. */
export function sectionOf(suite: Series['suite'], all: readonly Series[]): string {
  return sections[suite](figuresOf(all, suite)).join('\n\n')
}

/** The floors, and how they fared. */
export function floorsSection(judgements: readonly Judgement[]): string {
  const rows = judgements.map(({ floor: { setting, demand, limit, goal, unit }, measured, verdict }) => {
    const as = (value: number): string => (unit === '×' ? quotient(value) : digits(value, unit))
    // What is next to its limit is to be told from it.
    const closely = (value: number): string => (Math.abs(value) < 10 && unit !== 'calls' ? value.toFixed(3) : as(value))
    return [
      setting,
      demand,
      `${'atMost' in limit ? `≤ ${as(limit.atMost)}` : `≥ ${as(limit.atLeast)}`} ${unit}`,
      goal === undefined ? '' : as(goal),
      measured === undefined ? '' : withNoise(measured, closely),
      verdict === 'met' ? verdict : `**${verdict}**`,
    ]
  })
  return aligned(['setting', 'demanded', 'limit', 'goal', 'measured', 'verdict'], rows, ['l', 'l', 'r', 'r', 'r', 'l'])
}

const sections: Readonly<Record<Series['suite'], (figures: Figures) => readonly string[]>> = {
  'in-process': inProcess,
  http: throughHttp,
  opaque,
  growth,
}

function inProcess(figures: Figures): readonly string[] {
  const floor = 'node:crypto verify, synchronous'
  return algorithms.flatMap((algorithm) => {
    const kinds = ['cold, 1 in flight', 'cold, 64 in flight', 'warm, 1 in flight', 'warm, 64 in flight']
    const columns = kinds.flatMap((kind): readonly Column[] => [
      { title: `${kind}, µs`, cell: (contender) => figures.median(`${algorithm} ${kind}`, contender) },
      { title: '×', cell: (contender) => figures.ratio(`${algorithm} ${kind}`, contender, floor) },
    ])
    const contenders = figures.contenders(...kinds.map((kind) => `${algorithm} ${kind}`))
    return contenders.length === 0 ? [] : [`### ${algorithm}`, table('µs per validation', contenders, columns)]
  })
}

function throughHttp(figures: Figures): readonly string[] {
  const mixes = {
    warm: 'Warm: 1,000 tokens',
    cold: 'Cold: each token is new',
    Zipf: 'A Zipf mix of 100,000 tokens',
  }
  return Object.entries(mixes).flatMap(([mix, heading]) => {
    const settings = ['Express', 'Koa', 'Fastify'].map((framework) => `${framework} ${mix}`)
    const contenders = figures.contenders(...settings)
    const settingOf = (contender: string): string => `${wordsOf(contender)[0]} ${mix}`
    const of = (what: string) => (contender: string) => figures.median(`${settingOf(contender)}${what}`, contender)
    const columns: readonly Column[] = [
      { title: 'req/s', cell: of('') },
      {
        title: '× bare',
        cell: (contender) => figures.ratio(settingOf(contender), contender, bareOf(contender)),
      },
      { title: 'p50, ms', cell: of(', p50') },
      { title: 'p99, ms', cell: of(', p99') },
      { title: 'server CPU, µs per request', cell: of(', CPU') },
    ]
    return contenders.length === 0 ? [] : [`### ${heading}`, table('', contenders, columns)]
  })
}

/** Of `Koa 3 + koa-jwt`, `Koa 3 bare`. */
function bareOf(contender: string): string {
  return `${wordsOf(contender).slice(0, 2).join(' ')} bare`
}

function wordsOf(contender: string): readonly string[] {
  return contender.split(' ')
}

function opaque(figures: Figures): readonly string[] {
  const kinds = ['req/s', 'calls for 10,000 requests over 100 tokens', 'calls in a burst of 1,000 for one token']
  const asked = ['5 ms', '50 ms'].flatMap((delay) => {
    const columns = kinds.map((kind) => ({
      title: kind,
      cell: (contender: string) => figures.median(`${delay}, ${kind}`, contender),
    }))
    const contenders = figures.contenders(...kinds.map((kind) => `${delay}, ${kind}`))
    const heading = `### An authorization server that takes ${delay} to answer`
    return contenders.length === 0 ? [] : [heading, table('', contenders, columns)]
  })
  return [...asked, ...compared(figures, 'warm, 64 in flight', 'Warm: opaque tokens and JWTs, 64 in flight')]
}

function growth(figures: Figures): readonly string[] {
  const isAlone = (setting: string): boolean => figures.contenders(setting).length < 2
  const settings = figures.settings()
  const alone = settings
    .filter(isAlone)
    .flatMap((setting) =>
      figures.contenders(setting).map((contender) => [setting, contender, figures.measure(setting, contender)]),
    )
  return [
    ...settings
      .filter((setting) => !isAlone(setting))
      .flatMap((setting) => compared(figures, setting, capital(setting))),
    ...(alone.length === 0 ? [] : ['### Of Tollgate alone', aligned(['', 'of', 'measured'], alone, ['l', 'l', 'r'])]),
  ]
}

/** All in one setting, and how many times as much as the first. */
function compared(figures: Figures, setting: string, heading: string): readonly string[] {
  const contenders = figures.contenders(setting)
  const [first = ''] = contenders
  const columns: readonly Column[] = [
    { title: 'measured', cell: (contender) => figures.measure(setting, contender) },
    { title: `× ${first}`, cell: (contender) => figures.ratio(setting, contender, first) },
  ]
  return contenders.length === 0 ? [] : [`### ${heading}`, table('', contenders, columns)]
}

function capital(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}
