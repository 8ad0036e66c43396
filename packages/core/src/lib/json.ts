const deepest = 100
const strictly = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * JSON as one reads it who is not to be fooled: UTF-8 without faults or byte order mark, no member name twice in one object
 * (two readers could pick different ones, RFC 8259 §4), and bounded depth. `undefined` for anything else.
 */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    const text = strictly.decode(bytes)
    const value: unknown = JSON.parse(text)
    return isShortest(text, value) || membersOf(value, deepest) === membersIn(text) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) {
      return undefined
    }
    throw error
  }
}

/** Whether no text of the value is shorter: then no member stood twice in it. Most senders write JSON so, and this is quicker than to count. */
function isShortest(text: string, value: unknown): boolean {
  return lengthOf(value, deepest) === text.length && !text.includes('\\')
}

/** How long the shortest text without escapes is; `NaN` where that is not so easily told, and when it is too deep. */
function lengthOf(value: unknown, depth: number): number {
  switch (typeof value) {
    case 'string':
      return value.length + 2
    case 'number':
      // From three zeros on, an exponent is shorter.
      return Number.isSafeInteger(value) && value % 1000 !== 0 ? String(value).length : NaN
    case 'boolean':
      return value ? 4 : 5
    default:
      return value === null ? 4 : lengthOfMembers(value as object, depth)
  }
}

function lengthOfMembers(value: object, depth: number): number {
  if (depth === 0) {
    return NaN
  }
  let length = 0
  if (Array.isArray(value)) {
    for (const item of value) {
      length += lengthOf(item, depth - 1) + 1
    }
  } else {
    for (const name in value) {
      length += name.length + 4 + lengthOf((value as Record<string, unknown>)[name], depth - 1)
    }
  }
  return Math.max(2, length + 1)
}

/** How many members a value has, at all depths: fewer than its text when a name stood twice. `NaN` when it is too deep. */
function membersOf(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) {
    return 0
  }
  if (depth === 0) {
    return NaN
  }
  let count = 0
  const items: readonly unknown[] = Array.isArray(value) ? value : Object.values(value)
  for (const item of items) {
    if (typeof item === 'object') {
      count += membersOf(item, depth - 1)
    }
  }
  return Array.isArray(value) ? count : count + items.length
}

/** How many members a text has that is known to be JSON: as many as colons outside strings. */
function membersIn(text: string): number {
  const [quote, colon] = [34, 58]
  let count = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === colon) {
      count += 1
    } else if (code === quote) {
      at = endOfString(text, at)
    }
  }
  return count
}

/** The closing quote: the next one before which there is an even number of backslashes. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (isEscaped(text, end)) {
    end = text.indexOf('"', end + 1)
  }
  return end
}

function isEscaped(text: string, at: number): boolean {
  const backslash = 92
  let before = at
  while (text.charCodeAt(before - 1) === backslash) {
    before -= 1
  }
  return (at - before) % 2 === 1
}
