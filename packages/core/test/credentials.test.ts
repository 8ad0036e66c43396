import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bearerTokenOf, extractCredentials } from '../src/request/credentials.ts'
import type { HttpRequest } from '../src/request/http-request.ts'
import { nodeHeaders } from '../src/request/node-headers.ts'

const get = (headers: HttpRequest['headers']): HttpRequest => ({ method: 'GET', url: '/', headers })

const name = fc.constantFrom('authorization', 'Authorization', 'AUTHORIZATION', 'accept', 'proxy-authorization')
const value = fc
  .array(fc.constantFrom('Bearer', 'bearer', 'Basic', ' ', '  ', ',', '"', '\\', '=', 'abc', 'x'.repeat(9000)), {
    maxLength: 5,
  })
  .map((parts) => parts.join(''))
const lines = fc.array(fc.tuple(name, fc.oneof(value, fc.constantFrom('Bearer abc', 'Bearer é'))), { maxLength: 3 })

/** The requests that frameworks create from some header lines. A middleware may have changed `headers`. */
function requestsWith(sent: readonly [string, string][], set: readonly [string, string][]): readonly HttpRequest[] {
  const headers = Object.fromEntries(set)
  return [
    get(
      nodeHeaders({
        rawHeaders: sent.flat(),
        headers: Object.fromEntries(sent.map(([key, text]) => [key.toLowerCase(), text])),
      }),
    ),
    get(nodeHeaders({ rawHeaders: sent.flat(), headers })),
    get(nodeHeaders({ headers })),
    get(new Headers(sent.map(([key, text]) => [key, text]))),
    get(sent),
  ]
}

test('a token that is found without a look at all lines is the token of all lines, or has wrong characters', async () => {
  const seen = { sound: 0, malformed: 0 }
  await fc.assert(
    fc.asyncProperty(lines, lines, async (sent, set) => {
      for (const request of requestsWith(sent, set)) {
        const token = bearerTokenOf(request)
        const kind = /^[\w.~+/-]+=*$/.test(token ?? '') ? 'sound' : 'malformed'
        for (const formBody of token === undefined ? [] : (['ignored', 'accepted'] as const)) {
          seen[kind] += 1
          // Plain lines are always read as a whole.
          const whole = get([...request.headers])
          const result = await extractCredentials(whole, {
            credentials: ['authorization'],
            formBody,
            schemes: ['Bearer'],
          }).catch((error: unknown) => error)
          expect(result).toMatchObject(kind === 'sound' ? { token } : { reason: 'malformed-credentials' })
        }
      }
    }),
    { numRuns: 500 },
  )
  expect(Math.min(seen.sound, seen.malformed)).toBeGreaterThan(20)
})

test('in every unusual request all lines are read', () => {
  const token = 'x'.repeat(16 * 1024)
  const read = (authorization: string, rawHeaders?: readonly string[]): string | undefined =>
    bearerTokenOf(get(nodeHeaders({ rawHeaders, headers: { authorization } })))
  expect(read(`Bearer ${token}`)).toBe(token)
  for (const line of [
    `Bearer ${token}x`,
    'bearer abc',
    'Bearer  abc',
    'Bearer abc, Basic x',
    'Bearer abc,Bearer',
    'Bearer ',
    'Basic x',
    '',
  ]) {
    expect(read(line), line.slice(0, 20)).toBeUndefined()
  }
  expect(read('Bearer abc', ['Authorization', 'Bearer abc', 'authorization', 'Bearer abc'])).toBeUndefined()
  expect(bearerTokenOf(get([['authorization', 'Bearer abc']]))).toBeUndefined()
  expect(bearerTokenOf({ method: 'GET', url: '/' } as HttpRequest)).toBeUndefined()
})

test('a line longer than the longest token is refused before it is read', async () => {
  for (const scheme of ['Bearer', 'Basic']) {
    const line = `${scheme} ${'x'.repeat(16 * 1024 + 7)}`
    await expect(
      extractCredentials(get([['Authorization', line]]), {
        credentials: ['authorization'],
        formBody: 'ignored',
        schemes: ['Bearer'],
      }),
    ).rejects.toMatchObject({
      status: 400,
      reason: 'token-too-large',
    })
  }
})
