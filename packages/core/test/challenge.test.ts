import { expect, test } from 'vitest'
import { formatChallenge, isQuotable, isScope } from '../src/responses/challenge.ts'

test('a challenge quotes its parameters in order, without the absent ones', () => {
  expect(formatChallenge('Bearer', { realm: String.raw`a"b\c`, error: undefined, scope: 'a b' })).toBe(
    String.raw`Bearer realm="a\"b\\c", scope="a b"`,
  )
})

test('printable ASCII can be quoted', () => {
  expect(['api', 'a b', 'a"b'].every(isQuotable)).toBe(true)
  expect(['', 'a\r\nb', 'a\tb', 'é', 'a\u007F'].some(isQuotable)).toBe(false)
})

test('a scope has no spaces, quotes or backslashes', () => {
  expect(['read', 'orders:read', 'https://scope.example/x', '!'].every(isScope)).toBe(true)
  expect(['', 'a b', 'a"b', String.raw`a\b`, 'é'].some(isScope)).toBe(false)
})
