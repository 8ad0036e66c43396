/** The warnings about tokens that their issuer writes in another way than its configuration says. */
import { clientSecretBasic, createValidator, scopes, trustedIssuer, type TrustedIssuerOptions } from '@tollgate/core'
import { expect, onTestFinished, test } from 'vitest'
import { jws, keyPair } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'
import { claimsOf, openScriptedIssuer } from '../harness/scripted-issuer.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'

const { jwk, privateKey } = keyPair('P-256')
type Claims = Readonly<Record<string, unknown>>

interface Scene {
  readonly presentJwt: (claims: Claims, header?: Claims) => Promise<string>
  readonly presentOpaque: (claims: Claims) => Promise<string>
  readonly warnings: readonly { readonly code?: string; readonly message: string }[]
}

async function open(options: TrustedIssuerOptions = {}): Promise<Scene> {
  const warnings: (Error & { code?: string })[] = []
  const listener = (warning: Error): void => void warnings.push(warning)
  process.on('warning', listener)
  onTestFinished(() => void process.off('warning', listener))
  const issuer = await openScriptedIssuer([{ ...jwk, kid: 'k' }])
  const introspection = { client: clientSecretBasic('api', 'secret') }
  const validator = createValidator({
    issuer: trustedIssuer(issuer.url, { introspection, ...options }),
    audience,
    clock: () => T0 * 1000,
  })
  onTestFinished(() => validator.close())
  let count = 0
  const present = async (token: string): Promise<string> => {
    const reason = await reasonOf(validator.authenticate(requestWith(token), scopes('read')))
    await new Promise(setImmediate)
    return reason
  }
  return {
    warnings,
    presentJwt: (claims, header = {}) =>
      present(jws({ alg: 'ES256', kid: 'k', ...header }, claimsOf(issuer.url, claims), privateKey, 'ES256')),
    presentOpaque: (claims) => {
      count += 1
      issuer.introspect = () => issuer.active({ token_type: undefined, ...claims })
      return present(`opaque-${count}`)
    },
  }
}

test('only tokens that say that they are access tokens cause the warning about a missing audience', async () => {
  const { presentJwt, presentOpaque, warnings } = await open()
  for (const claims of [{}, { token_use: 'refresh_token' }, { typ: 'Refresh' }, { nonce: 'n' }]) {
    const silent = { ...claims, aud: undefined }
    expect(await presentJwt(silent)).not.toBe('OK')
    expect(await presentOpaque(silent)).not.toBe('OK')
  }
  expect(warnings).toEqual([])
})

test.each<readonly [name: string, present: (scene: Scene) => Promise<string>, reason: string]>([
  ['a JWT with at+jwt', ({ presentJwt }) => presentJwt({ aud: [] }, { typ: 'at+jwt' }), 'missing-claim'],
  ['a JWT with token_use', ({ presentJwt }) => presentJwt({ aud: '', token_use: 'access' }), 'missing-claim'],
  ['a response', ({ presentOpaque }) => presentOpaque({ aud: null, token_type: 'Bearer' }), 'missing-audience'],
])('%s without an audience causes one warning, which names `isAccessToken`', async (_n, present, reason) => {
  const scene = await open()
  expect(await present(scene)).toBe(reason)
  expect(await present(scene)).toBe(reason)
  await scene.presentJwt({ aud: undefined }, { typ: 'at+jwt' })
  expect(scene.warnings.map(({ code }) => code)).toEqual(['TOLLGATE_MISSING_AUDIENCE'])
  expect(scene.warnings[0]?.message).toContain('isAccessToken')
})

test('the positive mark of a dialect makes a token plainly an access token', async () => {
  const { presentJwt, warnings } = await open({ dialect: { isAccessToken: { ver: 1 } } })
  expect(await presentJwt({ aud: undefined, ver: 2 })).toBe('wrong-token-type')
  expect(warnings).toEqual([])
  expect(await presentJwt({ aud: undefined, ver: 1 })).toBe('missing-claim')
  expect(warnings.map(({ code }) => code)).toEqual(['TOLLGATE_MISSING_AUDIENCE'])
})

test('scopes that are not read cause one warning, and the option in it lets the token pass', async () => {
  const { presentJwt, presentOpaque, warnings } = await open()
  expect(await presentJwt({ scope: ['read'] })).toBe('missing-scope')
  expect(await presentOpaque({ scope: ['read'] })).toBe('missing-scope')
  expect(warnings.map(({ code }) => code)).toEqual(['TOLLGATE_UNREAD_SCOPES'])
  for (const claims of [
    { scope: undefined, scp: ['read'] },
    { scope: '', permissions: ['read'] },
    { scope: 'read,write' },
  ]) {
    const scene = await open()
    expect(await scene.presentJwt(claims)).toBe('missing-scope')
    expect(
      scene.warnings.map(({ code }) => code),
      JSON.stringify(claims),
    ).toEqual(['TOLLGATE_UNREAD_SCOPES'])
  }
  const quiet = await open()
  for (const claims of [{ scope: 'other', permissions: ['read'] }, { scope: undefined }, { scope: [], scp: [] }]) {
    expect(await quiet.presentJwt(claims)).toBe('missing-scope')
  }
  expect(quiet.warnings).toEqual([])
  const configured = await open({ dialect: { scopes: 'scope' } })
  expect(await configured.presentJwt({ scope: ['read'] })).toBe('OK')
  expect(configured.warnings).toEqual([])
})

test('tokens that never expire, because `exp` is in milliseconds, cause one warning', async () => {
  const { presentJwt, warnings } = await open()
  for (const jti of ['1', '2']) {
    expect(await presentJwt({ exp: (T0 + 300) * 1000, jti })).toBe('OK')
  }
  expect(warnings.map(({ code }) => code)).toEqual(['TOLLGATE_EXP_IN_MILLISECONDS'])
})
