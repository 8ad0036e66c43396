import { describe, invalidOption } from '../lib/invalid-option.ts'
import { isSecure } from '../lib/loopback.ts'
import { hasCredentials, maxUrlLength } from './secure-url.ts'

/**
 * Checks an option that is a URL to fetch. Returns the spelling of the URL parser, because that is what was checked.
 * `expected` says what the URL leads to.
 */
export function expectFetchedUrl(value: unknown, name: string, expected: string): string {
  const text = typeof value === 'string' || value instanceof URL ? String(value) : undefined
  if (text === undefined) {
    throw invalidOption(`Expected \`${name}\` to be ${expected}, got ${describe(value)}`)
  }
  if (text.length > maxUrlLength) {
    throw invalidOption(`Expected \`${name}\` to have at most ${maxUrlLength} characters, got ${text.length}`)
  }
  const url = URL.parse(text)
  if (url === null || !isSecure(url) || hasCredentials(url) || url.hash !== '') {
    throw invalidOption(
      `Expected \`${name}\` to be ${expected}. A URL is on https: (http: is accepted on loopback only), without user name, password and fragment`,
    )
  }
  return url.href
}
