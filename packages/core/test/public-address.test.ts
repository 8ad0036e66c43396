import { expect, test } from 'vitest'
import { isPublicAddress } from '../src/http/public-address.ts'
import { canBePublic } from '../src/http/secure-url.ts'

test.each([
  '1.1.1.1',
  '172.15.255.255',
  '172.32.0.1',
  '100.63.255.255',
  '192.167.1.1',
  '2606:4700:4700::1111',
  '::ffff:1.1.1.1',
  '64:ff9b::101:101',
])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true)
})

test.each([
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.168.1.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'fec0::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:a9fe:a9fe',
  '::ffff:0:1',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::1',
  '2002:7f00:1::',
  '2002:a9fe:a9fe::1',
  '2002:101:101::1',
  '::ffff:0:7f00:1',
  '2001::1',
  '2001:db8::1',
  '3fff::1',
  '4000::1',
  '100::1',
  '5f00::1',
  '64:ff9b:0:0:1::1',
  '::1.1.1.1',
  '168.63.129.16',
  '192.88.99.1',
  '203.0.113.7',
  'localhost',
  '',
  '1.1.1',
])('%s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

test.each([
  ['https://as.example', true],
  ['https://1.1.1.1', true],
  ['https://[2606:4700::1]:8443/x', true],
  ['https://localhost', false],
  ['https://localhost.', false],
  ['https://as.localhost', false],
  ['https://2130706433', false],
  ['https://0x7f.1', false],
  ['https://169.254.169.254/latest', false],
  ['https://[::1]', false],
  ['https://[::ffff:10.0.0.1]', false],
])('%s can be on a public address: %j', (url, expected) => {
  expect(canBePublic(new URL(url))).toBe(expected)
})
