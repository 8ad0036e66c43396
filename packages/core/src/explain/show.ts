import { escapeCharacter } from '../lib/ascii.ts'

const maxText = 200
const maxItems = 5

/** A foreign text in quotes: printable ASCII, everything else escaped, and at most 200 characters. */
export function showText(text: string): string {
  const shown = text.length > maxText ? `${text.slice(0, maxText)}…` : text
  return JSON.stringify(shown).replaceAll(/[^\x20-\x7E…]/g, escapeCharacter)
}

/** The same without the quotes, for a place between quotes or backticks of its own. */
export function showWithoutQuotes(text: string): string {
  return showText(text).slice(1, -1)
}

const maxMessage = 1000

/** A message that contains names which a token or a server can choose: one line, without control characters. */
export function showMessage(message: string): string {
  const shown = message.length > maxMessage ? `${message.slice(0, maxMessage)}…` : message
  return shown.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, index) => escapeCharacter(character.charAt(index))).join(''),
  )
}

/** The value of `iss` or `aud`: a text, or several. Anything else is named by its type. */
export function showNames(value: unknown): string {
  if (typeof value === 'string') {
    return showText(value)
  }
  if (!Array.isArray(value)) {
    return typeOf(value)
  }
  const shown = value.slice(0, maxItems).map((item) => (typeof item === 'string' ? showText(item) : typeOf(item)))
  const more = value.length > maxItems ? [`${value.length - maxItems} more`] : []
  return value.length === 0 ? 'an empty array' : [...shown, ...more].join(', ')
}

/** The names of the configuration, of which the token needs one. An application can trust thousands of issuers. */
export function showExpected(names: readonly string[]): string {
  const shown = names.slice(0, maxItems).map((name) => showText(name))
  const more = names.length > maxItems ? [`one of ${names.length - maxItems} more`] : []
  return [...shown, ...more].join(' or ')
}

/** The type of a JSON value. */
export function typeOf(value: unknown): string {
  if (value === undefined) {
    return 'nothing'
  }
  if (value === null) {
    return 'null'
  }
  if (Array.isArray(value)) {
    return 'an array'
  }
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** A NumericDate (RFC 7519 §2) as a time of ISO 8601. */
export function showTime(seconds: number): string {
  const milliseconds = seconds * 1000
  const isTime = Math.abs(milliseconds) <= 8.64e15
  return isTime ? new Date(milliseconds).toISOString().replace('.000Z', 'Z') : `${seconds} (no time)`
}

/** A number of seconds in the largest unit that says enough: `40 s`, `3 min`, `5 h`, `12 days`. */
export function showDuration(seconds: number): string {
  const whole = Math.max(1, Math.round(Math.abs(seconds)))
  const [unit, size] = units.find(([, length]) => whole >= 2 * length) ?? ['s', 1]
  return `${Math.round(whole / size)} ${unit}`
}

const units: readonly (readonly [string, number])[] = [
  ['days', 86_400],
  ['h', 3600],
  ['min', 60],
]

/** `a`, `b` and `c`, each in backticks. */
export function showClaims(names: readonly string[]): string {
  const shown = names.slice(0, maxItems).map((name) => `\`${showWithoutQuotes(name).replaceAll(String.raw`\"`, '"')}\``)
  const last = shown.pop() ?? 'a claim'
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`
}
