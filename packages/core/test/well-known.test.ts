import { expect, test } from 'vitest'
import { isLoopback, isSecure, isThisHost, parsePlainUrl } from '../src/http/secure-url.ts'
import { wellKnownUrls } from '../src/metadata/well-known.ts'

const host = 'https://h.example'
const oauth = '/.well-known/oauth-authorization-server'
const openid = '/.well-known/openid-configuration'

test.each([
  [host, [`${host}${oauth}`, `${host}${openid}`]],
  [`${host}/`, [`${host}${oauth}`, `${host}${openid}`]],
  [`${host}/t1`, [`${host}${oauth}/t1`, `${host}${openid}/t1`, `${host}/t1${openid}`]],
  [`${host}/t1/`, [`${host}${oauth}/t1`, `${host}${openid}/t1`, `${host}/t1${openid}`]],
  [`${host}:8443/x`, [`${host}:8443${oauth}/x`, `${host}:8443${openid}/x`, `${host}:8443/x${openid}`]],
])('the metadata of %s', (issuer, urls) => {
  expect(wellKnownUrls(issuer)).toEqual(urls)
})

test.each([
  ['https://h.example', true, false],
  ['http://h.example', false, false],
  ['http://localhost:3000', true, true],
  ['http://as.localhost', true, true],
  ['http://127.0.0.1', true, true],
  ['http://127.255.0.9', true, true],
  ['http://2130706433', true, true],
  ['http://[::1]:1', true, true],
  ['http://127.0.0.1.evil.example', false, false],
  ['http://localhost.evil.example', false, false],
  ['http://169.254.169.254', false, false],
  ['ftp://127.0.0.1', false, true],
])('%s is secure: %s, loopback: %s', (url, secure, loopback) => {
  expect([isSecure(new URL(url)), isLoopback(new URL(url))]).toEqual([secure, loopback])
})

test.each([
  '',
  'h',
  '/x',
  'https://h?x',
  'https://h#',
  'https://u@h',
  'https://u:p@h',
  ' https://h',
  'https://h\n',
  'https://h/a b',
])('%j is no plain URL', (text) => {
  expect(parsePlainUrl(text)).toBeUndefined()
})

test.each([
  '127.0.0.1',
  '0.0.0.0',
  '0',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:0.0.0.0]',
  'localhost',
  'localhost.',
  'a.localhost.',
])('%s is this very host', (name) => {
  expect(isThisHost(new URL(`https://${name}/`))).toBe(true)
})

test.each(['h.example', '128.0.0.1', '10.0.0.1', '[::2]', '[::ffff:10.0.0.1]', 'localhost.example'])(
  '%s is another host',
  (name) => {
    expect(isThisHost(new URL(`https://${name}/`))).toBe(false)
  },
)
