/** What `explain` says: the first line names the cause, what was expected, what came, and the fix. */
import { spawnSync } from 'node:child_process'
import {
  type AccessToken,
  cookie,
  createValidator,
  defineGuard,
  type Explanation,
  type ExplanationReport,
  type Guard,
  Refusal,
  scopes,
  trustedIssuer,
} from '@tollgate/core'
import { inspect } from 'node:util'
import { keycloak } from '@tollgate/core/issuers'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { messagesOn } from '../harness/channel-messages.ts'
import { T0 as now } from '../harness/constants.ts'
import { audience, openIssuer } from '../harness/reference.ts'
import { json, status } from '../harness/responses.ts'
import { openScriptedValidator } from '../harness/scripted-validator.ts'
import { requestWith } from '../harness/scripted-validator.ts'

type Claims = Readonly<Record<string, unknown>>

async function explained(
  token: (issuer: Awaited<ReturnType<typeof openIssuer>>) => Promise<string>,
  ...guards: readonly Guard[]
) {
  const issuer = await openIssuer()
  const validator = createValidator(issuer.validatorOptions)
  const error: unknown = await validator.validate(await token(issuer), ...guards).catch((thrown: unknown) => thrown)
  return validator.explain(error)
}

function jwtOf(claims: Claims): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256' })}.${part(claims)}.AAAA`
}

const otherHeaders =
  'x-access-token x-auth-token x-forwarded-access-token x-authorization authentication access_token token x-api-key x-original-authorization proxy-authorization'.split(
    ' ',
  )

const malformed =
  '{" [object <x "x x... a,b %41 undefined null nan true false token a a.b a.b.c.d a.b.c.d.e a..b a.b.'.split(' ')

