/** The JSON text of introspection responses. */
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { claimsOf } from '../harness/scripted-issuer.ts'
import { openScriptedValidator } from '../harness/scripted-validator.ts'

async function reasonFor(encode: (good: string) => string | Uint8Array, status = 200): Promise<string> {
  const { issuer, reason } = await openScriptedValidator()
  const good = JSON.stringify({ active: true, ...claimsOf(issuer.url) })
  issuer.routes['/introspect'] = (_request, response) => response.writeHead(status).end(encode(good))
  return reason('opaque')
}

const deep = `${'['.repeat(101)}${']'.repeat(101)}`

test.each<readonly [string, string, (good: string) => string | Uint8Array]>([
  ['that is plain', 'OK', (good) => good],
  ['with a byte order mark', 'OK', (good) => `\uFEFF${good}`],
  ['of gzip without a header', 'OK', (good) => gzipSync(good)],
  ['of zstd without a header', 'OK', (good) => zstdCompressSync(good)],
  ['with a repeated name', 'malformed-document', (good) => `{"x":1,"x":2,${good.slice(1)}`],
  ['with 101 levels', 'malformed-document', (good) => `{"x":${deep},${good.slice(1)}`],
  ['that is null', 'malformed-document', () => 'null'],
  ['that breaks off', 'not-json', (good) => good.slice(0, -1)],
  ['with two byte order marks', 'not-json', (good) => `\uFEFF\uFEFF${good}`],
  ['of UTF-16', 'not-json', (good) => Buffer.from(`\uFEFF${good}`, 'utf16le')],
])('a response %s is %s', async (_name, expected, encode) => {
  expect(await reasonFor(encode)).toBe(expected)
})

test('an error response with a byte order mark is read', async () => {
  expect(await reasonFor(() => '\uFEFF{"error":"invalid_token"}', 401)).toBe('inactive')
})
