/** What the message about an unknown option says. */
import { createValidator } from '@tollgate/core'
import { expect, test } from 'vitest'

const options = { issuer: 'https://as.example', audience: 'https://api.example' }

test.each<readonly [string, object, RegExp]>([
  ['the singular of an option', { dpop: { mode: 'accepted', secret: 'x' } }, /; write `secrets`$/],
  ['the plural of an option', { origins: 'https://api.example' }, /; write `origin`$/],
  ['another case', { DPoP: { mode: 'accepted' } }, /; write `dpop`$/],
  [
    'an option one level too deep',
    { dpop: { mode: 'accepted', origin: 'https://api.example' } },
    /; give it to the options of the validator$/,
  ],
  ['true in place of an object', { dpop: true }, /such as \{ mode: 'accepted' \}, got a boolean/],
  ['a word in place of an object', { mtls: 'required' }, /such as \{ mode: 'accepted' \}, got a string/],
  ['a wrong word', { mtls: { mode: 'on' } }, /`mtls\.mode`/],
])('%s', (_name, wrong, message) => {
  expect(() => createValidator({ ...options, ...wrong })).toThrow(message)
})
