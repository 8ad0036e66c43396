/** The vectors of conformance §25 for `htu`, requests that no router lets through, and the example of RFC 9449. */
import { createValidator } from '@tollgate/core'
import { createSenderClient } from '@tollgate/mock-issuer'
import { expect, onTestFinished, test } from 'vitest'
import { apiOrigin } from '../harness/dpop.ts'
import { openIssuer } from '../harness/reference.ts'
import { openScriptedValidator, reasonOf } from '../harness/scripted-validator.ts'

async function openTarget(): Promise<(url: string, htu: string) => Promise<string>> {
  const issuer = await openIssuer()
  const client = await createSenderClient({ clock: issuer.clock })
  const token = await issuer.accessToken({ cnf: client.cnf })
  const validator = createValidator({ ...issuer.validatorOptions, origin: apiOrigin, dpop: { mode: 'accepted' } })
  onTestFinished(() => validator.close())
  return async (url, htu) => {
    const { authorization, dpop } = await client.headers({ url: apiOrigin, token, claims: { htu } })
    const headers = Object.entries({ authorization, dpop })
    return reasonOf(validator.authenticate({ method: 'GET', url, headers }))
  }
}

test.each<readonly [url: string, good: readonly string[], bad: readonly string[]]>([
  [
    '/a/b?x=1',
    [
      'https://api.example/a/b',
      'HTTPS://API.EXAMPLE/a/b',
      'https://api.example:443/a/b',
      'https://api.example/a/b?x=1',
      'https://api.example/a/b?y=2',
      'https://api.example/a/b#f',
      'https://api.example/a/./b',
      'https://api.example/a/c/../b',
      'https://api.example/%61/b',
    ],
    [
      'http://api.example/a/b',
      'https://api.example:8443/a/b',
      'https://api.example/A/b',
      'https://api.example/a/b/',
      'https://api.example//a/b',
      'https://api.example/a//b',
      '/a/b',
      '//api.example/a/b',
      'https://api.example@evil.example/a/b',
      'https://u:p@api.example/a/b',
    ],
  ],
  ['/a%2Fb', ['https://api.example/a%2fb', 'https://api.example/a%2Fb'], ['https://api.example/a/b']],
  ['/', ['https://api.example', 'https://api.example/', 'https://api.example?x'], ['https://api.example/a']],
  ['/a/', ['https://api.example/a/', 'https://api.example/a/b/..'], ['https://api.example/a']],
  ['/~a-._', ['https://api.example/%7Ea%2d%2E%5f'], ['https://api.example/%7Ea%2d%2E%5f/']],
  ['/%7ea', ['https://api.example/~a', 'https://api.example/%7Ea'], ['https://api.example/%257ea']],
  ['//evil.example/a', ['https://api.example//evil.example/a'], ['https://evil.example/a', 'https://api.example/a']],
  ['http://evil.example/a', ['https://api.example/a'], ['http://evil.example/a']],
  ['/../a', ['https://api.example/a'], ['https://api.example/b']],
  ['*', [], ['https://api.example', 'https://api.example/', 'https://api.example/*', '*']],
  ['', [], ['https://api.example', 'https://api.example/']],
  ['/a%zz', ['https://api.example/a%zz'], ['https://api.example/a']],
])('a request for %s', async (url, good, bad) => {
  const reasonWith = await openTarget()
  for (const htu of good) {
    expect([htu, await reasonWith(url, htu)]).toEqual([htu, 'OK'])
  }
  for (const htu of bad) {
    expect([htu, await reasonWith(url, htu)]).toEqual([htu, 'wrong-proof-uri'])
  }
})

const exampleOfRfc = {
  token: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
  jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
  /** In seconds. */
  time: 1_562_262_618,
  proof:
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
}

test('the example of RFC 9449 §7.1 is accepted', async () => {
  const { token, jkt, time, proof } = exampleOfRfc
  const { issuer, validator } = await openScriptedValidator({
    validator: { origin: 'https://resource.example.org', dpop: { mode: 'accepted' }, clock: () => time * 1000 },
  })
  issuer.introspect = () => issuer.active({ cnf: { jkt }, exp: time + 60, iat: time })
  const headers = Object.entries({ authorization: `DPoP ${token}`, dpop: proof })
  const present = () => reasonOf(validator.authenticate({ method: 'GET', url: '/protectedresource', headers }))
  expect([await present(), await present()]).toEqual(['OK', 'replayed-proof'])
})
