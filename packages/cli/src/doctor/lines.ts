import type { Paint } from '../report.ts'
import { beside, escapeControls, wrap } from '../text.ts'
import type { CheckReport, DoctorReport } from './report.ts'

const indent = 16
const symbols = { passed: '✓', warning: '!', failed: '✗', skipped: '-' } as const
const colours = { passed: undefined, warning: 'yellow', failed: 'red', skipped: 'dim' } as const

/** The lines for a person. The first one names the first fault. */
export function doctorLines(report: DoctorReport, paint: Paint): readonly string[] {
  const { result, remarks, checks, configuration } = report
  return [
    ...wrap(titleOf(report), 0).map((line) => paint(result === 'good' ? 'green' : 'red', line)),
    ...remarks.flatMap((remark) => wrap(remark, 0)),
    '',
    ...checks.flatMap((check) => linesOf(check, paint)),
    ...(configuration === undefined ? [] : toPaste(configuration, paint)),
  ]
}

function toPaste(configuration: string, paint: Paint): readonly string[] {
  const title = paint('bold', 'The configuration to paste:')
  return ['', title, '', ...configuration.split('\n').map(escapeControls)]
}

function titleOf({ result, issuer, checks }: DoctorReport): string {
  if (result === 'good') {
    return `✓ ${issuer} is ready for Tollgate.`
  }
  const failed = checks.filter(({ state }) => state === 'failed')
  // The library says most about an issuer that cannot be used at all.
  const first = (result === 'unreachable' ? failed.find(({ check }) => check === 'tollgate') : undefined) ?? failed[0]
  return `✗ ${result === 'unreachable' ? 'not reachable' : (first?.check ?? 'fault')}: ${first?.found ?? issuer}.`
}

function linesOf({ check, state, found, fix }: CheckReport, paint: Paint): readonly string[] {
  const colour = colours[state]
  const lines = beside(`${symbols[state]} ${check}`, escapeControls(found), indent)
  return [
    ...(colour === undefined ? lines : lines.map((line) => paint(colour, line))),
    ...(fix === undefined ? [] : beside(`${' '.repeat(indent)}fix`, fix, indent + 6)),
  ]
}
