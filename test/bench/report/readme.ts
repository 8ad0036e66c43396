import { kindOf } from './kinds.ts'
import type { Results } from './results.ts'
import { aligned, figuresOf, table } from './table.ts'

/** What the README says of a run: the least that lets a reader compare. */
export function readmeOf(results: Results): string {
  return [
    throughHttp(results),
    '![Bar chart: requests per second of Express, Koa and Fastify, bare and behind each contender](docs/performance/http.svg)',
    inProcess(results),
    '![Bar chart: µs for the validation of a token seen before, for each contender](docs/performance/warm.svg)',
    `${provenance(results)} × is the median of the ratios of all rounds.`,
  ].join('\n\n')
}

/** Where figures come from, as a sentence. */
export function provenance({ cpu, cores, node, date }: Results): string {
  return `Medians of one interleaved run of \`npx -y pnpm@12 bench\` on ${date}: Node ${node.slice(1)}, ${cores} cores of ${cpu}, loopback.`
}

function throughHttp({ series }: Results): string {
  const figures = figuresOf(series, 'http')
  const rows = ['Express 5', 'Koa 3', 'Fastify 5'].map((framework) => {
    const setting = `${framework.split(' ', 1).join()} warm`
    const [bare, ours] = [`${framework} bare`, `${framework} + Tollgate`]
    const share = (contender: string): number => figures.times(setting, contender, bare) ?? 0
    const [best = ''] = figures
      .contenders(setting)
      .filter((contender) => kindOf(contender) === 'peer')
      .toSorted((one, other) => share(other) - share(one))
    return [
      framework,
      figures.median(setting, bare),
      figures.median(setting, ours),
      `**${figures.ratio(setting, ours, bare)}**`,
      best.replace(`${framework} + `, ''),
      figures.median(setting, best),
      figures.ratio(setting, best, bare),
    ]
  })
  const heads = ['warm, req/s', 'bare', 'Tollgate', '× bare', 'fastest peer', 'req/s', '× bare']
  return aligned(heads, rows, ['l', 'r', 'r', 'r', 'l', 'r', 'r'])
}

function inProcess({ series }: Results): string {
  const figures = figuresOf(series, 'in-process')
  const shown = [
    'tollgate',
    'fast-jwt, cache on',
    'jose',
    'express-oauth2-jwt-bearer',
    'node:crypto verify, synchronous',
  ]
  return table('in process, µs', shown, [
    { title: 'a token seen before', cell: (contender) => figures.median('RS256 warm, 64 in flight', contender) },
    { title: 'a new token', cell: (contender) => figures.median('RS256 cold, 64 in flight', contender) },
  ])
}