describe('a token', () => {
  test.each<readonly [name: string, claims: Claims, cause: RegExp]>([
    ['with a slash behind the audience', { aud: `${audience}/` }, /only by a trailing slash.*audience: '.*\/'/],
    ['with an audience in capitals', { aud: audience.toUpperCase() }, /only in upper and lower case/],
    ['with `http:` in its audience', { aud: audience.replace('https:', 'http:') }, /only by `http:` and `https:`/],
    ['for another API', { aud: 'https://other.example' }, /for another API.*got `aud` "https:\/\/other\.example"/],
    ['with an array in a text', { aud: `["${audience}"]` }, /one text with several names.*an array/],
    ['with a number as its audience', { aud: 42 }, /`aud` has the wrong type.*a text, or an array of texts/],
    ['with an empty audience', { aud: [] }, /`aud` of the token is empty/],
    ['with an unset audience', { aud: 'undefined' }, /what an unset variable or a template leaves/],
    ['for UserInfo only', { aud: 'https://t.auth0.com/userinfo' }, /UserInfo.*must name this API/],
    ['for Microsoft Graph', { aud: '00000003-0000-0000-c000-000000000000' }, /Microsoft Graph.*scope of your API/],
    ['for the account of Keycloak', { aud: 'account' }, /Keycloak.*mapper/],
    ['that is an ID token by a word', { token_use: 'id' }, /this is an ID token: its `token_use` says so/],
    ['that is a refresh token', { typ: 'Refresh' }, /this is a refresh token/],
    ['that expired', { exp: now - 300 }, /expired 5 min ago.*new token/],
    ['of a clock that is ahead', { iat: now + 40, nbf: now + 40 }, /your clock is 40 s behind.*NTP/],
    ['for tomorrow', { nbf: now + 86_400 }, /becomes valid in 24 h only/],
    ['with `nbf` in milliseconds', { nbf: now * 1000 }, /`nbf` is in milliseconds/],
    ['with `exp` as a text', { exp: '1795985541' }, /`exp` has the wrong type.*number of seconds, got a string/],
    ['without `exp`', { exp: undefined }, /has no `exp`/],
    ['without `aud`', { aud: undefined }, /has no `aud`.*when the client requests the token/],
    ['that is bound by DPoP', { cnf: { jkt: 'x' } }, /bound to a key of its client \(DPoP\)/],
  ])('%s', async (_name, claims, cause) => {
    expect((await explained((issuer) => issuer.accessToken(claims)))?.line).toMatch(cause)
  })

  test('that is an ID token by its claims', async () => {
    const claims = { aud: 'app', azp: 'app', scope: undefined, client_id: undefined, email: 'a@b.c' }
    const explanation = await explained((issuer) => issuer.accessToken(claims, { header: { typ: 'JWT' } }))
    expect(explanation?.line).toMatch(/this is an ID token: its audience is the client id.*access_token/)
  })

  test.each<readonly [name: string, text: (token: string) => string, cause: RegExp]>([
    ['undefined', () => 'undefined', /the text `undefined`.*before it has one/],
    ['opaque', () => 'a-reference-token', /opaque, and no issuer has `introspection`/],
    ['encrypted', () => 'e30.a.b.c.d', /encrypted.*Auth0/],
    ['cut off', (token) => token.slice(0, token.lastIndexOf('.')), /no JWT.*got 2 parts.*cut off/],
    ['without a signature', (token) => token.replace(/[^.]*$/, ''), /no signature/],
    ['in base64', (token) => `${token}=`, /base64 and not in base64url/],
    ['damaged', (token) => `x${token}`, /damaged/],
  ])('that is %s', async (_name, text, cause) => {
    expect((await explained(async (issuer) => text(await issuer.accessToken())))?.line).toMatch(cause)
  })

  test.each<readonly [name: string, iss: (url: string) => string, cause: RegExp]>([
    ['a trailing slash', (url) => `${url}/`, /only by a trailing slash.*issuer: 'http.*\/'/],
    ['another scheme', (url) => url.replace('https:', 'http:'), /only by `http:` and `https:`/],
    ['no scheme', (url) => url.replace('https://', ''), /only by `https:\/\/` in front/],
    ['an unset variable', () => 'https://undefined', /unset variable or a template/],
    ['another path', (url) => `${url}/realms/b`, /another path: another realm, tenant or version/],
    ['another environment', () => 'https://staging.example', /do not trust.*staging\.example.*environment/],
  ])('whose issuer has %s', async (_name, iss, cause) => {
    const explanation = await explained((issuer) => issuer.accessToken({ iss: iss(issuer.url) }))
    expect(explanation).toMatchObject({ status: 401, reason: 'untrusted-issuer', step: 'issuer' })
    expect(explanation?.line).toMatch(cause)
  })

  test('of version 1.0 of Microsoft Entra', async () => {
    const validator = createValidator({ issuer: 'https://login.microsoftonline.com/t/v2.0', audience })
    const issuer = await openIssuer()
    const token = await issuer.accessToken({ iss: 'https://sts.windows.net/t/' })
    const error: unknown = await validator.validate(token).catch((thrown: unknown) => thrown)
    expect(validator.explain(error)?.line).toMatch(/version 1\.0.*requestedAccessTokenVersion/)
  })

  test.each<readonly [name: Parameters<Awaited<ReturnType<typeof openIssuer>>['wrongToken']>[0], cause: RegExp]>([
    ['publicKeyAsSecret', /shared secret \(HMAC\).*got `alg` HS256.*RS256/],
    ['unknownKey', /names no key that the issuer publishes/],
    ['tampered', /signature does not fit.*changed or cut off/],
    ['logoutToken', /this is a logout token/],
    ['criticalHeader', /`crit`/],
    ['idToken', /seems to be an ID token: it has `nonce`.*preset/],
  ])('that is %s', async (name, cause) => {
    expect((await explained((issuer) => issuer.wrongToken(name)))?.line).toMatch(cause)
  })

  test('of Keycloak that is a refresh token is named before its algorithm', async () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const url = 'https://kc.example/realms/a'
    const validator = createValidator({ issuer: keycloak(url), audience })
    const token = `${part({ alg: 'HS512' })}.${part({ iss: url, typ: 'Refresh' })}.AAAA`
    const error: unknown = await validator.validate(token).catch((thrown: unknown) => thrown)
    expect(validator.explain(error)?.line).toMatch(/^401 algorithm-not-allowed: this is a refresh token/)
  })
})

