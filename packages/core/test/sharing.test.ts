import { expect, test } from 'vitest'
import { createSharing, type Part, roomForParts } from '../src/cache/sharing.ts'

const roles = ['reader', 'writer']

/** Claims as a token has them, made anew each time. */
function claimsOf(sub: string, changes: object = {}): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify({ sub, roles, ...changes })) as Record<string, unknown>
}

test('what comes again is one object from then on, and what comes once is left alone', () => {
  const { shareMembers: share } = createSharing()
  const [first, second, third] = ['a', 'b', 'c'].map((sub) => share(claimsOf(sub), []).value)
  expect(second).toEqual(claimsOf('b'))
  expect(third?.['roles']).toBe(second?.['roles'])
  expect(second?.['roles']).not.toBe(first?.['roles'])
  expect(Object.isFrozen(third)).toBe(true)
})

test('a part is paid for as long as somebody holds it, whoever came first', () => {
  const { shareMembers: share, release, bytes } = createSharing()
  const holders = ['a', 'b', 'c'].map((sub) => {
    const held: Part[] = []
    share(claimsOf(sub), held)
    return held
  })
  const [none = [], ...some] = holders
  const shapeAndRoles = ['{["sub","roles"]}', JSON.stringify(roles)]
  expect(none).toEqual([])
  expect(some.map((held) => held.map(({ text }) => text))).toEqual([shapeAndRoles, shapeAndRoles])
  const taken = bytes()
  expect(taken).toBeGreaterThan(JSON.stringify(roles).length)
  release(some[0] ?? [])
  expect(bytes()).toBe(taken)
  release(some[1] ?? [])
  expect(bytes()).toBe(0)
})

test('what a value has alone it pays for alone; what it shares costs it a reference', () => {
  const { shareMembers: share } = createSharing()
  const large = { roles: Array.from({ length: 500 }, (_, index) => `role-${index}`) }
  const [first, second, third] = ['a', 'b', 'c'].map((sub) => share(claimsOf(sub, large), []).own)
  expect(first).toBeGreaterThan(500 * 'role-1'.length)
  expect(second).toBeLessThan(500)
  expect(third).toBe(second)
})

test('parts have a room of their own; when it is full, whoever brings new ones has them alone', () => {
  const { shareMembers: share, bytes } = createSharing()
  const [held, own]: [Part[], number[]] = [[], []]
  // Six times what there is room for.
  for (let index = 0; index < 100; index += 1) {
    const changes = { big: Array.from({ length: 1000 }, (_, at) => ({ [`${index}-${at}`]: at })) }
    share(claimsOf('a', changes), held)
    own.push(share(claimsOf('b', changes), held).own)
  }
  expect(bytes()).toBeLessThanOrEqual(roomForParts)
  expect(bytes()).toBeGreaterThan(roomForParts / 2)
  expect(own[0]).toBeLessThan(500)
  expect(own.at(-1)).toBeGreaterThan(1000 * 50)
})

test('what looks alike as a text is not alike', () => {
  const { shareMembers: share } = createSharing()
  const odd = [-0, 0, NaN, null, Infinity, -Infinity, '0', [-0], [0], [null]]
  for (let round = 0; round < 3; round += 1) {
    for (const value of odd) {
      expect(share({ value }, []).value.value).toEqual(value)
    }
  }
})
