import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createDoorkeeper } from '../src/cache/doorkeeper.ts'

/** Ends as the signature of a token does, the same one for the same name. */
function tokenOf(name: string | number): string {
  return `header.payload.${createHash('sha256').update(String(name)).digest('base64url')}`
}

test('a token is known at its second sight, and no other is', () => {
  const doorkeeper = createDoorkeeper()
  expect(doorkeeper.hasMet(tokenOf('one'))).toBe(false)
  expect(doorkeeper.hasMet(tokenOf('one'))).toBe(true)
  expect(doorkeeper.hasMet(tokenOf('one'))).toBe(true)
  expect(doorkeeper.hasMet(tokenOf('other'))).toBe(false)
  expect(createDoorkeeper().hasMet(tokenOf('one'))).toBe(false)
})

test('a thousand tokens that come in strict turn are all known at the third pass', () => {
  const doorkeeper = createDoorkeeper()
  const tokens = Array.from({ length: 1000 }, (_, index) => tokenOf(index))
  tokens.forEach(doorkeeper.hasMet)
  tokens.forEach(doorkeeper.hasMet)
  expect(tokens.filter((token) => !doorkeeper.hasMet(token))).toEqual([])
})

test('no few tokens whose signatures end alike keep each other out for ever', () => {
  for (const count of [2, 4, 5, 6, 8]) {
    const doorkeeper = createDoorkeeper()
    // The characters by which a room is chosen are the same.
    const tokens = Array.from({ length: count }, (_, index) => `header.payload.AAAAA${tokenOf(index).slice(-5)}`)
    const known = new Set<string>()
    for (let pass = 0; pass < 1000; pass += 1) {
      for (const token of tokens) {
        if (doorkeeper.hasMet(token)) {
          known.add(token)
        }
      }
    }
    expect(known.size, `${count} tokens`).toBe(count)
  }
})

test('among a million tokens that come once hardly one is taken for known, and none of the room grows', () => {
  const doorkeeper = createDoorkeeper()
  const count = 1_000_000
  const block = 10_000
  let taken = 0
  const before = process.memoryUsage().arrayBuffers
  for (let start = 0; start < count; start += block) {
    const text = randomBytes(block * 24).toString('base64url')
    for (let index = 0; index < block; index += 1) {
      taken += doorkeeper.hasMet(text.slice(index * 32, index * 32 + 32)) ? 1 : 0
    }
  }
  // By chance, one in a thousand million; a keeper that learns nothing new, or takes all for known, would show.
  expect(taken).toBeLessThan(50)
  expect(doorkeeper.hasMet(tokenOf('new'))).toBe(false)
  expect(doorkeeper.hasMet(tokenOf('new'))).toBe(true)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024)
})

test('what is too short to be a token is no trouble', () => {
  const doorkeeper = createDoorkeeper()
  for (const text of ['', '.', 'a.b', 'a.b.c', '\u{1F600}.', '\ud800.x']) {
    expect(typeof doorkeeper.hasMet(text)).toBe('boolean')
    expect(doorkeeper.hasMet(text)).toBe(true)
  }
})
