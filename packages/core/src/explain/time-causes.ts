import { isInMilliseconds } from '../lib/numeric-date.ts'
import type { Cause } from './explanation.ts'
import { type FailedToken, timeIn } from './failed-token.ts'
import { showDuration, showTime } from './show.ts'

/** Seconds. A time further in the future says nothing about the clock, unless `iat` is in the future, too. */
const maxClockError = 15 * 60

/** Seconds. A time before 1973 is a duration in place of a time. */
const maxDuration = 1e8

/** `expired`. */
export function expired({ claims, now }: FailedToken): Cause {
  const exp = timeIn(claims, 'exp') ?? 0
  const iat = timeIn(claims, 'iat')
  const seconds = now / 1000
  const times = { expected: `\`exp\` after ${showTime(Math.floor(seconds))}`, received: `\`exp\` ${showTime(exp)}` }
  if (exp < maxDuration) {
    return {
      problem: '`exp` is a duration, and it must be a time: seconds since 1970',
      ...times,
      fix: 'Add the current time where the token is made.',
    }
  }
  const age = iat === undefined || exp <= iat ? '' : `, ${showDuration(exp - iat)} after it was issued`
  return {
    problem: `the token expired ${showDuration(seconds - exp)} ago${age}`,
    ...times,
    fix:
      iat !== undefined && exp <= iat
        ? 'The client must get a new token. This one expired before its `iat`: correct the lifetime at the issuer.'
        : 'The client must get a new token, for example with its refresh token. If a new token is refused too, the clock of this machine is ahead.',
  }
}

/** `not-yet-valid` by `nbf`, and `issued-in-the-future` by `iat`. */
export function tooEarly(name: 'nbf' | 'iat'): (token: FailedToken) => Cause {
  return ({ claims, now, settings }) => {
    const time = timeIn(claims, name) ?? 0
    const seconds = now / 1000
    const ahead = time - seconds
    const times = {
      expected: `\`${name}\` at ${showTime(Math.floor(seconds))} or before`,
      received: isInMilliseconds(time) ? `\`${name}\` ${time}` : `\`${name}\` ${showTime(time)}`,
    }
    if (isInMilliseconds(time)) {
      return {
        problem: `\`${name}\` is in milliseconds, and it must be in seconds`,
        ...times,
        fix: 'Divide by 1000 where the token is made.',
      }
    }
    const iat = timeIn(claims, 'iat')
    if (iat === undefined ? ahead < maxClockError : iat > seconds) {
      return {
        problem: `your clock is ${showDuration(ahead)} behind, or the clock of the issuer is ahead`,
        ...times,
        fix: `Synchronize the clock of this machine (NTP).${isByTimeZone(ahead) ? ' Whole hours come from local time in place of UTC.' : ''} \`clockTolerance\` is ${settings.clockTolerance / 1000} s, at most 60 s.`,
      }
    }
    return {
      problem: `the token becomes valid in ${showDuration(ahead)} only`,
      ...times,
      fix: 'Use it then, or get another one.',
    }
  }
}

/** A difference of whole hours, to a minute. */
function isByTimeZone(seconds: number): boolean {
  return seconds > 1800 && Math.abs(seconds - 3600 * Math.round(seconds / 3600)) < 60
}

/** `lifetime-too-long`. */
export function lifetimeTooLong({ claims, now, genuine }: FailedToken): Cause {
  const exp = timeIn(claims, 'exp') ?? 0
  const maxLifetime = (genuine?.policy.maxLifetime ?? 0) / 1000
  const isMilliseconds = isInMilliseconds(exp)
  return {
    problem: isMilliseconds
      ? '`exp` is in milliseconds, and it must be in seconds'
      : `the token is valid for ${showDuration(exp - now / 1000)} more`,
    expected: `at most ${showDuration(maxLifetime)} (\`maxLifetime\`)`,
    received: isMilliseconds ? `\`exp\` ${exp}` : `\`exp\` ${showTime(exp)}`,
    fix: isMilliseconds
      ? 'Divide by 1000 where the token is made.'
      : 'Shorten the lifetime of access tokens at the issuer, or raise `maxLifetime`.',
  }
}
