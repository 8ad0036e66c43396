import { describe, invalidOption } from '../../lib/invalid-option.ts'

/** The origins under which clients call this server, as the configuration names them. */
export interface KnownOrigins {
  /** The option `origin`. Empty without it. */
  readonly given: readonly string[]
  /** The origins of the audiences that are URLs. */
  readonly ofAudiences: readonly string[]
}

/** An origin in the form of browsers: lower case, without a default port. `undefined` with credentials or a path. */
export function parseOrigin(text: string): string | undefined {
  const isOrigin = /^https?:\/\/[\x21-\x7e]+$/i.test(text) && !/[/?#@\\]/.test(text.replace(/^https?:\/\//i, ''))
  return isOrigin && URL.canParse(text) ? new URL(text).origin : undefined
}

/** Checks the option `origin`. Empty without the option. Throws a `TypeError`. */
export function expectOrigins(given: unknown): readonly string[] {
  if (given === undefined) {
    return []
  }
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (list.length === 0) {
    throw invalidOption('Expected `origin` to name at least one origin, got an empty array')
  }
  return Object.freeze(list.map(expectOrigin))
}

function expectOrigin(given: unknown): string {
  const origin = typeof given === 'string' ? parseOrigin(given.replace(/\/$/, '')) : undefined
  if (origin === undefined) {
    const got = typeof given === 'string' ? 'another text' : describe(given)
    throw invalidOption(
      `Expected \`origin\` to be the origin under which clients call this server, such as 'https://api.example.com', without a path, got ${got}`,
    )
  }
  return origin
}

/** The origins of those names that are `http:` or `https:` URLs. */
export function originsAmong(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => (/^https?:/i.test(name) && URL.canParse(name) ? new URL(name).origin : []))
}
