import { isInMilliseconds, own, showDuration, showTime } from '@tollgate/core/adapter'
import type { PastedToken } from '../pasted-token.ts'
import type { Paint, Report } from '../report.ts'
import { beside, escapeControls } from '../text.ts'
import { type DecodedToken, decodeToken, timeClaims } from './decode.ts'

/** The object that `decode --json` prints. */
export interface DecodeReport {
  readonly command: 'decode'
  readonly result: 'decoded' | 'malformed'
  readonly exitCode: 0 | 1
  /** Always `false`: nothing is verified. */
  readonly verified: false
  readonly header: Readonly<Record<string, unknown>> | undefined
  readonly claims: Readonly<Record<string, unknown>> | undefined
  /** The times of the claims in ISO 8601. */
  readonly times: Readonly<Record<string, string>>
  /** What is wrong with the parts of the token. */
  readonly faults: readonly string[]
  /** What was removed from the input. */
  readonly removed: readonly string[]
}

/** The options of `decode`, beside those of every command. */
export const decodeOptions = {} as const

/** Decodes a token. It verifies nothing, and fetches nothing. */
export function decodeCommand({ token, removed }: PastedToken): Report {
  const decoded = decodeToken(token)
  const exitCode = decoded.faults.length === 0 ? 0 : 1
  const json: DecodeReport = {
    command: 'decode',
    result: exitCode === 0 ? 'decoded' : 'malformed',
    exitCode,
    verified: false,
    ...decoded,
    times: timesOf(decoded.claims),
    removed,
  }
  return { exitCode, json, lines: (paint) => linesOf(decoded, removed, paint) }
}

function timesOf(claims: DecodedToken['claims']): Readonly<Record<string, string>> {
  const times = timeClaims.flatMap((name) => {
    const value = own(claims, name)
    return typeof value === 'number' ? [[name, showTime(value)] as const] : []
  })
  return Object.fromEntries(times)
}

function linesOf(
  { header, claims, faults }: DecodedToken,
  removed: readonly string[],
  paint: Paint,
): readonly string[] {
  return [
    ...faults.flatMap((fault) => beside('✗', fault, 2).map((line) => paint('red', line))),
    ...(header === undefined ? [] : [paint('bold', 'header'), ...membersOf(header), '']),
    ...(claims === undefined ? [] : [paint('bold', 'claims'), ...membersOf(claims), '']),
    ...(removed.length === 0 ? [] : beside('', `Removed from the input: ${removed.join(', ')}.`, 0)),
    ...beside('', 'Nothing here is verified: everyone can make such a token.', 0).map((line) => paint('yellow', line)),
  ]
}

function membersOf(members: Readonly<Record<string, unknown>>): readonly string[] {
  const names = Object.keys(members)
  const width = Math.min(24, Math.max(...names.map((name) => escapeControls(name).length), 0)) + 4
  return names.flatMap((name) => {
    const text = JSON.stringify(members[name], undefined, 2)
    const lines = text.split('\n').map(escapeControls)
    const [first = '', ...others] = lines
    const label = `  ${escapeControls(name)} `.padEnd(width)
    const time = timeClaims.includes(name) ? showMoment(members[name]) : ''
    return [`${label}${first}${time}`, ...others.map((line) => `${' '.repeat(width)}${line}`)]
  })
}

/** A time as ISO 8601, and how far away it is. */
function showMoment(value: unknown): string {
  if (typeof value !== 'number') {
    return ''
  }
  const distance = value - Date.now() / 1000
  const words = distance < 0 ? `${showDuration(distance)} ago` : `in ${showDuration(distance)}`
  return isInMilliseconds(value) ? '  (milliseconds, and not seconds)' : `  ${showTime(value)} (${words})`
}
