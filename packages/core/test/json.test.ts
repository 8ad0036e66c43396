import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDocument, parseJson } from '../src/lib/json.ts'

const parse = (text: string): unknown => parseJson(Buffer.from(text))

/** A simple parser with the rules of `parseJson`, for comparison. */
function parseSimply(text: string): unknown {
  const reader = { text, at: 0 }
  try {
    const value = takeValue(reader, 0)
    take(reader, /$/y)
    return value
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined
    }
    throw error
  }
}

interface Reader {
  readonly text: string
  at: number
}

function find(reader: Reader, pattern: RegExp): string | undefined {
  const matchAt = (sticky: RegExp, at: number) => Object.assign(sticky, { lastIndex: at }).exec(reader.text)?.[0]
  const space = matchAt(/[ \t\n\r]*/y, reader.at) ?? ''
  const found = matchAt(pattern, reader.at + space.length)
  reader.at += found === undefined ? 0 : space.length + found.length
  return found
}

function take(reader: Reader, pattern: RegExp): string {
  const found = find(reader, pattern)
  if (found === undefined) {
    throw new SyntaxError(`Expected ${pattern.source}`)
  }
  return found
}

function takeValue(reader: Reader, depth: number): unknown {
  const string = findString(reader)
  if (string !== undefined) {
    return string
  }
  const word = take(reader, /[{[]|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y)
  if (word !== '{' && word !== '[') {
    const constants: Readonly<Record<string, unknown>> = { true: true, false: false, null: null }
    return Object.hasOwn(constants, word) ? constants[word] : Number(word)
  }
  if (depth === 100) {
    throw new SyntaxError('Too deep')
  }
  return word === '[' ? takeItems(reader, depth + 1) : takeMembers(reader, depth + 1)
}

function takeItems(reader: Reader, depth: number): unknown {
  const items: unknown[] = []
  while (find(reader, /\]/y) === undefined) {
    take(reader, items.length === 0 ? /(?:)/y : /,/y)
    items.push(takeValue(reader, depth))
  }
  return items
}

function takeMembers(reader: Reader, depth: number): unknown {
  const members = new Map<string, unknown>()
  while (find(reader, /\}/y) === undefined) {
    take(reader, members.size === 0 ? /(?:)/y : /,/y)
    const name = findString(reader)
    take(reader, /:/y)
    if (name === undefined || members.has(name)) {
      throw new SyntaxError('Expected another name')
    }
    members.set(name, takeValue(reader, depth))
  }
  members.delete('__proto__')
  return Object.fromEntries(members)
}

const letters: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

function findString(reader: Reader): string | undefined {
  return find(reader, /"(?:[ !#-[\]-\uFFFF]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*"/y)
    ?.slice(1, -1)
    .replaceAll(/\\(?:u(.{4})|(.))/g, (_all, digits: string | undefined, letter: string) =>
      digits === undefined ? (letters[letter] ?? letter) : String.fromCharCode(Number.parseInt(digits, 16)),
    )
}

/** Few names, so that documents share shapes and repeat names. Some need escapes. */
const name = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'ab',
    '__proto__',
    '0',
    '12',
    '"',
    '\\',
    'a\\',
    '\n',
    '\uD800',
    '\uD8000',
    'é',
    '😀',
    'a/b',
    '/',
  ),
  fc.string({ unit: 'binary', maxLength: 4 }),
)
const styles = fc.array(fc.constantFrom('raw', 'short', 'lower', 'upper'), { minLength: 1, maxLength: 4 })

/** Spells a string in JSON, each character in one of the styles. */
function spell(text: string, style: readonly string[]): string {
  const units = (character: string): number[] =>
    Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
  const characters = Array.from(text, (character, at) => {
    const digits = units(character).map((unit) => unit.toString(16).padStart(4, '0'))
    switch (style[at % style.length]) {
      case 'lower':
        return digits.map((unit) => `\\u${unit}`).join('')
      case 'upper':
        return digits.map((unit) => `\\u${unit.toUpperCase()}`).join('')
      case 'short':
        return character === '/' ? '\\/' : JSON.stringify(character).slice(1, -1)
      default:
        return JSON.stringify(character).slice(1, -1)
    }
  })
  return `"${characters.join('')}"`
}

const string = fc.tuple(name, styles).map(([text, style]) => spell(text, style))
const space = fc.constantFrom('', '', '', ' ', '\n\t ')
const { document } = fc.letrec<{ document: string; members: string; items: string }>((tie) => ({
  document: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(
      string,
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.constantFrom('true', 'null', '-0', '1E3'),
    ),
    tie('members'),
    tie('items'),
  ),
  members: fc
    .array(fc.tuple(space, string, space, tie('document')), { maxLength: 4 })
    .map(
      (members) => `{${members.map(([before, key, after, value]) => `${before}${key}${after}:${value}`).join(',')}}`,
    ),
  items: fc
    .array(fc.tuple(tie('document'), space), { maxLength: 3 })
    .map((items) => `[${items.map((item) => item.join('')).join()}]`),
}))

