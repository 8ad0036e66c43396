import { own } from './record.ts'

const maxDepth = 100
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Parses JSON from a foreign source. Parsing depends on nothing that another request can shape.
 *
 * The result is `undefined` unless the bytes are a JSON text (RFC 8259) of at most 100 levels. The text must be valid
 * UTF-8 without a byte order mark. No name may occur twice in one object, because two readers could use different
 * members (§4). Names are compared after their escapes are decoded. Members called `__proto__` are dropped.
 *
 * The work is linear in the length of the text. The function does not limit that length. Objects have the ordinary
 * prototype, so that callers read members with `own`.
 */
export function parseJson(bytes: Uint8Array): unknown {
  return parseOrUndefined(() => {
    const { text, count, originals } = decodeNames(strict.decode(bytes))
    const value: unknown = JSON.parse(text)
    if (countMembers(value, maxDepth) !== count) {
      return undefined
    }
    return originals === undefined ? value : restoreNames(value, originals)
  })
}

/**
 * Finds a string member of the JSON object in `text`. It accepts faults that `parseJson` refuses: the last of several
 * members with one name counts, and depth has no limit. The result is `undefined` for everything else.
 */
export function findString(text: string, name: string): string | undefined {
  const member = own(
    parseOrUndefined(() => JSON.parse(decodeNames(text).text)),
    name,
  )
  return typeof member === 'string' ? member : undefined
}

function parseOrUndefined(parse: () => unknown): unknown {
  try {
    return parse()
  } catch (error) {
    // The decoder throws a TypeError.
    if (error instanceof SyntaxError || error instanceof TypeError) {
      return undefined
    }
    throw error
  }
}

interface DecodedNames {
  /** The text, in which no name has an escape. */
  readonly text: string
  /** The number of names. */
  readonly count: number
  /** Each placeholder and its name. `undefined` when the parsed value needs no change. */
  readonly originals: ReadonlyMap<string, string> | undefined
}

/** Finds the names in one pass, and decodes their escapes. A name is a string before a colon. */
function decodeNames(text: string): DecodedNames {
  const originals = new Map<string, string>()
  const placeholders = new Map<string, string>()
  let decoded = ''
  let copied = 0
  let count = 0
  let hasProto = false
  let backslash = text.indexOf('\\')
  for (let start = text.indexOf('"'), end = 0; start !== -1; start = text.indexOf('"', end + 1)) {
    end = endOfString(text, start)
    if (isBeforeColon(text, end + 1)) {
      count += 1
      if (backslash !== -1 && backslash < start) {
        backslash = text.indexOf('\\', start)
      }
      if (backslash !== -1 && backslash < end) {
        const name = JSON.parse(text.slice(start, end + 1)) as string
        decoded += `${text.slice(copied, start)}"${spell(name, placeholders)}"`
        copied = end + 1
        hasProto ||= name === '__proto__'
      }
      hasProto ||= text.startsWith('"__proto__"', start)
    }
  }
  placeholders.forEach((placeholder, name) => originals.set(placeholder, name))
  const isComplete = !hasProto && originals.size === 0
  return { text: decoded + text.slice(copied), count, originals: isComplete ? undefined : originals }
}

/**
 * Spells a name without escapes. A name that needs an escape gets a placeholder, which begins with a lone surrogate.
 * No other name has one: a decoded text has none, and a name that escapes one gets a placeholder itself.
 */
function spell(name: string, placeholders: Map<string, string>): string {
  if (!JSON.stringify(name).includes('\\')) {
    return name
  }
  const placeholder = placeholders.get(name) ?? `\uD800${placeholders.size}`
  placeholders.set(name, placeholder)
  return placeholder
}

/** The index of the closing quote, or the length of the text when a string is not closed. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end !== -1 && isEscaped(text, end)) {
    end = text.indexOf('"', end + 1)
  }
  return end === -1 ? text.length : end
}

/** An odd number of backslashes escapes the character after them. */
function isEscaped(text: string, at: number): boolean {
  let before = at
  while (text[before - 1] === '\\') {
    before -= 1
  }
  return (at - before) % 2 === 1
}

function isBeforeColon(text: string, from: number): boolean {
  let at = from
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') {
    at += 1
  }
  return text[at] === ':'
}

/** The number of members at all depths, without the repeated ones. `NaN` if the value is too deep. */
function countMembers(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) {
    return 0
  }
  if (depth === 0) {
    return NaN
  }
  const items: readonly unknown[] = Array.isArray(value) ? value : Object.values(value)
  let count = items === value ? 0 : items.length
  for (const item of items) {
    count += countMembers(item, depth - 1)
  }
  return count
}

/** Copies a value without the members called `__proto__`, and with names in place of their placeholders. */
function restoreNames(value: unknown, originals: ReadonlyMap<string, string>): unknown {
  if (typeof value !== 'object' || value === null) {
    return value
  }
  if (Array.isArray(value)) {
    return value.map((item) => restoreNames(item, originals))
  }
  const members = Object.entries(value).filter(([name]) => name !== '__proto__')
  return Object.fromEntries(
    members.map(([name, member]) => [originals.get(name) ?? name, restoreNames(member, originals)]),
  )
}