describe('credentials', () => {
  test.each<readonly [name: string, headers: Readonly<Record<string, string>>, cause: RegExp]>([
    ['none', {}, /no token.*Authorization: Bearer/],
    ['Basic', { authorization: 'Basic YTpi' }, /the scheme Basic/],
    ['a token without a scheme', { authorization: 'eyJhbGciOiJSUzI1NiJ9.e30.AA' }, /without the scheme in front/],
    ['DPoP', { authorization: 'DPoP abc' }, /scheme DPoP, and the option `dpop` is off/],
    ['quotes', { authorization: 'Bearer "abc"' }, /the token is in quotes/],
    ['Bearer twice', { authorization: 'Bearer Bearer abc' }, /`Bearer` comes twice/],
    ['nothing behind Bearer', { authorization: 'Bearer ' }, /no token behind it/],
    ['a placeholder', { authorization: 'Bearer {{token}}' }, /placeholder/],
    ['a percent-encoded token', { authorization: 'Bearer abc%3D' }, /percent-encoded/],
    ['two tokens', { authorization: 'Bearer abc, Bearer def' }, /more than once/],
    ['another header', { 'x-access-token': 'abc' }, /it has `x-access-token`.*header\('x-access-token'\)/],
    ['a cookie', { cookie: 'session=abc' }, /it has `cookie`.*cookie\(/],
  ])('of %s', async (_name, headers, cause) => {
    const validator = createValidator({ issuer: 'https://as.example', audience })
    const request = { method: 'GET', url: '/', headers: Object.entries(headers) }
    const error: unknown = await validator.authenticate(request).catch((thrown: unknown) => thrown)
    expect(validator.explain(error)?.line).toMatch(cause)
  })

  test.each<
    readonly [name: string, request: { method: string; url: string; headers: [string, string][] }, cause: RegExp]
  >([
    ['a token in the query', { method: 'GET', url: '/?access_token=abc', headers: [] }, /in the query/],
    [
      'a preflight',
      {
        method: 'OPTIONS',
        url: '/',
        headers: [
          ['origin', 'https://a.example'],
          ['access-control-request-method', 'PUT'],
        ],
      },
      /CORS preflight.*preflights: 'skip'/,
    ],
    [
      'a form body',
      { method: 'POST', url: '/', headers: [['content-type', 'application/x-www-form-urlencoded']] },
      /form bodies are not read.*formBody/,
    ],
  ])('in %s', async (_name, request, cause) => {
    const validator = createValidator({ issuer: 'https://as.example', audience })
    const error: unknown = await validator.authenticate(request).catch((thrown: unknown) => thrown)
    expect(validator.explain(error)?.line).toMatch(cause)
  })
})

describe('a guard', () => {
  test.each<readonly [claims: Claims, cause: RegExp]>([
    [{ scope: 'orders:write' }, /lacks the scope "orders:read"\. Expected "orders:read", got 1 other scope in `scope`/],
    [{ scope: 'Orders:Read' }, /in another case/],
    [{ scope: 'read-orders' }, /same words with other separators, or in another order/],
    [{ scope: 'orders:*' }, /`\*` has no meaning.*scopeHierarchy/],
    [{ scope: undefined, permissions: ['orders:read'] }, /it has `permissions`, which is not read.*dialect/],
    [{ scope: undefined, realm_access: { roles: ['orders:read'] } }, /it has `realm_access\.roles`/],
  ])('for scopes and %j', async (claims, cause) => {
    const explanation = await explained((issuer) => issuer.accessToken(claims), scopes('orders:read'))
    expect(explanation).toMatchObject({ status: 403, reason: 'missing-scope', step: 'guards' })
    expect(explanation?.line).toMatch(cause)
  })

  test('of the application is named by its reason', async () => {
    const guard = defineGuard({ check: () => new Refusal({ reason: 'not-the-owner' }) })
    expect((await explained((issuer) => issuer.accessToken(), guard))?.line).toMatch(
      /guard of your application.*not-the-owner/,
    )
  })
})

describe('an outage', () => {
  test.each<readonly [name: string, issuer: string, cause: RegExp]>([
    ['nothing that listens', 'http://127.0.0.1:9', /ECONNREFUSED.*Nothing listens there/],
    ['an unknown host', 'https://no-such-host.invalid', /ENOTFOUND|EAI_AGAIN.*name of the host is unknown/],
  ])('with %s', async (_name, issuer, cause) => {
    const validator = createValidator({ issuer, audience })
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const token = `${part({ alg: 'RS256' })}.${part({ iss: issuer })}.AAAA`
    const explain = async (): Promise<Explanation | undefined> =>
      validator.explain(await validator.validate(token).catch((thrown: unknown) => thrown))
    expect((await explain())?.line).toMatch(cause)
    // The back-off that follows is explained by the failure before it.
    expect((await explain())?.line).toMatch(cause)
  })

  test('because the metadata names another issuer, in the first attempt and in the back-off', async () => {
    const { validator, issuer } = await openScriptedValidator()
    issuer.routes['/.well-known/oauth-authorization-server'] = json({ issuer: 'http://kc:8080/a', jwks_uri: 'x' })
    issuer.routes['/.well-known/openid-configuration'] = status(404)
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const token = `${part({ alg: 'RS256' })}.${part({ iss: issuer.url })}.AAAA`
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const error: unknown = await validator.validate(token).catch((thrown: unknown) => thrown)
      expect(validator.explain(error)).toMatchObject({
        reason: 'issuer-mismatch',
        expected: `\`issuer\` "${issuer.url}"`,
        received: '`issuer` "http://kc:8080/a"',
      })
      expect(inspect(error)).not.toMatch(/kc:8080/)
    }
  })

  test('because the issuer refuses our credentials', async () => {
    const api = await openScriptedValidator({ introspection: {} })
    api.issuer.routes['/introspect'] = status(401)
    const error = await api.authenticate('opaque').catch((thrown: unknown) => thrown)
    expect(api.validator.explain(error)?.line).toMatch(/^500 credentials-refused.*secret and the method/)
  })
})

