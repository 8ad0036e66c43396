import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import {
  createValidator,
  Refusal,
  type RefusalMessage,
  scopes,
  trustedIssuer,
  Unavailable,
  type UnavailableMessage,
} from '@tollgate/core'
import { wrongTokens, type WrongToken } from '@tollgate/mock-issuer'
import { expect, onTestFinished, test } from 'vitest'
import { audience, openIssuer } from '../harness/reference.ts'

const reasons: Readonly<Record<WrongToken, string>> = {
  expired: 'expired',
  notYetValid: 'not-yet-valid',
  withoutExpiry: 'missing-claim',
  wrongAudience: 'wrong-audience',
  withoutAudience: 'missing-claim',
  wrongIssuer: 'untrusted-issuer',
  senderConstrained: 'sender-constrained',
  idToken: 'wrong-token-type',
  logoutToken: 'wrong-token-type',
  criticalHeader: 'critical-header',
  unsigned: 'malformed-token',
  withoutSignature: 'malformed-token',
  tampered: 'bad-signature',
  foreignKey: 'bad-signature',
  unknownKey: 'unknown-key',
  embeddedKey: 'unknown-key',
  publicKeyAsSecret: 'algorithm-not-allowed',
  encrypted: 'malformed-token',
  garbage: 'malformed-token',
}

function request(token: string): Request {
  return new Request('https://api.example/', { headers: { authorization: `Bearer ${token}` } })
}

function listen(channel: string): readonly unknown[] {
  const messages: unknown[] = []
  const listener = (message: unknown): void => void messages.push(message)
  subscribe(channel, listener)
  onTestFinished(() => void unsubscribe(channel, listener))
  return messages
}

test.each(wrongTokens)('the refusal of a token that is %s says why, to subscribers as well', async (name) => {
  const issuer = await openIssuer()
  const messages = listen('tollgate:refusal')
  const validator = createValidator(issuer.validatorOptions)
  const refusal = await validator
    .authenticate(request(await issuer.wrongToken(name)))
    .catch((error: unknown) => error as Refusal)
  expect(refusal).toMatchObject({ name: 'Refusal', code: 'invalid_token', reason: reasons[name], status: 401 })
  expect(messages).toEqual([{ outcome: 'invalid_token', refusal } as RefusalMessage])
  // A framework may show the stack to the client.
  expect((refusal as Refusal).stack).toBe(`Refusal: ${(refusal as Refusal).message}`)
})

test('no token, claim or key id is in an error, however it is printed', async () => {
  const issuer = await openIssuer()
  const validator = createValidator(issuer.validatorOptions)
  for (const name of wrongTokens.filter((candidate) => candidate !== 'garbage')) {
    const token = await issuer.wrongToken(name, { sub: 'sentinel-subject', scope: 'sentinel-scope' })
    const error = await validator
      .authenticate(request(token), scopes('x'))
      .catch((reason: unknown) => reason as Refusal)
    const shown = [
      inspect(error, { depth: 9, showHidden: true, getters: true }),
      JSON.stringify(error),
      String(error),
      (error as Refusal).stack,
    ].join()
    expect(shown).not.toMatch(/sentinel|another-api|stranger/)
    expect(token.split('.').filter((segment) => segment.length > 8 && shown.includes(segment))).toEqual([])
  }
})

test('an outage is told to subscribers, with its cause', async () => {
  const messages = listen('tollgate:unavailable')
  const issuer = await openIssuer()
  const url = 'http://127.0.0.1:9'
  const validator = createValidator({ issuer: url, audience })
  const error = await validator
    .authenticate(request(await issuer.accessToken({ iss: url })))
    .catch((reason: unknown) => reason as Unavailable)
  expect(error).toBeInstanceOf(Unavailable)
  expect(error).toMatchObject({ status: 503, reason: 'network', issuer: url })
  expect(messages).toEqual([{ outcome: 'unreachable_upstream', issuer: url, error } as UnavailableMessage])
})

test('metadata that differs by a slash says so', async () => {
  const issuer = await openIssuer()
  const validator = createValidator({ ...issuer.validatorOptions, issuer: `${issuer.url}/` })
  const token = await issuer.accessToken({ iss: `${issuer.url}/` })
  const error = await validator.authenticate(request(token)).catch((reason: unknown) => reason as Unavailable)
  expect(error).toMatchObject({ status: 502, reason: 'issuer-mismatch', code: 'ERR_INVALID_UPSTREAM_RESPONSE' })
  expect((error as Unavailable).message).toContain('trailing slash')
})

test('a shared secret shows nowhere', () => {
  const secret = 'a sentinel secret of thirty-two bytes'
  const issuer = trustedIssuer('https://as.example', { secret })
  const validator = createValidator({ issuer, audience })
  const shown = inspect([issuer, validator], { depth: 9, showHidden: true, getters: true }) + JSON.stringify(issuer)
  expect(shown).not.toContain('sentinel')
  expect(shown).not.toContain(Buffer.from(secret).toString('hex').slice(0, 12).replaceAll(/(..)/g, '$1 ').trim())
  expect(shown).not.toContain([...Buffer.from(secret)].slice(0, 6).join(', '))
})

test('claims are frozen to the bottom', async () => {
  const issuer = await openIssuer()
  const validator = createValidator(issuer.validatorOptions)
  const token = await validator.authenticate(request(await issuer.accessToken({ roles: [{ name: 'reader' }] })))
  const { roles } = token.claims as { roles?: unknown }
  expect(() => Object.assign(token.claims, { scope: 'admin' })).toThrow(TypeError)
  expect(() => (roles as unknown[]).push('admin')).toThrow(TypeError)
  expect(() => Object.assign((roles as object[])[0] ?? {}, { name: 'admin' })).toThrow(TypeError)
  expect(() => Object.assign(token, { subject: 'mallory' })).toThrow(TypeError)
})

test('a web Request with two Authorization lines is refused', async () => {
  const issuer = await openIssuer()
  const validator = createValidator(issuer.validatorOptions)
  const twice = request(await issuer.accessToken())
  twice.headers.append('authorization', 'Bearer other')
  await expect(validator.authenticate(twice)).rejects.toMatchObject({ code: 'invalid_request' })
  expect(await validator.authenticateOptional(new Request('https://api.example/'))).toBeUndefined()
})

test('a refusal names claims as an array, or is a mistake', () => {
  expect(new Refusal({ reason: 'x' }).claimPaths).toEqual([])
  expect(new Refusal({ reason: 'x', claimPaths: ['tenant'] }).claimPaths).toEqual(['tenant'])
  for (const claimPaths of ['tenant', 7, {}] as unknown as (readonly string[])[]) {
    expect(() => new Refusal({ reason: 'x', claimPaths })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
    )
  }
})

test('layers of an app may put other headers in the place of an error’s', async () => {
  const issuer = await openIssuer()
  const validator = createValidator(issuer.validatorOptions)
  const error: unknown = await validator
    .authenticate(new Request('https://api.example/'))
    .catch((reason: unknown) => reason)
  const refusal = error as Refusal
  refusal.headers = { ...refusal.headers, Vary: 'Origin' }
  expect(validator.respond(refusal).headers.get('vary')).toBe('Origin')
  expect(validator.respond(refusal).headers.get('www-authenticate')).toBe('Bearer realm="api"')
})
