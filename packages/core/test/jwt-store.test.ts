import { createHash } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { createJwtStore, type JwtStore, type Kept } from '../src/jwt/jwt-cache.ts'

const most = 64 * 1024 * 1024

interface Kind extends Kept {
  readonly claims: Readonly<Record<string, unknown>>
}

function tokenOf(name: string): string {
  return `header.payload.${createHash('sha256').update(name).digest('base64url')}`
}

/** Verified twice, as it has to be for the store to keep it. */
function present(store: JwtStore<Kind>, name: string, claims: object): void {
  for (let times = 0; times < 2; times += 1) {
    store.offer(tokenOf(name), ({ shareMembers, kept }) => {
      const { value, own } = shareMembers(JSON.parse(JSON.stringify(claims)) as Record<string, unknown>)
      return { verdict: { ...kept(), claims: value }, own }
    })
  }
}

/** Claims that take much room for what they say. */
const kinds: Readonly<Record<string, (index: number) => object>> = {
  'like those of many': (index) => ({ iss: 'https://as.example', aud: 'urn:api', sub: `user-${index}`, exp: index }),
  'many small objects': (index) => ({ list: Array.from({ length: 60 }, (_, at) => ({ [`n${index}`]: at })) }),
  'many names': (index) => Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`name-${index}-${at}`, 1])),
  'names of their own': (index) =>
    Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`name-${index}-${at}`, 1])),
  'the same names in another order each': (index) => ({
    list: Array.from({ length: 20 }, (_, at) =>
      Object.fromEntries(
        shuffled('a b c d e f g h i j k l m n o p q r s t'.split(' '), index * 20 + at).map((name) => [name, 1]),
      ),
    ),
  }),
  'text beyond Latin-1': (index) => ({ text: `\u{1F600}${index}-`.repeat(400) }),
  'deep lists': (index) => ({ list: Array.from({ length: 100 }, (_, at) => [[[index + at]]]) }),
  'much text': (index) => ({ text: `${index}-`.repeat(1000) }),
}

test.each(Object.entries(kinds))('a store of claims with %s reckons with what they take', (_name, claimsOf) => {
  const store = createJwtStore<Kind>()
  present(store, 'the first', { iss: 'x' })
  const before = heapUsed()
  const reckoned = store.health().bytes
  const count = 2000
  for (let index = 0; index < count; index += 1) {
    present(store, `token-${index}`, claimsOf(index))
  }
  expect(store.health().entries).toBeGreaterThan(count / 4)
  expect(heapUsed() - before).toBeLessThan(1.1 * (store.health().bytes - reckoned) + 2 * 1024 * 1024)
})

test('what the token before had as well is paid for when that is long gone', () => {
  const store = createJwtStore<Kind>()
  const before = heapUsed()
  for (let index = 0; index < 12_000; index += 1) {
    const roles = Array.from({ length: 30 }, (_, at) => `department-${index >> 1}:role-${at}`)
    present(store, `token-${index}`, { sub: `user-${index >> 1}`, roles })
    if (index % 2 === 1) {
      store.delete(tokenOf(`token-${index - 1}`))
    }
    expect(store.health().bytes).toBeLessThanOrEqual(most)
  }
  expect(store.health().entries).toBe(6000)
  expect(heapUsed() - before).toBeLessThan(1.1 * store.health().bytes + 8 * 1024 * 1024)
})

test('nothing of what was forgotten is reckoned with', () => {
  const store = createJwtStore<Kind>()
  const names = ['a', 'b', 'c', 'd']
  names.forEach((name) => present(store, name, { iss: 'https://as.example', roles: ['reader'] }))
  expect(store.health()).toMatchObject({ entries: 4 })
  expect(store.get(tokenOf('d'))?.claims).toEqual({ iss: 'https://as.example', roles: ['reader'] })
  names.forEach((name) => store.delete(tokenOf(name)))
  expect(store.health()).toMatchObject({ entries: 0, bytes: 0 })
})

test('a token of another text is another token, though its signature ends alike', () => {
  const store = createJwtStore<Kind>()
  present(store, 'a', { sub: 'alice' })
  const [, , signature = ''] = tokenOf('a').split('.')
  expect(store.get(tokenOf('a'))?.claims).toEqual({ sub: 'alice' })
  for (const other of [`header.other.${signature}`, `header.payload.x${signature.slice(1)}`, signature.slice(-20)]) {
    expect(store.get(other)).toBeUndefined()
    store.delete(other)
  }
  expect(store.get(tokenOf('a'))?.claims).toEqual({ sub: 'alice' })
  store.delete(tokenOf('a'))
  expect(store.get(tokenOf('a'))).toBeUndefined()
})

/** The same order for the same number. */
function shuffled(names: readonly string[], seed: number): readonly string[] {
  const rankOf = (name: string): number => Math.imul(name.charCodeAt(0) * (seed + 1), 0x9e3779b1) >>> 7
  return names.toSorted((one, other) => rankOf(one) - rankOf(other))
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  gc()
  gc()
  return process.memoryUsage().heapUsed
}
