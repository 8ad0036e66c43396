/** A challenge by a strict reading of RFC 9110 §11.6.1. */
export interface Challenge {
  readonly scheme: string
  readonly parameters: Readonly<Record<string, string>>
}

const name = /[!#$%&'*+.^_`|~\w-]+/y
const quoted = /="((?:[\t\x20\x21\x23-\x5B\x5D-\x7E]|\\[\t\x20-\x7E])*)"/y

/** Reads the lines of `WWW-Authenticate`. A malformed line, or a repeated parameter, is an error. */
export function parseChallenges(lines: readonly string[]): readonly Challenge[] {
  return lines.map(parseChallenge)
}

function parseChallenge(line: string): Challenge {
  const scheme = read(name, line, 0)
  const parameters: Record<string, string> = {}
  let at = scheme.length + 1
  if (line[scheme.length] !== ' ') {
    throw new Error(`Expected a space after the scheme: ${line}`)
  }
  for (;;) {
    const key = read(name, line, at)
    const value = read(quoted, line, at + key.length)
    if (Object.hasOwn(parameters, key)) {
      throw new Error(`Expected ${key} once: ${line}`)
    }
    parameters[key] = value.slice(2, -1).replaceAll(/\\(.)/g, '$1')
    at += key.length + value.length
    if (at === line.length) {
      return { scheme, parameters }
    }
    if (line.slice(at, at + 2) !== ', ') {
      throw new Error(`Expected a comma and a space at ${at}: ${line}`)
    }
    at += 2
  }
}

function read(pattern: RegExp, line: string, at: number): string {
  pattern.lastIndex = at
  const match = pattern.exec(line)
  if (match === null) {
    throw new Error(`Malformed challenge at ${at}: ${line}`)
  }
  return match[0]
}
