import { createValidator, Refusal, trustedIssuer, Unavailable } from '@tollgate/core'
import { wrongTokens, type WrongToken } from '@tollgate/mock-issuer'
import { expect, test } from 'vitest'
import { messagesOn } from '../harness/channel-messages.ts'
import { requestWith } from '../harness/scripted-validator.ts'
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

const invalidOption = expect.objectContaining({ code: 'ERR_INVALID_OPTION' }) as Error
const down = 'http://127.0.0.1:5'

test.each(wrongTokens)('the refusal of a token that is %s has its reason, and is published', async (name) => {
  const issuer = await openIssuer()
  const messages = messagesOn('tollgate:refusal')
  const validator = createValidator(issuer.validatorOptions)
  const refusal: unknown = await validator
    .authenticate(requestWith(await issuer.wrongToken(name)))
    .catch((error: unknown) => error)
  expect(refusal).toMatchObject({ name: 'Refusal', code: 'invalid_token', reason: reasons[name], status: 401 })
  expect(messages).toMatchObject([{ outcome: 'invalid_token', refusal }])
})

test.each<readonly [claims: Readonly<Record<string, unknown>>, reason: string, claimPaths: readonly string[]]>([
  [{ iss: undefined }, 'missing-claim', ['iss']],
  [{ exp: undefined, iss: undefined }, 'missing-claim', ['iss']],
  [{ exp: undefined }, 'missing-claim', ['exp']],
  [{ aud: undefined }, 'missing-claim', ['aud']],
  [{ aud: [] }, 'missing-claim', ['aud']],
  [{ aud: '' }, 'missing-claim', ['aud']],
  [{ sub: 7 }, 'malformed-claim', ['sub']],
  [{ exp: '1795985541', jti: 7 }, 'malformed-claim', ['jti', 'exp']],
  [{ iss: ['https://as.example'] }, 'malformed-claim', ['iss']],
  [{ iss: 'https://stranger.example' }, 'untrusted-issuer', ['iss']],
  [{ exp: 1 }, 'expired', ['exp']],
  [{ nbf: 4e9 }, 'not-yet-valid', ['nbf']],
  [{ aud: 'another API' }, 'wrong-audience', ['aud']],
  [{ cnf: { jkt: 'x' } }, 'sender-constrained', ['cnf']],
  [{ token_use: 'id' }, 'wrong-token-type', ['token_use']],
])('the refusal of a token with %j names its claims', async (claims, reason, claimPaths) => {
  const issuer = await openIssuer()
  const validator = createValidator(issuer.validatorOptions)
  const refusal: unknown = await validator
    .authenticate(requestWith(await issuer.accessToken(claims)))
    .catch((error: unknown) => error)
  expect(refusal).toMatchObject({ reason, claimPaths, status: 401 })
})

test('the refusal under a profile names every claim that is missing', async () => {
  const issuer = await openIssuer()
  const validator = createValidator({
    ...issuer.validatorOptions,
    issuer: trustedIssuer(issuer.url, { profile: 'rfc9068' }),
  })
  const token = await issuer.accessToken({ sub: undefined, client_id: undefined })
  await expect(validator.authenticate(requestWith(token))).rejects.toMatchObject({
    reason: 'missing-claim',
    claimPaths: ['sub', 'client_id'],
  })
})

test('an outage is published with its error', async () => {
  const messages = messagesOn('tollgate:unavailable')
  const issuer = await openIssuer()
  const validator = createValidator({ issuer: down, audience })
  const error: unknown = await validator
    .authenticate(requestWith(await issuer.accessToken({ iss: down })))
    .catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(Unavailable)
  expect(error).toMatchObject({ status: 503, reason: 'network', issuer: down })
  expect(messages).toMatchObject([{ outcome: 'unreachable_upstream', issuer: down, error }])
})

test('metadata that names another issuer is an invalid issuer response', async () => {
  const issuer = await openIssuer()
  const validator = createValidator({ ...issuer.validatorOptions, issuer: `${issuer.url}/` })
  await expect(
    validator.authenticate(requestWith(await issuer.accessToken({ iss: `${issuer.url}/` }))),
  ).rejects.toMatchObject({ status: 502, reason: 'issuer-mismatch', code: 'ERR_INVALID_UPSTREAM_RESPONSE' })
})

test('the code of a Refusal decides its status, and the default is 403 insufficient_scope', () => {
  expect(new Refusal({ reason: 'mine' })).toMatchObject({
    status: 403,
    code: 'insufficient_scope',
    reason: 'mine',
    claimPaths: [],
  })
  expect(new Refusal({ reason: 'mine', code: 'invalid_token' }).status).toBe(401)
  expect(new Refusal({ reason: 'x', claimPaths: ['tenant'] }).claimPaths).toEqual(['tenant'])
})

test.each([
  ['why'],
  [{}],
  [{ code: 'forbidden', reason: 'x' }],
  [{ reason: 'x', claimPaths: 'tenant' }],
  [{ reason: 'x', claimPaths: 7 }],
  [{ reason: 'x', claimPaths: {} }],
])('new Refusal(%j) is a TypeError', (init) => {
  expect(() => new Refusal(init as never)).toThrow(invalidOption)
})

test('the claims and the members of an access token are deep-frozen', async () => {
  const issuer = await openIssuer()
  const validator = createValidator(issuer.validatorOptions)
  const token = await validator.authenticate(requestWith(await issuer.accessToken({ roles: [{ name: 'reader' }] })))
  const { roles } = token.claims as { roles?: unknown }
  expect(() => Object.assign(token.claims, { scope: 'admin' })).toThrow(TypeError)
  expect(() => (roles as unknown[]).push('admin')).toThrow(TypeError)
  expect(() => Object.assign((roles as object[])[0] ?? {}, { name: 'admin' })).toThrow(TypeError)
  expect(() => (token.audience as string[]).push('admin')).toThrow(TypeError)
  expect(() => Object.assign(token, { subject: 'mallory' })).toThrow(TypeError)
})

test('the headers of an error can be replaced for one request without an effect on another', async () => {
  const issuer = await openIssuer()
  const validator = createValidator({ issuer: [down, trustedIssuer(issuer.url)], audience, clock: issuer.clock })
  const rejection = (request: Request): Promise<unknown> =>
    validator.authenticate(request).catch((error: unknown) => error)
  for (const request of [new Request('https://api.example/'), requestWith(await issuer.accessToken({ iss: down }))]) {
    const [changed, other] = await Promise.all([rejection(request), rejection(request)])
    const { headers } = changed as Refusal | Unavailable
    Object.assign(changed as Error, { headers: { ...headers, Vary: 'Origin' } })
    expect(validator.respond(changed).headers.get('vary')).toBe('Origin')
    expect(validator.respond(other).headers.get('vary')).toBeNull()
  }
})
