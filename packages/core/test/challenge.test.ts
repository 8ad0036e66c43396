import { expect, test } from 'vitest'
import { formatChallenge, isQuotable, isScope } from '../src/responses/challenge.ts'

test('parameters are quoted, in order, and absent ones left out', () => {
  expect(formatChallenge('Bearer', { realm: 'api', error: undefined, scope: 'a b' })).toBe(
    'Bearer realm="api", scope="a b"',
  )
  expect(formatChallenge('Bearer', { realm: String.raw`a"b\c` })).toBe(String.raw`Bearer realm="a\"b\\c"`)
})

test.each([
  ['api', true],
  ['a b', true],
  ['a"b', true],
  ['', false],
  ['a\r\nb', false],
  ['a\tb', false],
  ['é', false],
  ['a\u007F', false],
])('%j is quotable: %s', (text, expected) => {
  expect(isQuotable(text)).toBe(expected)
})

test.each([
  ['read', true],
  ['orders:read', true],
  ['https://scope.example/x', true],
  ['!', true],
  ['', false],
  ['a b', false],
  ['a"b', false],
  [String.raw`a\b`, false],
  ['é', false],
])('%j is a scope: %s', (text, expected) => {
  expect(isScope(text)).toBe(expected)
})
