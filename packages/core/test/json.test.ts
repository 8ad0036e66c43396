import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJson } from '../src/lib/json.ts'

const parse = (text: string): unknown => parseJson(Buffer.from(text))

test('what JSON.stringify writes is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(parse(text)).toEqual(JSON.parse(text))
    }),
  )
})

test('a name that stands twice in one object is found wherever the object is, and however it is spelt', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.string(), fc.array(fc.string()), (value, name, path) => {
      const spelt = (text: string): string => JSON.stringify(text)
      const units = Array.from({ length: name.length }, (_, index) => name.charCodeAt(index))
      const escaped = `"${units.map((unit) => String.raw`\u` + unit.toString(16).padStart(4, '0')).join('')}"`
      const wrap = (inner: string): string => path.reduceRight((rest, key) => `{${spelt(key)}:[${rest}]}`, inner)
      const member = JSON.stringify(value)
      expect(parse(wrap(`{${spelt(name)}:${member},"":1,${spelt(name)}:1}`))).toBeUndefined()
      expect(parse(wrap(`{${spelt(name)}:${member},${escaped}:1}`))).toBeUndefined()
      expect(parse(wrap(`{${spelt(name)}:${member},${spelt(`${name}x`)}:1}`))).toBeDefined()
    }),
  )
})

test.each(['', '{', '{"a":1', '\uFEFF{}', '[1,]', "{'a':1}", 'undefined', '{"a":1}x'])('%j is none', (text) => {
  expect(parse(text)).toBeUndefined()
})

test('bytes that are not UTF-8 are none, and neither is what is nested deeper than anybody means', () => {
  expect(parseJson(Uint8Array.from([0x22, 0xff, 0x22]))).toBeUndefined()
  expect(parse('['.repeat(100) + ']'.repeat(100))).toBeDefined()
  expect(parse('['.repeat(101) + ']'.repeat(101))).toBeUndefined()
  expect(parse('['.repeat(200_000) + ']'.repeat(200_000))).toBeUndefined()
})
