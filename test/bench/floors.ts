import type { Series } from './measure/series.ts'
import { type Algorithm, algorithms } from './world/world.ts'

/** A demand on what is measured, and where it ends to be met. */
export interface Floor {
  readonly suite: Series['suite']
  readonly setting: string
  /** What is demanded, as a sentence. */
  readonly demand: string
  readonly compared: Comparison
  readonly limit: Limit
  /** What is aimed at, where that is more than the limit. */
  readonly goal?: number
  readonly unit: '×' | 'µs' | 'calls' | 'MB'
}

/** Of whom, and in which relation to whom: a quotient, a difference, or none. */
type Comparison =
  | { readonly of: string; readonly by: 'ratio' | 'difference'; readonly to: string }
  | { readonly of: string; readonly by: 'itself' }

type Limit = { readonly atMost: number } | { readonly atLeast: number }

/** What JWT verdicts may take at most when nothing is configured, in MB. */
const verdictMemory = (64 * 1024 ** 2) / 1_000_000

/** What a run is judged by. */
export const floors: readonly Floor[] = [
  ...algorithms.flatMap(warmInProcess),
  ...algorithms.flatMap(coldInProcess),
  ...(['Express 5', 'Koa 3', 'Fastify 5'] as const).map(warmThroughHttp),
  throughHttp('Express Zipf', 'Express 5', { atLeast: 0.8 }),
  ...(['5 ms', '50 ms'] as const).flatMap(callsToTheServer),
  {
    suite: 'opaque',
    setting: 'warm, 64 in flight',
    demand: 'A remembered opaque token costs what a remembered JWT does, within 10 %',
    compared: { of: 'tollgate, opaque', by: 'ratio', to: 'tollgate, JWT' },
    limit: { atMost: 1.1 },
    unit: '×',
  },
  ...(['warm', 'cold'] as const).flatMap((state) => [
    flat(`${state} by issuers`, '10,000 issuers', '1 issuer'),
    flat(`${state} by keys in the set`, '64 keys', '1 key'),
  ]),
  {
    suite: 'growth',
    setting: 'memory with 1,000,000 tokens offered',
    demand: 'A flood of distinct tokens takes no more memory than the limit',
    compared: { of: 'tollgate', by: 'itself' },
    limit: { atMost: verdictMemory },
    unit: 'MB',
  },
]

/** Next to others one at a time: in flight together they share the two cores, which tells of the machine. */
function warmInProcess(algorithm: Algorithm): readonly Floor[] {
  const suite = 'in-process'
  const alone = `${algorithm} warm, 1 in flight`
  const timesFaster = (demand: string, peer: string, atLeast: number): Floor => ({
    suite,
    setting: alone,
    demand,
    compared: { of: peer, by: 'ratio', to: 'tollgate' },
    limit: { atLeast },
    unit: '×',
  })
  return [
    ...[alone, `${algorithm} warm, 64 in flight`].map((setting): Floor => ({
      suite,
      setting,
      demand: 'A validation costs 3 µs at most, net of the harness',
      compared: { of: 'tollgate', by: 'difference', to: 'no work' },
      limit: { atMost: 3 },
      unit: 'µs',
    })),
    // get-jwks makes no PEM of keys for EdDSA.
    ...(algorithm === 'EdDSA'
      ? []
      : [
          timesFaster(
            'One at a time at least 1.6 times faster than fast-jwt with its cache on',
            'fast-jwt, cache on',
            1.6,
          ),
        ]),
    timesFaster(
      'One at a time at least 20 times faster than express-oauth2-jwt-bearer',
      'express-oauth2-jwt-bearer',
      20,
    ),
  ]
}

function coldInProcess(algorithm: Algorithm): readonly Floor[] {
  const most = algorithm === 'RS256' || algorithm === 'PS256' ? 1.3 : 1.12
  const against = (to: string, demand: string, atMost: number): Floor => ({
    suite: 'in-process',
    setting: `${algorithm} cold, 64 in flight`,
    demand,
    compared: { of: 'tollgate', by: 'ratio', to },
    limit: { atMost },
    unit: '×',
  })
  return [
    against('jose', `A new token costs at most ${most.toFixed(2)} times what jose takes, remembering on`, most),
    ...middlewareFor(algorithm).map((peer) =>
      against(peer, `In process a new token costs no more than with ${peer}`, 1),
    ),
  ]
}

/** Those that rest upon jsonwebtoken know no EdDSA. */
function middlewareFor(algorithm: Algorithm): readonly string[] {
  return ['express-oauth2-jwt-bearer', ...(algorithm === 'EdDSA' ? [] : ['express-jwt', 'koa-jwt', 'passport-jwt'])]
}

function warmThroughHttp(framework: 'Express 5' | 'Koa 3' | 'Fastify 5'): Floor {
  const [least, goal] = { 'Express 5': [0.88, 0.9], 'Koa 3': [0.78, 0.85], 'Fastify 5': [0.78, 0.8] }[framework] as [
    number,
    number,
  ]
  return { ...throughHttp(`${framework.split(' ', 1).join()} warm`, framework, { atLeast: least }), goal }
}

function throughHttp(setting: string, framework: string, limit: { readonly atLeast: number }): Floor {
  return {
    suite: 'http',
    setting,
    demand: `Behind Tollgate ${framework} answers at least ${limit.atLeast.toFixed(2)} of the requests it answers bare`,
    compared: { of: `${framework} + Tollgate`, by: 'ratio', to: `${framework} bare` },
    limit,
    unit: '×',
  }
}

function callsToTheServer(delay: string): readonly Floor[] {
  const calls = (what: string, demand: string, atMost: number): Floor => ({
    suite: 'opaque',
    setting: `${delay}, ${what}`,
    demand,
    compared: { of: 'tollgate', by: 'itself' },
    limit: { atMost },
    unit: 'calls',
  })
  return [
    calls('calls for 10,000 requests over 100 tokens', 'The authorization server is asked once for each token', 100),
    calls('calls in a burst of 1,000 for one token', 'It is asked once for a burst with one token', 1),
  ]
}

function flat(setting: string, many: string, one: string): Floor {
  return {
    suite: 'growth',
    setting,
    demand: `With ${many} a validation costs what it does with ${one}, within 15 %`,
    compared: { of: many, by: 'ratio', to: one },
    limit: { atMost: 1.15 },
    unit: '×',
  }
}
