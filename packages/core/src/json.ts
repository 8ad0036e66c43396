const deepest = 100

/**
 * JSON as one reads it who is not to be fooled: UTF-8 without faults or byte order mark, no member name twice in one object
 * (two readers could pick different ones, RFC 8259 §4), and bounded depth. `undefined` for anything else.
 */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const value: unknown = JSON.parse(text)
    return hasUniqueNames(text) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) {
      return undefined
    }
    throw error
  }
}

/** Strings, and what opens, closes and separates: all that tells the structure of a text that is known to be JSON. */
const structure = /"(?:[^"\\]|\\.)*"|[[\]{}:]/g

function hasUniqueNames(text: string): boolean {
  const open: Set<string>[] = []
  let lastString = ''
  for (const [token] of text.matchAll(structure)) {
    if (token === '{' || token === '[') {
      open.push(new Set())
    } else if (token === '}' || token === ']') {
      open.pop()
    } else if (token === ':') {
      const names = open.at(-1)
      const name = lastString.includes('\\') ? (JSON.parse(lastString) as string) : lastString.slice(1, -1)
      if (names?.has(name) === true) {
        return false
      }
      names?.add(name)
    } else {
      lastString = token
    }
    if (open.length > deepest) {
      return false
    }
  }
  return true
}
