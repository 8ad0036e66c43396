import { once } from 'node:events'
import type { Writable } from 'node:stream'
// An old Node has no `styleText`. A named import would fail before Tollgate says that the Node is too old.
import * as util from 'node:util'
import type { Paint, Report } from './report.ts'
import { escapeControls, wrap } from './text.ts'
import type { ExitCode, UsageFault } from './usage.ts'

/** Parts of a token that are shorter are words, such as `undefined`. */
const minSecret = 16

/** Where a command prints, and what it must not print. */
export interface Output {
  readonly stdout: Writable
  readonly stderr: Writable
  readonly isJson: boolean
  /** The token, once it is known. */
  readonly secrets: string[]
}

/** Prints a report, as lines or as one JSON object. */
export async function printReport(report: Report, output: Output): Promise<ExitCode> {
  const text = output.isJson ? formatJson(report.json) : report.lines(painter(output.stdout)).join('\n')
  await print(output.stdout, `${text}\n`, output)
  return report.exitCode
}

/** Prints what is wrong with the use of a command. With `--json` it is an object, too. */
export async function printUsage(command: string | undefined, fault: UsageFault, output: Output): Promise<ExitCode> {
  if (output.isJson) {
    await print(
      output.stdout,
      `${formatJson({ command, result: 'usage', exitCode: 2, ...emptyFault, ...fault })}\n`,
      output,
    )
    return 2
  }
  const paint = painter(output.stderr)
  const lines = [
    ...wrap(`✗ ${fault.problem}.`, 0).map((line) => paint('red', line)),
    ...wrap(fault.fix, 0),
    ...(fault.suggestion === undefined ? [] : ['', `  ${fault.suggestion}`]),
  ]
  await print(output.stderr, `${lines.join('\n')}\n`, output)
  return 2
}

const emptyFault: UsageFault = { problem: '', fix: '', suggestion: undefined }

/** Prints a text, and waits until the stream has taken it, because the end of the process follows. */
export async function print(stream: Writable, text: string, { secrets }: Pick<Output, 'secrets'>): Promise<void> {
  if (!stream.write(withoutSecrets(text, secrets))) {
    await Promise.race([once(stream, 'drain'), once(stream, 'close')])
  }
}

/** The parts of a token, which no output may contain. */
export function secretsOf(token: string): readonly string[] {
  return [token, ...token.split('.')].filter((part) => part.length >= minSecret)
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, '[token]'), text)
}

/**
 * Control characters within the strings of JSON are escaped as well. The line breaks between members stay. A member
 * without a value is `null`, so that every object has the same members.
 */
function formatJson(json: object): string {
  const withNull = (_name: string, value: unknown): unknown => value ?? null
  return JSON.stringify(json, withNull, 2).split('\n').map(escapeControls).join('\n')
}

/** `styleText` reads NO_COLOR and FORCE_COLOR, and whether the stream is a terminal. */
function painter(stream: Writable): Paint {
  return (colour, text) => util.styleText(colour, text, { stream })
}
