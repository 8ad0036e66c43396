import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createParseHeader, parseJwt } from '../src/jwt/parse-jwt.ts'

const header = Buffer.from('{"alg":"ES256"}').toString('base64url')
const claims = Buffer.from('{"sub":"alice"}').toString('base64url')

/** Mostly what could stand in base64url, and some of what could not. */
const segment = fc
  .array(
    fc.oneof(
      { weight: 30, arbitrary: fc.base64String({ maxLength: 4 }) },
      fc.constantFrom('-', '_', '=', '+', '/', ' ', '\n', 'é', 'Ł', '\u0000', '.'),
    ),
  )
  .map((parts) => parts.join(''))

function isCanonical(text: string): boolean {
  return text !== '' && Buffer.from(text, 'base64url').toString('base64url') === text
}

test('a signature is taken in the one spelling that base64url has for it, and in no other', () => {
  fc.assert(
    fc.property(segment, (signature) => {
      expect(parseJwt(`${header}.${claims}.${signature}`) !== undefined).toBe(isCanonical(signature))
    }),
    { numRuns: 2000 },
  )
})

test.each(['YQ', 'YR', 'YWI', 'YWJ', 'YQ==', 'YWI=', 'Y', 'YWJj', 'YWJjZ', 'Y-_', 'Y+/', 'YW Jj', 'ŁWJj', 'YWJj\n'])(
  'so %j is one, or is none',
  (signature) => {
    expect(parseJwt(`${header}.${claims}.${signature}`) !== undefined).toBe(isCanonical(signature))
  },
)

test('a header is read once, and is the same for all tokens that begin with it', () => {
  const parse = createParseHeader()
  const [one, other] = [parseJwt(`${header}.${claims}.YQ`, parse), parseJwt(`${header}.e30.YQ`, parse)]
  expect(one?.header).toBe(other?.header)
  expect(one?.header).toEqual({ alg: 'ES256' })
  expect(Object.isFrozen(one?.header)).toBe(true)
})

test('headers that are made up push known ones out at worst, and each token is read as it is', () => {
  const parse = createParseHeader()
  for (let kid = 0; kid < 1000; kid += 1) {
    const made = Buffer.from(JSON.stringify({ alg: 'ES256', kid: String(kid) })).toString('base64url')
    expect(parseJwt(`${made}.${claims}.YQ`, parse)?.header).toEqual({ alg: 'ES256', kid: String(kid) })
    expect(parseJwt(`${header}.${claims}.YQ`, parse)?.header).toEqual({ alg: 'ES256' })
  }
})

test('claims are read whole whatever their length, and none of them are those of another token', () => {
  for (const length of [0, 1, 12_200, 12_300, 40_000, 2]) {
    const sub = 'x'.repeat(length)
    const long = Buffer.from(JSON.stringify({ sub })).toString('base64url')
    expect(parseJwt(`${header}.${long}.${'YWJj'.repeat(1 + length)}`)?.claims).toEqual({ sub })
  }
})

test('what was read before completes nothing', () => {
  const [whole, begun] = ['{"sub":"bob","admin":true}', '{"sub":"bob","admin":tr'].map((text) =>
    Buffer.from(text).toString('base64url'),
  )
  expect(parseJwt(`${header}.${whole}.YQ`)?.claims).toEqual({ sub: 'bob', admin: true })
  expect(parseJwt(`${header}.${begun}.YQ`)).toBeUndefined()
})

test('a long segment, too, is taken in its one spelling only', () => {
  const long = 'YWJj'.repeat(10_000)
  expect(parseJwt(`${header}.${claims}.${long}YQ`)).toBeDefined()
  expect(parseJwt(`${header}.${claims}.${long}YR`)).toBeUndefined()
  expect(parseJwt(`${header}.${claims}.${long} YQ`)).toBeUndefined()
})
