import { expect, test } from 'vitest'
import { createVerdictStore, type Verdict } from '../src/introspection/response-cache.ts'

type Claims = Readonly<Record<string, unknown>>

const active: Verdict<Claims> = { claims: { sub: 'alice' }, askedAt: 1, freshUntil: 2 }
const inactive: Verdict<Claims> = { claims: undefined, askedAt: 1, freshUntil: 2 }

function count(store: ReturnType<typeof createVerdictStore>, name: string, most: number): number {
  return Array.from({ length: most }, (_, index) => store.get(`${name}-${index}`)).filter(
    (found) => found !== undefined,
  ).length
}

test('inactive tokens have a room of their own, which is bounded, and push no active one out', () => {
  const store = createVerdictStore<Claims>()
  store.set('good', active, 200)
  for (let index = 0; index < 70_000; index += 1) {
    store.set(`bad-${index}`, inactive, 20)
  }
  expect(store.get('good')).toBe(active)
  expect(store.wasActive('good')).toBe(true)
  expect(count(store, 'bad', 70_000)).toBe(10_000)
})

test('active ones are bounded in number, and in bytes', () => {
  const many = createVerdictStore<Claims>()
  for (let index = 0; index < 60_000; index += 1) {
    many.set(`good-${index}`, active, 200)
  }
  expect(count(many, 'good', 60_000)).toBe(50_000)
  const large = createVerdictStore<Claims>()
  for (let index = 0; index < 1000; index += 1) {
    large.set(`good-${index}`, active, 64 * 1024)
  }
  expect(count(large, 'good', 1000)).toBe(255)
})

test('a token is in one of them at a time', () => {
  const store = createVerdictStore<Claims>()
  store.set('t', active, 200)
  store.set('t', inactive, 20)
  expect(store.get('t')).toBe(inactive)
  expect(store.wasActive('t')).toBe(false)
  store.set('t', active, 200)
  expect(store.get('t')).toBe(active)
  store.delete('t')
  expect(store.get('t')).toBeUndefined()
  expect(store.wasActive('t')).toBe(false)
})