test('a validator explains no error of another one', async () => {
  const [one, other] = [1, 2].map(() => createValidator({ issuer: 'https://as.example', audience }))
  const error: unknown = await one?.validate('x').catch((thrown: unknown) => thrown)
  expect([one?.explain(error)?.reason, other?.explain(error), one?.explain(new Error('x'))]).toEqual([
    'malformed-token',
    undefined,
    undefined,
  ])
})

test('a function gets each report with its count, and its error changes no response', async () => {
  const reports: ExplanationReport[] = []
  const failures = messagesOn('tollgate:failure')
  const explain = (report: ExplanationReport): void => {
    reports.push(report)
    throw new Error('of the report')
  }
  const validator = createValidator({ issuer: 'https://as.example', audience, explain })
  for (const token of ['x', 'x', 'y.z', undefined]) {
    await expect(validator.validate(token)).rejects.toBeInstanceOf(Refusal)
  }
  expect(reports.map(({ reason, count }) => [reason, count])).toEqual([
    ['malformed-token', 1],
    ['malformed-token', 2],
    ['malformed-token', 1],
    ['no-credentials', 1],
  ])
  expect(failures).toHaveLength(4)
})

test('an `async` function that rejects does not end the process', async () => {
  const failures = messagesOn('tollgate:failure')
  const explain = async (): Promise<void> => Promise.reject(new Error('of the report'))
  const validator = createValidator({ issuer: 'https://as.example', audience, explain })
  await expect(validator.validate('x')).rejects.toBeInstanceOf(Refusal)
  await vi.waitFor(() => expect(failures).toHaveLength(1))
})

