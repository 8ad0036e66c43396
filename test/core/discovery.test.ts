/** Discovery behind a gateway that does not serve all well-known URLs of the issuer. */
import { createValidator, type Validator } from '@tollgate/core'
import { expect, onTestFinished, test } from 'vitest'
import { jws, keyPair } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'
import { type Handler, hang, json, status } from '../harness/responses.ts'
import { claimsOf, openScriptedIssuer, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'

const { jwk, privateKey } = keyPair('P-256')
const urls = (path: string): readonly string[] => [
  `/.well-known/oauth-authorization-server${path}`,
  `/.well-known/openid-configuration${path}`,
  `${path}/.well-known/openid-configuration`,
]

interface Scene {
  readonly issuer: ScriptedIssuer
  readonly url: string
  readonly present: () => Promise<string>
}

async function open(): Promise<Scene> {
  const issuer = await openScriptedIssuer([{ ...jwk, kid: 'k' }])
  const url = `${issuer.url}/realms/main`
  const validator: Validator = createValidator({ issuer: url, audience, clock: () => T0 * 1000 })
  onTestFinished(() => validator.close())
  const token = jws({ alg: 'ES256', kid: 'k' }, claimsOf(url), privateKey, 'ES256')
  return { issuer, url, present: () => reasonOf(validator.authenticate(requestWith(token))) }
}

const faults: Readonly<Record<string, Handler>> = {
  'an outage': status(502),
  'a broken connection': (request) => void request.socket.destroy(),
  silence: hang,
  'a document of another issuer': json({ issuer: 'https://another.example', jwks_uri: 'https://another.example/jwks' }),
}

test.each(Object.entries(faults))(
  '%s at one well-known URL leaves the others to be requested',
  async (_name, fault) => {
    for (const good of urls('/realms/main')) {
      const { issuer, url, present } = await open()
      for (const path of urls('/realms/main')) {
        issuer.routes[path] = path === good ? json({ issuer: url, jwks_uri: `${issuer.url}/jwks` }) : fault
      }
      expect(await present(), good).toBe('OK')
    }
  },
)

test('an outage at one URL decides when no other URL has metadata', async () => {
  const { issuer, present } = await open()
  const [first = ''] = urls('/realms/main')
  issuer.routes[first] = status(503)
  expect(await present()).toBe('upstream-error')
})
