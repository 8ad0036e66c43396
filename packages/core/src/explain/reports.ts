// Fake timers of a test replace the global `performance`.
import { performance } from 'node:perf_hooks'
import { debuglog } from 'node:util'
import { LRUCache } from 'lru-cache'
import { reportBug } from '../diagnostics/channels.ts'
import { invalidOption } from '../lib/invalid-option.ts'
import type { Explanation, ExplanationReport } from './explanation.ts'

/** Receives an explanation of each refusal and of each outage. */
export type Explain = 'console' | ((report: ExplanationReport) => void)

type Report = (explanation: Explanation) => void

/** Checks the option `explain`. `undefined` is off. */
export function expectExplain(explain: unknown): Explain | undefined {
  if (explain === undefined || explain === 'console') {
    return explain
  }
  if (typeof explain !== 'function') {
    throw invalidOption("Expected `explain` to be 'console', or a function that gets each report")
  }
  return explain as Explain
}

/** Where explanations go: to the option `explain`, and to standard error with `NODE_DEBUG=tollgate`. */
export function createReports(explain: Explain | undefined): readonly Report[] {
  const debug = debuglog('tollgate')
  if (explain === 'console') {
    return [separately(() => printing((line) => console.warn(`tollgate: ${line}`)))]
  }
  const printed = debug.enabled ? [separately(() => printing((line) => debug('%s', line)))] : []
  return explain === undefined ? printed : [...printed, separately(() => counting(explain))]
}

/** Outages have limits of their own, because a stranger can cause different refusals until theirs are used up. */
function separately(create: () => Report): Report {
  const [refusals, outages] = [create(), create()]
  return (explanation) => (explanation.status >= 500 ? outages(explanation) : refusals(explanation))
}

/** Milliseconds in which a repeated line is counted and not printed again. */
const window = 60_000
/** Strangers can cause any number of different lines. */
const maxLines = 100
/** A stranger must not hide the other reasons. */
const maxLinesOfReason = 30

function counting(report: Exclude<Explain, string>): Report {
  const count = createCounter()
  return (explanation) => void call(report, Object.freeze({ ...explanation, count: count(explanation).count }))
}

/** A failure of the function must neither change the response nor end the process, also if it is `async`. */
async function call(report: Exclude<Explain, string>, explanation: ExplanationReport): Promise<void> {
  try {
    const result: unknown = report(explanation)
    await result
  } catch (failure) {
    reportBug(failure)
  }
}

/** Prints a line once in a minute, and at most 30 different lines of a reason and 100 of all in a minute. */
function printing(print: (line: string) => void): Report {
  const count = createCounter()
  const printed = new LRUCache<number, string>({ max: maxLines, ttl: window, perf: performance })
  let serial = 0
  return (explanation) => {
    const { reason, line } = explanation
    const { count: times, before } = count(explanation)
    if (times > 1) {
      return
    }
    printed.purgeStale()
    const ofReason = Array.from(printed.values()).filter((one) => one === reason).length
    if (printed.size >= maxLines || ofReason >= maxLinesOfReason) {
      return
    }
    serial += 1
    printed.set(serial, reason)
    print(before > 1 ? `${line} (${before} times in the minute before)` : line)
    if (ofReason + 1 === maxLinesOfReason) {
      print(`More than ${maxLinesOfReason} different lines of ${reason} in a minute: the others are not printed.`)
    }
    if (printed.size === maxLines) {
      print(`More than ${maxLines} different lines in a minute: the others are not printed.`)
    }
  }
}

interface Times {
  /** In this minute. */
  readonly count: number
  /** In the last minute before it. */
  readonly before: number
}

/** Counts each line in minutes that begin with its first occurrence. */
function createCounter(): (explanation: Explanation) => Times {
  const entries = new LRUCache<string, { since: number; count: number }>({ max: 2 * maxLines })
  return (explanation) => {
    const key = keyOf(explanation)
    const now = performance.now()
    const entry = entries.get(key)
    if (entry !== undefined && now - entry.since < window) {
      entry.count += 1
      return { count: entry.count, before: 0 }
    }
    entries.set(key, { since: now, count: 1 })
    return { count: 1, before: entry?.count ?? 0 }
  }
}

/** The same for one token at different times: durations do not count. */
function keyOf({ status, reason, problem, received, fix }: Explanation): string {
  return JSON.stringify([status, reason, problem.replaceAll(/\d+ (s|min|h|days)\b/g, ''), received, fix])
}