describe('the console', () => {
  function lines(): readonly string[] {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    onTestFinished(() => warn.mockRestore())
    return warn.mock.calls as unknown as readonly string[]
  }

  test('gets a repeated line once, also when its times differ', async () => {
    const printed = lines()
    const issuer = await openIssuer()
    const validator = createValidator({ ...issuer.validatorOptions, explain: 'console' })
    const token = await issuer.accessToken({ exp: now - 100 })
    for (const elapsed of [0, 7, 80]) {
      issuer.clock.advance(`${elapsed}s`)
      await expect(validator.validate(token)).rejects.toBeInstanceOf(Refusal)
    }
    expect(printed).toHaveLength(1)
  })

  test('gets at most 30 different lines of a reason in a minute, a line that says so, and the other reasons', async () => {
    const printed = lines()
    const issuer = await openIssuer()
    const validator = createValidator({ ...issuer.validatorOptions, explain: 'console' })
    for (let number = 0; number < 150; number += 1) {
      const part = Buffer.from(JSON.stringify({ alg: 'RS256', iss: `https://${number}.example` })).toString('base64url')
      await expect(validator.validate(`${part}.${part}.AAAA`)).rejects.toBeInstanceOf(Refusal)
    }
    expect(printed).toHaveLength(31)
    await expect(validator.validate(await issuer.accessToken({ exp: 1 }))).rejects.toMatchObject({ reason: 'expired' })
    expect(printed).toHaveLength(32)
  })

  test('gets an outage also when a stranger has used up the lines of refusals', async () => {
    const printed = lines()
    const [issuer, other] = ['http://127.0.0.1:9', 'https://x.example']
    const validator = createValidator({
      issuer,
      audience,
      explain: 'console',
      credentials: ['authorization', cookie('a')],
    })
    const send = async (...headers: [string, string][]): Promise<unknown> =>
      validator.authenticate({ method: 'POST', url: '/', headers }).catch((error: unknown) => error)
    for (let number = 0; number < 40; number += 1) {
      await send(['authorization', `Bearer ${jwtOf({ iss: `${other}/${number}` })}`])
      await send(['cookie', 'a=b'], ['origin', `https://${number}.example`])
      await send(
        [otherHeaders[number % 10] ?? '', number < 20 ? 'Bearer x' : 'x'],
        [number % 20 < 10 ? 'via' : 'x', 'x'],
      )
      await send(['authorization', `Bearer ${malformed[number % malformed.length]}`])
    }
    expect(String(printed.at(-1))).toMatch(/More than 100 different lines/)
    expect(await send(['authorization', `Bearer ${jwtOf({ iss: issuer })}`])).toMatchObject({ status: 503 })
    expect(String(printed.at(-1))).toMatch(/503 network/)
  })

  test('gets a bounded line from an app with thousands of issuers', async () => {
    const printed = lines()
    const issuer = Array.from({ length: 3000 }, (_, number) => `https://as${number}.example`)
    const validator = createValidator({ issuer, audience, explain: 'console' })
    await expect(validator.validate(jwtOf({ iss: 'https://x.example' }))).rejects.toBeInstanceOf(Refusal)
    expect(String(printed)).toMatch(/"https:\/\/as4\.example" or one of 2995 more/)
    expect(String(printed).length).toBeLessThan(1000)
  })

  test('gets nothing without the option', async () => {
    const printed = lines()
    const validator = createValidator({ issuer: 'https://as.example', audience })
    await expect(validator.validate('x')).rejects.toBeInstanceOf(Refusal)
    expect(printed).toEqual([])
  })
})

test.each([
  ['tollgate', 1],
  ['http', 0],
])('NODE_DEBUG=%s prints %i line on standard error', (section, count) => {
  const code = `import { createValidator } from '@tollgate/core'
const validator = createValidator({ issuer: 'https://as.example', audience: 'x' })
await Promise.allSettled([validator.validate('a.b'), validator.validate('a.b')])`
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    cwd: import.meta.dirname,
    env: { ...process.env, NODE_DEBUG: section },
    encoding: 'utf8',
  })
  expect(stderr.match(/^TOLLGATE \d+: 401 malformed-token.*$/gm) ?? []).toHaveLength(count)
})

