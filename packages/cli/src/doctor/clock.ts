import { showDuration } from '@tollgate/core/adapter'
import { type Fetched, isFailure } from './fetch.ts'
import type { FoundMetadata } from './metadata.ts'
import type { CheckReport } from './report.ts'

/** Seconds: the default of `clockTolerance`, and its maximum. */
const tolerance = 5
const maxTolerance = 60

/** Compares the clock of this machine with the `Date` header of the issuer, which has a resolution of one second. */
export function checkClock({ results, response }: FoundMetadata): CheckReport {
  const dated = response ?? results.find((result): result is Fetched => !isFailure(result))
  const date = Date.parse(dated?.headers.date ?? '')
  if (dated === undefined || Number.isNaN(date)) {
    return { check: 'clock', state: 'skipped', found: 'no response has a Date header' }
  }
  const ahead = (dated.at - date) / 1000 - 0.5
  const distance = Math.abs(ahead)
  if (distance <= tolerance) {
    return { check: 'clock', state: 'passed', found: 'the clock of this machine agrees with that of the issuer' }
  }
  const found = `the clock of this machine is ${showDuration(ahead)} ${ahead > 0 ? 'ahead of' : 'behind'} that of the issuer`
  return {
    check: 'clock',
    state: distance > maxTolerance ? 'failed' : 'warning',
    found,
    fix: `Synchronize the clock (NTP). \`clockTolerance\` is ${tolerance} s by default, and at most ${maxTolerance} s.`,
  }
}
