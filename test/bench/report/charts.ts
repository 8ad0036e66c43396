import type { Series } from '../measure/series.ts'
import type { Bar, Chart } from './chart.ts'
import { type Kind, kindOf } from './kinds.ts'
import { digits, quotient } from './numbers.ts'
import { type Figures, figuresOf } from './table.ts'

const legend = 'Blue: Tollgate. Pale: floors'

/** What is drawn of a whole run; the names are those of the files. */
export function chartsOf(all: readonly Series[]): Readonly<Record<'http' | 'warm' | 'cold' | 'growth', Chart>> {
  const figures = figuresOf(all, 'in-process')
  return {
    http: throughHttp(figuresOf(all, 'http')),
    warm: inProcess(figures, 'RS256 warm, 64 in flight', 'Validating a token that was seen before'),
    cold: inProcess(figures, 'RS256 cold, 64 in flight', 'Validating a new token'),
    growth: growth(figuresOf(all, 'growth')),
  }
}

function throughHttp(figures: Figures): Chart {
  const frameworks = ['Express 5', 'Koa 3', 'Fastify 5']
  return {
    title: 'Requests per second, as a share of what the bare framework answers',
    subtitle: `Through HTTP, 1,000 RS256 tokens, 64 connections. Longer is better. ${legend}`,
    groups: frameworks.map((framework) => {
      const setting = `${framework.split(' ', 1).join()} warm`
      const share = (contender: string): number | undefined => figures.times(setting, contender, `${framework} bare`)
      return barsOf(figures.contenders(setting), share, quotient).toSorted((one, other) => other.value - one.value)
    }),
  }
}

function inProcess(figures: Figures, setting: string, title: string): Chart {
  const contenders = figures.contenders(setting).filter((contender) => contender !== 'no work')
  const micros = (contender: string): number | undefined => figures.value(setting, contender)
  return {
    title,
    subtitle: `µs each, in process, RS256, 64 in flight. Shorter is better. ${legend}`,
    groups: [
      barsOf(contenders, micros, (value) => digits(value, 'µs')).toSorted((one, other) => one.value - other.value),
    ],
  }
}

function growth(figures: Figures): Chart {
  const settings = [
    'warm by distinct tokens',
    'warm by issuers',
    'warm by keys in the set',
    'warm by guards on a route',
  ]
  return {
    title: 'Validating a token that was seen before, as there is more of everything',
    subtitle: 'µs each, in process, 64 in flight. Of 100,000 tokens in turn, or more, hardly one is still remembered',
    groups: settings.map((setting) =>
      barsOf(
        figures.contenders(setting),
        (contender) => figures.value(setting, contender),
        (value) => digits(value, 'µs'),
        () => 'ours',
      ),
    ),
  }
}

function barsOf(
  contenders: readonly string[],
  valueOf: (contender: string) => number | undefined,
  shown: (value: number) => string,
  kind: (contender: string) => Kind = kindOf,
): readonly Bar[] {
  return contenders.flatMap((label) => {
    const value = valueOf(label)
    return value === undefined ? [] : [{ label, value, shown: shown(value), kind: kind(label) }]
  })
}