test.each([true, 'stderr', {}])('explain: %j is an invalid option', (explain) => {
  const options = { issuer: 'https://as.example', audience, explain: explain as never }
  expect(() => createValidator(options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
})

test('a line stays one line when a tenant or a guard chooses its words', async () => {
  const hostile = `tenant\n401 expired: \u001B[2J\u202E${'x'.repeat(1900)}`
  const resolve = (iss: string) => trustedIssuer(iss, { keys: 'http://127.0.0.1:9/jwks' })
  const tenants = createValidator({ issuer: resolve, audience })
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const outage: unknown = await tenants
    .validate(`${part({ alg: 'RS256' })}.${part({ iss: hostile })}.AAAA`)
    .catch((thrown: unknown) => thrown)
  const guard = defineGuard({ check: () => new Refusal({ reason: hostile }) })
  expect(tenants.explain(outage)?.fix).toMatch(/in your own network.*network: 'any'/)
  const lines = [tenants.explain(outage)?.line, (await explained((issuer) => issuer.accessToken(), guard))?.line]
  for (const line of lines) {
    expect(line).toMatch(/^[^\p{Cc}\p{Cf}]{20,2500}$/u)
  }
})

describe('an explanation contains no secret', () => {
  test('no token, no foreign claim, no control character, and a bounded length', async () => {
    const issuer = await openIssuer()
    const validator = createValidator({
      issuer: trustedIssuer(issuer.url, { secret: 'sentinel-secret-which-is-long-enough' }),
      audience,
    })
    const signed = await issuer.accessToken({ sub: 'sentinel-subject', 'sentinel\u001B[31m': 1, kid: 'x' })
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const hostile = { iss: `https://a.example/\u001B[2J\n\u202E${'x'.repeat(5000)}`, sub: 'sentinel-subject' }
    const tokens = [
      signed,
      `${part({ alg: 'sentinel-alg', typ: 'sentinel' })}.${part({ iss: issuer.url, sub: 'sentinel' })}.AAAA`,
      `${part({ alg: 'RS256', kid: 'sentinel-kid' })}.${part(hostile)}.AAAA`,
      'sentinel-opaque',
      'sentinel opaque',
    ]
    for (const token of tokens) {
      const error: unknown = await validator.validate(token).catch((thrown: unknown) => thrown)
      const shown = JSON.stringify(validator.explain(error))
      expect(shown).not.toMatch(/sentinel/)
      expect(validator.explain(error)?.line).toMatch(/^[\x20-\x7E…]{20,1500}$/)
    }
  })
})

test('a refusal of a valid token carries it, and shows it to no logger', async () => {
  const issuer = await openIssuer()
  const validator = createValidator(issuer.validatorOptions)
  const messages = messagesOn('tollgate:refusal')
  const request = requestWith(await issuer.accessToken({ sub: 'mallory', scope: 'tea' }))
  const refusal = (await validator.authenticate(request, scopes('x')).catch((thrown: unknown) => thrown)) as Refusal
  const token = refusal.token as AccessToken | undefined
  expect([token?.subject, Object.keys(refusal).includes('token')]).toEqual(['mallory', false])
  expect(JSON.stringify(refusal)).not.toMatch(/mallory/)
  expect(messages).toMatchObject([{ subject: 'mallory', clientId: 'client-1' }])
})

test('a refusal of a token that is not genuine names no subject', async () => {
  const issuer = await openIssuer()
  const validator = createValidator(issuer.validatorOptions)
  const messages = messagesOn('tollgate:refusal')
  const refusal: unknown = await validator
    .validate(await issuer.wrongToken('tampered'))
    .catch((thrown: unknown) => thrown)
  expect(refusal).toMatchObject({ token: undefined })
  expect(messages).toMatchObject([{ subject: undefined, clientId: undefined }])
})
