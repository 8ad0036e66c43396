import type { Paint } from '../report.ts'
import { beside, wrap } from '../text.ts'
import type { CauseReport, ExplainReport } from './report.ts'
import type { StepReport } from './steps.ts'

const indent = 16

/** The lines for a person. The first one names the cause. */
export function explainLines(report: ExplainReport, paint: Paint): readonly string[] {
  const { cause, steps, warnings, removed, hint, suggestion } = report
  const title = cause === undefined ? '✓ The token is good.' : `✗ ${cause.status} ${cause.reason}: ${cause.problem}.`
  const colour = cause === undefined ? 'green' : 'red'
  return [
    ...wrap(title, 0).map((line) => paint(colour, line)),
    ...(cause !== undefined && cause.step === undefined ? detailsOf(cause, paint) : []),
    '',
    ...steps.flatMap((step) => linesOf(step, cause, paint)),
    ...(hint === undefined ? [] : ['', ...wrap(hint, 0)]),
    ...(suggestion === undefined ? [] : ['', `  ${suggestion}`]),
    ...(warnings.length === 0
      ? []
      : ['', ...warnings.flatMap((text) => beside('!', text, 2)).map((line) => paint('yellow', line))]),
    ...(removed.length === 0 ? [] : ['', ...wrap(`Removed from the input: ${removed.join(', ')}.`, 0)]),
  ]
}

function linesOf(
  { step, state, checked }: StepReport,
  cause: CauseReport | undefined,
  paint: Paint,
): readonly string[] {
  if (state === 'failed' && cause !== undefined) {
    return [...beside(`✗ ${step}`, cause.problem, indent).map((line) => paint('red', line)), ...detailsOf(cause, paint)]
  }
  const lines = beside(`${state === 'passed' ? '✓' : '-'} ${step}`, checked ?? 'not reached', indent)
  return state === 'passed' ? lines : lines.map((line) => paint('dim', line))
}

function detailsOf({ expected, received, fix }: CauseReport, paint: Paint): readonly string[] {
  const detail = (label: string, text: string | undefined): readonly string[] =>
    text === undefined ? [] : beside(`${' '.repeat(indent)}${label}`, text, indent + 10)
  return [
    ...detail('expected', expected),
    ...detail('got', received),
    ...detail('fix', fix).map((line) => paint('bold', line)),
  ]
}
