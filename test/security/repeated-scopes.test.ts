/** A token must not become far larger than it is. A name that it repeats counts once, and so do the names it implies. */
import { createHmac } from 'node:crypto'
import { createValidator, trustedIssuer } from '@tollgate/core'
import { expect, onTestFinished, test } from 'vitest'
import { encode } from '../harness/jws.ts'
import { requestWith } from '../harness/scripted-validator.ts'

const iss = 'https://as.example'
const audience = 'https://api.example'
const secret = Buffer.alloc(32, 7)

function sign(scope: string): string {
  const claims = JSON.stringify({ iss, aud: audience, exp: 4102444800, scope })
  const text = `${encode('{"alg":"HS256","typ":"at+jwt"}')}.${encode(claims)}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

test('a cached token with 5,900 times the same scope takes less than ten times its length', async () => {
  const scopeHierarchy = { a: Array.from({ length: 100 }, (_, at) => `orders:${at}`) }
  const validator = createValidator({ audience, scopeHierarchy, issuer: trustedIssuer(iss, { secret }) })
  onTestFinished(() => validator.close())
  const token = sign('a '.repeat(5900))
  await validator.authenticate(requestWith(token))
  const { scopes } = await validator.authenticate(requestWith(token))
  expect(scopes.size).toBe(101)
  const { entries, bytes } = validator.health().caches.jwt
  expect(entries).toBe(1)
  expect(bytes).toBeLessThan(10 * token.length)
})
