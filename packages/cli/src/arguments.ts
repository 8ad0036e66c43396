import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { pipeCommand } from './pipe-command.ts'
import { UsageError } from './usage.ts'

/** The arguments of a command. An option that can occur several times has an array. */
export interface Arguments {
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
  readonly positionals: readonly string[]
}

/**
 * Parses the arguments of a command. Its messages contain no value, because a token can be among the arguments.
 *
 * @throws UsageError for a token, an unknown option, or a value that is missing.
 */
export function parseArguments(args: readonly string[], options: ParseArgsOptionsConfig): Arguments {
  expectNoToken(args)
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
    return { options: parsed.values as Arguments['options'], positionals: parsed.positionals }
  } catch (error) {
    throw toUsageError(error, args, options)
  }
}

/** The texts of an option that can occur several times. */
export function textsOf({ options }: Arguments, name: string): readonly string[] {
  const value = options[name]
  return (Array.isArray(value) ? value : [value]).filter((text): text is string => typeof text === 'string')
}

/** The text of an option. */
export function textOf(args: Arguments, name: string): string | undefined {
  return textsOf(args, name)[0]
}

/** Other programs and the history of the shell can read arguments. */
export function expectNoToken(args: readonly string[]): void {
  if (args.some(seemsToken)) {
    throw tokenAmongArguments()
  }
}

/** For an argument where no command takes one: it may be an opaque token. */
export function tokenAmongArguments(): UsageError {
  return new UsageError({
    problem: 'a token belongs on standard input, and not among the arguments, where the history of the shell stores it',
    fix: 'Pipe the token, or start the command without it: then it waits for the token, and does not show it.',
    suggestion: pipeCommand('explain', '…'),
  })
}

const header = new RegExp(String.raw`^(authorization\s*:|bearer\s+\S|dpop\s+\S)`, 'i')

/** A JWT, a header with a token, or a long text of random characters. A URL is none. */
function seemsToken(argument: string): boolean {
  const value = argument.replace(/^--?[\w-]+=/, '').trim()
  const isJwt = /(^|[\s"':=])e[yw][\w-]{6,}\./.test(value)
  const isHeader = header.test(value)
  const isOption = /^--?(access[-_]?token|token|jwt|client[-_]?secret|secret)(=|$)/i.test(argument)
  return isJwt || isHeader || isOption
}

function toUsageError(error: unknown, args: readonly string[], options: ParseArgsOptionsConfig): UsageError {
  const code = (error as { readonly code?: unknown }).code
  const known = Object.keys(options).map((name) => `--${name}`)
  const fix = `The options are ${known.join(', ')}.`
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const names = args.filter((argument) => argument.startsWith('-')).map((argument) => argument.split('=', 1)[0] ?? '')
    const unknown = names.find((name) => !known.includes(name) && /^--?[a-z-]{1,30}$/.test(name))
    return new UsageError({ problem: `there is no option ${unknown ?? 'of this name'}`, fix })
  }
  if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') {
    return new UsageError({ problem: 'an option lacks its value, or has one that it does not take', fix })
  }
  throw error
}
