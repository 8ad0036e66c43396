import { readFileSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { type Arguments, expectNoToken, parseArguments, tokenAmongArguments } from './arguments.ts'
import { decodeCommand, decodeOptions } from './decode/command.ts'
import { doctorCommand, doctorOptions } from './doctor/command.ts'
import { explainCommand, explainOptions } from './explain/command.ts'
import type { Environment } from './explain/configuration.ts'
import { helpOf } from './help.ts'
import { type Output, print, printReport, printUsage, secretsOf } from './output.ts'
import { type Input, readToken } from './read-token.ts'
import type { PastedToken } from './pasted-token.ts'
import type { Report } from './report.ts'
import { showMessage } from './text.ts'
import { type ExitCode, UsageError } from './usage.ts'

/** The streams and the environment of a command. `process` is one. */
export interface CliContext {
  readonly stdin: Input
  readonly stdout: Writable
  readonly stderr: Writable
  readonly env: Environment
}

type CommandName = 'explain' | 'doctor' | 'decode'

const common = {
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const

const options = { explain: explainOptions, doctor: doctorOptions, decode: decodeOptions } as const

/**
 * Runs one command line, and resolves with its exit code. `args` are the arguments behind the name of the program. It
 * does NOT end the process, and it never rejects: an unexpected error has the exit code 1.
 */
export async function runCli(args: readonly string[], context: CliContext = process): Promise<ExitCode> {
  const { stdout, stderr } = context
  const output: Output = { stdout, stderr, isJson: args.includes('--json'), secrets: [] }
  const name = (['explain', 'doctor', 'decode'] as const).find((command) => command === args[0])
  try {
    expectNoToken(args)
    const parsed = parseArguments(name === undefined ? args : args.slice(1), {
      ...common,
      ...(name === undefined ? {} : options[name]),
    })
    const information = informationFor(name, parsed)
    if (information !== undefined) {
      await print(stdout, `${information}\n`, output)
      return 0
    }
    return await printReport(await run(expectCommand(name), parsed, context, output), output)
  } catch (error) {
    if (error instanceof UsageError) {
      return printUsage(name, error.fault, output)
    }
    const message = error instanceof Error ? showMessage(error.message) : 'a value that is no error'
    await print(stderr, `✗ Unexpected error, which is a bug of Tollgate: ${message}\n`, output)
    return 1
  }
}

function informationFor(name: CommandName | undefined, parsed: Arguments): string | undefined {
  if (parsed.options['version'] === true) {
    return versionOf()
  }
  return parsed.options['help'] === true || (name === undefined && parsed.positionals[0] === 'help')
    ? helpOf[name ?? 'general']
    : undefined
}

function expectCommand(name: CommandName | undefined): CommandName {
  if (name === undefined) {
    throw new UsageError({
      problem: 'the first argument is none of the commands explain, doctor and decode',
      fix: 'Run npx @tollgate/cli --help.',
    })
  }
  return name
}

async function run(name: CommandName, args: Arguments, context: CliContext, output: Output): Promise<Report> {
  if (name === 'doctor') {
    return doctorCommand(args)
  }
  // Only the errors of the arguments come before the token is read.
  const pasted = await readTokenFor(args, context)
  output.secrets.push(...secretsOf(pasted.token))
  const { TOLLGATE_CLIENT_SECRET: secret = '' } = context.env
  output.secrets.push(...(secret.length > 3 ? [secret] : []))
  return name === 'explain' ? explainCommand(pasted, args, context.env) : decodeCommand(pasted)
}

async function readTokenFor({ positionals }: Arguments, { stdin, stderr }: CliContext): Promise<PastedToken> {
  if (positionals.length > 0) {
    throw tokenAmongArguments()
  }
  return readToken(stdin, stderr)
}

function versionOf(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  return manifest.version
}
