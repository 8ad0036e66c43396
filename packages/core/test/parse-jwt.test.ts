import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseToken } from '../src/issuers/token-format.ts'
import { parseJwt } from '../src/jwt/parse-jwt.ts'

const encode = (text: string): string => Buffer.from(text).toString('base64url')
const header = encode('{"alg":"ES256"}')
const claims = encode('{"sub":"alice"}')

/** Segments of base64url, and some that are nearly base64url. */
const segment = fc
  .array(
    fc.oneof(
      { weight: 30, arbitrary: fc.base64String({ maxLength: 4 }) },
      fc.constantFrom('-', '_', '=', '+', '/', ' ', '\n', 'é', 'Ł', '\u0000', '.'),
    ),
  )
  .map((parts) => parts.join(''))

test('a signature is accepted only in the canonical form of base64url', () => {
  const signatures = fc.oneof(
    segment,
    fc.constantFrom('YQ', 'YR', 'YWI', 'YWJ', 'YQ==', 'Y', 'Y-_', 'Y+/', 'YW Jj', 'ŁWJj'),
  )
  fc.assert(
    fc.property(signatures, (signature) => {
      const isCanonical = signature !== '' && Buffer.from(signature, 'base64url').toString('base64url') === signature
      expect(parseJwt(`${header}.${claims}.${signature}`) !== undefined).toBe(isCanonical && /^[\w-]+$/.test(signature))
    }),
    { numRuns: 1000 },
  )
})

test('a JWT of any length is parsed whole', () => {
  for (const length of [0, 1, 12_300, 40_000, 2]) {
    const sub = 'x'.repeat(length)
    const token = `${header}.${encode(JSON.stringify({ sub }))}.${'YWJj'.repeat(1 + length)}`
    expect(parseJwt(token)).toEqual({ token, header: { alg: 'ES256' }, claims: { sub } })
  }
})

test.each([
  ['a header that is no object', encode('["alg"]'), 'opaque'],
  ['a header without `alg`', encode('{"enc":"A256GCM"}'), 'jwt'],
  ['a header whose `alg` is no string', encode('{"alg":5}'), 'jwt'],
  ['a header that is not JSON', encode('{"alg":"ES256"'), 'opaque'],
  ['a repeated name', encode('{"alg":"none","alg":"ES256"}'), 'jwt'],
  ['a repeated name in another spelling', encode(String.raw`{"x":1,"\u0078":2,"\u0061lg":"ES256"}`), 'jwt'],
  ['many levels', encode(`{"alg":"ES256","x":${'['.repeat(5000)}${']'.repeat(5000)}}`), 'jwt'],
  ['padding', `${header}==`, 'jwt'],
  ['a byte order mark', encode('\uFEFF{"alg":"ES256"}'), 'jwt'],
  ['bytes that are not UTF-8', Buffer.from('{"alg":"\xFF"}', 'latin1').toString('base64url'), 'jwt'],
])('a token with %s in its first segment is not well-formed', (_fault, first, format) => {
  expect(parseJwt(`${first}.${claims}.YQ`)).toBeUndefined()
  const text = `${first}.${claims}.YQ`
  expect(parseToken(text)).toEqual(format === 'jwt' ? { format, text, jwt: undefined } : { format, text })
})

test.each(['abc', 'a.b', 'a.b.c', `${header}.${claims}`, `${header}.${claims}.YQ.YQ`, 'a.b.c.d.e'])(
  '%s is opaque',
  (text) => {
    expect(parseToken(text)).toEqual({ format: 'opaque', text })
  },
)

test.each([`${header}..YQ`, `${header}.${claims}.`, `${header}.${encode('[]')}.YQ`, `${header}.${claims}.YQ.YQ.YQ`])(
  '%s is a faulty JWT',
  (text) => {
    expect(parseToken(text)).toEqual({ format: 'jwt', text, jwt: undefined })
  },
)