function expectEqual(text: string): void {
  const [parsed, expected] = [parse(text), parseSimply(text.toWellFormed())]
  expect(parsed, text).toEqual(expected)
  // The order of the members counts as well.
  expect(JSON.stringify(parsed), text).toBe(JSON.stringify(expected))
}

test('documents of all shapes and spellings are read as the simple parser reads them', () => {
  fc.assert(
    fc.property(
      document,
      fc.nat(),
      fc.constantFrom('"', '\\', '{', ']', ',', ':', '0', ' ', '\u0001'),
      (text, at, noise) => {
        expectEqual(text)
        const cut = at % (text.length + 1)
        expectEqual(text.slice(0, cut) + noise + text.slice(cut))
        expectEqual(text.slice(0, cut) + text.slice(cut + 1))
      },
    ),
    { numRuns: 500 },
  )
})

test('a document is read in the same way whatever was read before, in any order', () => {
  const rows = fc.uniqueArray(fc.tuple(name, styles), { selector: ([text]) => text, minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(rows, fc.infiniteStream(fc.nat()), (names, order) => {
      const documentOf = (spellings: readonly string[]) => `{${spellings.map((one, at) => `${one}:${at}`).join()}}`
      const escaped = names.map(([text, style]) => spell(text, style))
      const texts = names.flatMap((_, count) => {
        // Parsing depends on nothing that another request can shape.
        const cut = (escaped[count] ?? '').slice(1, 1 + (names[count]?.[0].length ?? 0))
        const before = names.slice(0, count).map(([text]) => JSON.stringify(text))
        return [
          documentOf([...before, JSON.stringify(cut)]),
          documentOf(names.slice(0, count + 1).map(([text]) => JSON.stringify(text))),
          documentOf(escaped.slice(0, count + 1)),
          documentOf([...escaped.slice(0, count + 1), JSON.stringify(names[count]?.[0])]),
        ]
      })
      for (const at of order.take(3 * texts.length)) {
        const text = texts[at % texts.length] ?? ''
        JSON.parse(text)
        expectEqual(text)
      }
    }),
    { numRuns: 300 },
  )
})

test('`__proto__` is dropped at every depth, in every spelling', () => {
  expect(
    parse(String.raw`{"a":[{"__proto__":{"admin":true}}],"\u005f_proto__":1,"b":{"__prot\u006f__":{},"c":1}}`),
  ).toEqual({
    a: [{}],
    b: { c: 1 },
  })
})

test.each(['', '{', '{"a":1', '\uFEFF{}', '[1,]', "{'a':1}", 'undefined', '{"a":1}x', '{"\\":1}', '{"\\x":1}'])(
  '%j is not JSON',
  (text) => {
    expect(parse(text)).toBeUndefined()
  },
)

test('bytes that are not UTF-8 and documents of more than 100 levels are not accepted', () => {
  expect(parseJson(Uint8Array.from([0x22, 0xff, 0x22]))).toBeUndefined()
  expect(parse('['.repeat(100) + ']'.repeat(100))).toBeDefined()
  expect(parse('['.repeat(101) + ']'.repeat(101))).toBeUndefined()
  expect(parse(`${String.raw`{"\"":`.repeat(101)}1${'}'.repeat(101)}`)).toBeUndefined()
  expect(parse('['.repeat(200_000) + ']'.repeat(200_000))).toBeUndefined()
})

test('names that need escapes cost little memory, whatever other names are beside them', () => {
  const many = Array.from({ length: 1000 }, () => '{"1000":0}').join(',')
  const text = String.raw`{"\"":1,"__proto__":1,"a":[${many}]}`
  const before = process.memoryUsage().heapUsed
  const values = Array.from({ length: 20 }, () => parse(text))
  // The values have 300 KB of text. A copy of their objects would have 240 MB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024)
  expect(values[19]).toMatchObject({ '"': 1, a: { length: 1000 } })
})

test.each([
  ['\uFEFF{"a":1}', { value: { a: 1 } }],
  ['{"a":1}', { value: { a: 1 } }],
  ['null', { value: null }],
  ['\uFEFF\uFEFF{}', { fault: 'not-json' }],
  ['', { fault: 'not-json' }],
  ['{"a":1', { fault: 'not-json' }],
  ['{"a":1,"\\u0061":2}', { fault: 'repeated-name' }],
  [`${'['.repeat(100)}${']'.repeat(100)}`, { value: expect.any(Array) }],
  [`${'['.repeat(101)}${']'.repeat(101)}`, { fault: 'too-deep' }],
  [`{"a":1,"a":${'['.repeat(101)}${']'.repeat(101)}}`, { fault: 'too-deep' }],
])('the document %s has its value, or its fault', (text, expected) => {
  expect(parseDocument(Buffer.from(text))).toEqual(expected)
})

test('a document that is not UTF-8 is not JSON', () => {
  expect(parseDocument(Buffer.from([0x22, 0xff, 0x22]))).toEqual({ fault: 'not-json' })
})
