import { expect, test } from 'vitest'
import type { IntrospectedClaims } from '../src/access-token.ts'
import { type CachedResult, createResponseCache, type ResponseCache } from '../src/introspection/response-cache.ts'

function result(claims: IntrospectedClaims | undefined): CachedResult {
  return { claims, introspectedAt: 1, freshUntil: 2 }
}

const active = result({ sub: 'alice' })
const inactive = result(undefined)

function fill(cache: ResponseCache, count: number, content: CachedResult): void {
  for (let index = 0; index < count; index += 1) {
    cache.set(`${index}`, content)
  }
}

test('inactive tokens are bounded, and displace no active one', () => {
  const cache = createResponseCache()
  cache.set('good', active)
  fill(cache, 20_000, inactive)
  expect(cache.get('good')).toBe(active)
  expect(cache.health().entries).toBeLessThan(20_000)
  expect(cache.health().bytes).toBeLessThanOrEqual(8 * 1024 * 1024 + 1024)
})

// Responses of 64 KiB, and more of them than the cache has room for.
test.each<[string, number, IntrospectedClaims]>([
  ['a long text', 1200, { text: 'ü'.repeat(32 * 1024) }],
  ['many objects', 60, { list: Array.from({ length: 20_000 }, () => ({})) }],
  ['many names', 120, Object.fromEntries(Array.from({ length: 7000 }, (_, index) => [`${index}`, 0]))],
])('active tokens with %s in their claims are bounded in bytes', (_name, count, claims) => {
  const cache = createResponseCache()
  fill(cache, count, result(claims))
  const { entries, bytes } = cache.health()
  expect(entries).toBeLessThan(count)
  expect(bytes).toBeLessThanOrEqual(64 * 1024 * 1024)
})

test('a token has one result', () => {
  const cache = createResponseCache()
  cache.set('t', active)
  cache.set('t', inactive)
  expect(cache.get('t')).toBe(inactive)
  expect(cache.wasActive('t')).toBe(false)
  cache.set('t', active)
  expect(cache.get('t')).toBe(active)
  expect(cache.wasActive('t')).toBe(true)
  cache.delete('t')
  expect(cache.get('t')).toBeUndefined()
})
