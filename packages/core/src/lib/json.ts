const maxDepth = 100
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const withoutMark = new TextDecoder('utf-8', { fatal: true })

/** Why a text is not accepted. */
export type JsonFault = 'not-json' | 'repeated-name' | 'too-deep'

/** The value of a JSON text, or why the text is not accepted. */
export type ParsedJson = { readonly value: unknown } | { readonly fault: JsonFault }

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
  const parsed = parse(bytes, strict)
  return 'value' in parsed ? parsed.value : undefined
}

/** Parses a document of a server as `parseJson` does, and says what is wrong. A byte order mark is ignored (§8.1). */
export function parseDocument(bytes: Uint8Array): ParsedJson {
  return parse(bytes, withoutMark)
}

function parse(bytes: Uint8Array, decoder: TextDecoder): ParsedJson {
  const parsed = parseOrUndefined((): ParsedJson => {
    const { text, count, isComplete } = decodeNames(decoder.decode(bytes))
    const value: unknown = JSON.parse(text)
    const distinct = countMembers(value, maxDepth)
    if (distinct !== count) {
      return { fault: Number.isNaN(distinct) ? 'too-deep' : 'repeated-name' }
    }
    if (!isComplete) {
      restoreNames(value)
    }
    return { value }
  })
  return parsed ?? { fault: 'not-json' }
}

/**
 * Parses JSON with faults that `parseJson` refuses: the last of several members with one name counts, and depth has no
 * limit. The result only serves to recognise what a text is meant to be.
 */
export function parseLoosely(text: string): unknown {
  return parseOrUndefined((): unknown => JSON.parse(decodeNames(text).text))
}

function parseOrUndefined<Result>(work: () => Result): Result | undefined {
  try {
    return work()
  } catch (error) {
    // The decoder throws a TypeError.
    if (error instanceof SyntaxError || error instanceof TypeError) {
      return undefined
    }
    throw error
  }
}

/**
 * Decodes the escapes of all names in one pass, and counts the names. A name is a string before a colon. The parsed
 * value is complete unless it has placeholders, or a member called `__proto__`.
 */
function decodeNames(text: string): { readonly text: string; readonly count: number; readonly isComplete: boolean } {
  let decoded = ''
  let copied = 0
  let count = 0
  let isComplete = true
  for (let start = text.indexOf('"'), end = 0; start !== -1; start = text.indexOf('"', end + 1)) {
    end = endOfString(text, start)
    if (isBeforeColon(text, end + 1)) {
      count += 1
      const written = text.slice(start + 1, end)
      const name = written.includes('\\') ? (JSON.parse(`"${written}"`) as string) : written
      if (name !== written) {
        const spelled = spell(name)
        decoded += text.slice(copied, start + 1) + spelled
        copied = end
        isComplete &&= spelled === name
      }
      isComplete &&= name !== '__proto__'
    }
  }
  return { text: decoded + text.slice(copied), count, isComplete }
}

/** A lone surrogate. */
const placeholder = '\uD800:'

/**
 * Spells a name without escapes. A name that needs an escape gets a placeholder, which begins with a lone surrogate. No
 * other name has one: a decoded text has none, and a name that escapes one gets a placeholder itself.
 */
function spell(name: string): string {
  return JSON.stringify(name).includes('\\') ? placeholder + Buffer.from(name, 'utf16le').toString('hex') : name
}

/**
 * Drops the members called `__proto__`, and puts names in place of their placeholders. Members after a renamed one are
 * written again, to keep the order. It makes no copy, because a copy of `{"1000":0}` would take kilobytes.
 */
function restoreNames(value: unknown): void {
  const members = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  let isRenamed = false
  for (const [spelled, member] of Object.entries(members)) {
    restoreNames(member)
    const [, hex] = spelled.split(placeholder)
    isRenamed ||= hex !== undefined
    if (isRenamed || spelled === '__proto__') {
      delete members[spelled]
    }
    if (isRenamed && spelled !== '__proto__') {
      members[hex === undefined ? spelled : Buffer.from(hex, 'hex').toString('utf16le')] = member
    }
  }
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
  let count = Array.isArray(value) ? 0 : items.length
  for (const item of items) {
    count += countMembers(item, depth - 1)
  }
  return count
}
