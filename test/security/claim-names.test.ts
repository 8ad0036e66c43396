import { createHmac } from 'node:crypto'
import { claims, createValidator, scopes, trustedIssuer } from '@tollgate/core'
import { expect, onTestFinished, test } from 'vitest'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'
import { encode } from '../harness/jws.ts'

const iss = 'https://as.example'
const audience = 'https://api.example'
const secret = Buffer.alloc(32, 7)
const roles = 'https://api.example/roles'
const suspended = 'https://api.example/suspended'
const escaped = (name: string): string => name.replaceAll('/', String.raw`\/`)
/** A name of the same length, which looks like the beginning of the escaped one. */
const similar = (name: string): string => JSON.stringify(escaped(name).slice(0, name.length))

const payload = (members: string): string => `{"iss":"${iss}","aud":"${audience}","exp":4102444800,${members}}`

function sign(members: string, key: Buffer = secret): string {
  const text = `${encode('{"alg":"HS256","typ":"at+jwt"}')}.${encode(payload(members))}`
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
}

// Parsing depends on nothing that another request can shape.
test.each([
  ['grants its scopes', `${similar(roles)}:1`, `"${escaped(roles)}":["admin"]`, 'OK'],
  [
    'meets the guard',
    `"${roles}":["admin"],${similar(suspended)}:1`,
    `"${roles}":["admin"],"${escaped(suspended)}":true`,
    'suspended',
  ],
  ['is unique', String.raw`"a":0,"\\":1`, String.raw`"a":0,"\u0061":1`, 'malformed-token'],
])('a claim whose name has escapes %s, whatever came before', async (name, before, after, expected) => {
  const validator = createValidator({ audience, issuer: trustedIssuer(iss, { secret, dialect: { scopes: roles } }) })
  onTestFinished(() => validator.close())
  const isActive = claims((all) => all[suspended] !== true, 'suspended')
  const authenticate = (token: string): Promise<string> =>
    reasonOf(validator.authenticate(requestWith(token), scopes('admin'), isActive))
  const others = {
    'a forged token': (members: string) => authenticate(sign(members, Buffer.alloc(32))),
    'a parsed body': async (members: string) => void JSON.parse(payload(members)),
  }
  for (const [other, send] of Object.entries(others)) {
    const first = `"${name}":"${other}"`
    await send(`${first},${before}`)
    for (let round = 0; round < 3; round += 1) {
      expect(await authenticate(sign(`${first},${after}`)), other).toBe(expected)
    }
  }
})
