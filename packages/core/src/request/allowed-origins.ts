import { describeOther, invalidOption } from '../lib/invalid-option.ts'
import { isSecure } from '../lib/loopback.ts'

/** Checks an option `origins`: the origins whose pages may send requests. Default: none. */
export function expectAllowedOrigins(origins: unknown = []): readonly string[] {
  const list: readonly unknown[] = Array.isArray(origins) ? origins : [origins]
  return Object.freeze(Array.from(list, expectOrigin))
}

/** Browsers send the serialization of an origin (Fetch §3.2), and the validator compares it exactly. */
function expectOrigin(origin: unknown): string {
  if (typeof origin === 'string' && isExactOrigin(origin)) {
    return origin
  }
  const meant = typeof origin === 'string' ? URL.parse(origin)?.origin : undefined
  const hint = meant !== undefined && isExactOrigin(meant) ? `; write '${meant}'` : ''
  const got = origin === 'null' ? "'null', which pages of any site can have" : describeOther(origin)
  throw invalidOption(
    `Expected each of \`origins\` to be an exact origin on https, such as 'https://app.example.com', without a path, a wildcard or a default port, got ${got}${hint}`,
  )
}

function isExactOrigin(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && url.origin === text && isSecure(url) && !url.hostname.includes('*')
}
