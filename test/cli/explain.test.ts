/** `tollgate explain`: the first line names the cause, for broken tokens and for broken set-ups. */
import { createServer } from 'node:http'
import { createMockIssuer, type MockIssuer, wrongTokens } from '@tollgate/mock-issuer'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../harness/listen.ts'
import { json } from '../harness/responses.ts'
import { type Ended, type Run, runHere } from './commands.ts'

const audience = 'https://api.example.com'
const now = Math.floor(Date.now() / 1000)

async function openIssuer(): Promise<MockIssuer> {
  const issuer = await createMockIssuer()
  onTestFinished(() => issuer.close())
  return issuer
}

function explain(issuer: Pick<MockIssuer, 'url'>, input: string, run: Partial<Run> = {}): Promise<Ended> {
  const args = ['explain', '--issuer', issuer.url, '--audience', audience, ...(run.args ?? [])]
  return runHere({ ...run, args, input })
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

test('a good token passes every step', async () => {
  const issuer = await openIssuer()
  const token = await issuer.accessToken({ scope: 'read' })
  const { code, stdout } = await explain(issuer, token, { args: ['--scope', 'read'] })
  expect(code).toBe(0)
  const steps = [...stdout.matchAll(/^✓ (\w+) {2,}/gm)].map(([, step]) => step)
  expect(steps).toEqual(['credentials', 'issuer', 'signature', 'claims', 'constraints', 'guards'])
})

describe('a token is refused (exit code 1)', () => {
  test.each<readonly [name: string, claims: Readonly<Record<string, unknown>>, cause: RegExp]>([
    ['with a slash behind the audience', { aud: `${audience}/` }, /wrong-audience: .*only by a trailing slash/],
    ['with an audience in capitals', { aud: audience.toUpperCase() }, /wrong-audience: .*upper and lower case/],
    ['with an audience on http:', { aud: audience.replace('https', 'http') }, /wrong-audience: .*`http:`/],
    ['for another API', { aud: 'https://other.example' }, /wrong-audience: the token is for another API/],
    ['for the UserInfo endpoint of Auth0', { aud: 'https://t.auth0.com/userinfo' }, /UserInfo/],
    ['for Microsoft Graph', { aud: '00000003-0000-0000-c000-000000000000' }, /Microsoft Graph/],
    ['for the account console of Keycloak', { aud: 'account' }, /Keycloak/],
    ['without an audience', { aud: undefined }, /missing-claim: the token has no `aud`/],
    ['without `exp`', { exp: undefined }, /missing-claim: .*no `exp`/],
    ['with `exp` as a text', { exp: '1900000000' }, /malformed-claim: .*`exp` has the wrong type/],
    ['that expired', { exp: now - 300 }, /expired: the token expired 5 min ago/],
    ['of a clock that is ahead', { iat: now + 60, nbf: now + 60 }, /not-yet-valid: your clock is \d+ s behind/],
    ['for tomorrow', { nbf: now + 86_400 }, /not-yet-valid: the token becomes valid in 24 h/],
    ['with `nbf` in milliseconds', { nbf: now * 1000 }, /`nbf` is in milliseconds/],
    ['of another environment', { iss: 'https://staging.example' }, /untrusted-issuer: .*do not trust/],
    ['that is bound by DPoP', { cnf: { jkt: 'x' } }, /sender-constrained: .*DPoP/],
    ['that is bound by mutual TLS', { cnf: { 'x5t#S256': 'x' } }, /sender-constrained: .*bound to a certificate/],
    ['that says it is an ID token', { token_use: 'id' }, /wrong-token-type: this is an ID token/],
    ['that says it is a refresh token', { typ: 'Refresh' }, /wrong-token-type: this is a refresh token/],
    [
      'that is an ID token by its audience',
      { aud: 'app', azp: 'app', client_id: undefined, nonce: undefined, email: 'a@b.c' },
      /this is an ID token: its audience is the client id/,
    ],
  ])('%s', async (_name, claims, cause) => {
    const issuer = await openIssuer()
    const { code, title } = await explain(issuer, await issuer.accessToken(claims))
    expect(title).toMatch(cause)
    expect(code).toBe(1)
  })

  test.each<readonly [name: string, change: (token: string) => string, cause: RegExp]>([
    ['the text undefined', () => 'undefined', /malformed-token: the token is the text `undefined`/],
    ['opaque', () => 'a-reference-token', /malformed-token: the token is opaque/],
    ['encrypted', () => 'e30.a.b.c.d', /malformed-token: the token is encrypted/],
    ['cut off', (token) => token.slice(0, token.lastIndexOf('.')), /malformed-token: the token is no JWT/],
    ['without a signature', (token) => token.replace(/[^.]*$/, ''), /malformed-token: the token has no signature/],
    ['in base64', (token) => `${token}==`, /base64 and not in base64url/],
    ['damaged', (token) => `x${token}`, /malformed-token: .*damaged/],
    ['a placeholder', () => '<token>', /malformed-credentials: .*placeholder/],
    ['under another scheme', () => 'Authorization: Basic YTpi', /no-credentials: .*the scheme Basic/],
    ['percent-encoded', (token) => `${token}%3D`, /malformed-credentials: the token is percent-encoded/],
    ['two tokens', (token) => `${token} ${token}`, /malformed-credentials: a space or a line break/],
    ['larger than 16 KiB', (token) => token + 'A'.repeat(17_000), /token-too-large/],
  ])('that is %s', async (_name, change, cause) => {
    const issuer = await openIssuer()
    const { code, title } = await explain(issuer, change(await issuer.accessToken()))
    expect(title).toMatch(cause)
    expect(code).toBe(1)
  })

  test.each(wrongTokens)('the wrong token %s of the mock issuer', async (name) => {
    const issuer = await openIssuer()
    const { code, title, stdout } = await explain(issuer, await issuer.wrongToken(name))
    expect([code, stdout.match(/^✗/gm)?.length]).toEqual([1, 2])
    expect(title).toMatch(/^✗ 401 [a-z-]+: /)
  })

  test.each<readonly [name: string, url: (url: string) => string, cause: RegExp]>([
    ['a trailing slash', (url) => `${url}/`, /untrusted-issuer: .*only by a trailing slash/],
    ['another realm', (url) => `${url}/realms/b`, /untrusted-issuer: .*another path/],
    ['another port', (url) => url.replace(/\d+$/, '1'), /untrusted-issuer/],
  ])('because the configured issuer has %s', async (_name, url, cause) => {
    const issuer = await openIssuer()
    const { code, title } = await explain({ url: url(issuer.url) }, await issuer.accessToken())
    expect(title).toMatch(cause)
    expect(code).toBe(1)
  })

  test.each<readonly [claims: Readonly<Record<string, unknown>>, cause: RegExp]>([
    [{ scope: 'write' }, /403 missing-scope: the token lacks the scope "read"/],
    [{ scope: 'Read' }, /403 missing-scope: .*in another case/],
    [{ permissions: ['read'] }, /403 missing-scope: .*`permissions`, which is not read/],
  ])('because of its scopes %j', async (claims, cause) => {
    const issuer = await openIssuer()
    const { code, title } = await explain(issuer, await issuer.accessToken(claims), { args: ['--scope', 'read'] })
    expect(title).toMatch(cause)
    expect(code).toBe(1)
  })
})

describe('a token cannot be validated (exit code 3)', () => {
  test.each<readonly [name: string, iss: string, cause: RegExp]>([
    ['nothing listens', 'http://127.0.0.1:12', /503 network: .*ECONNREFUSED/],
    ['the host is unknown', 'https://no-such-host.invalid', /503 network: .*(ENOTFOUND|EAI_AGAIN)/],
  ])('because %s', async (_name, iss, cause) => {
    const { code, title, stdout } = await explain({ url: iss }, `${part({ alg: 'RS256' })}.${part({ iss })}.AAAA`)
    expect(title).toMatch(cause)
    expect(stdout).toContain(`doctor '${iss}'`)
    expect(code).toBe(3)
  })

  test.each<
    readonly [name: string, endpoint: 'metadata' | 'jwks', fault: { status: number; body?: string }, cause: RegExp]
  >([
    ['the metadata is missing', 'metadata', { status: 404 }, /502 not-found/],
    [
      'the metadata names another issuer',
      'metadata',
      { status: 200, body: '{"issuer":"https://b","jwks_uri":"https://b"}' },
      /502 issuer-mismatch/,
    ],
    ['the metadata is a web page', 'metadata', { status: 200, body: '<html>' }, /502 not-json/],
    ['the key set is missing', 'jwks', { status: 404 }, /502 not-found/],
    ['the key set is down', 'jwks', { status: 503 }, /503 upstream-error/],
    ['the key set has no keys', 'jwks', { status: 200, body: '{"keys":[]}' }, /502 malformed-document/],
  ])('because %s', async (_name, endpoint, fault, cause) => {
    const issuer = await openIssuer()
    issuer.misbehave(endpoint, { ...fault, headers: { 'content-type': 'application/json' } })
    const { code, title } = await explain(issuer, await issuer.accessToken())
    expect(title).toMatch(cause)
    expect(code).toBe(3)
  })
})

describe('an opaque token', () => {
  const env = ({ client }: MockIssuer): Record<string, string> => ({
    TOLLGATE_CLIENT_ID: client.id,
    TOLLGATE_CLIENT_SECRET: client.secret,
  })

  test('is introspected with the credentials in the environment', async () => {
    const issuer = await openIssuer()
    const { code, stdout } = await explain(issuer, await issuer.opaqueToken(), { env: env(issuer) })
    expect([code, /^✓ introspection/m.test(stdout)]).toEqual([0, true])
  })

  test('that is revoked is inactive', async () => {
    const issuer = await openIssuer()
    const token = await issuer.opaqueToken()
    issuer.revoke(token)
    expect((await explain(issuer, token, { env: env(issuer) })).title).toMatch(/401 inactive/)
  })

  test('cannot be validated with a wrong secret, which no output contains', async () => {
    const issuer = await openIssuer()
    const secret = 'a-wrong-secret-of-the-client'
    const run = { env: { ...env(issuer), TOLLGATE_CLIENT_SECRET: secret } }
    const { code, title, stdout } = await explain(issuer, await issuer.opaqueToken(), run)
    expect(title).toMatch(/500 credentials-refused/)
    expect([code, stdout.includes(secret)]).toEqual([3, false])
  })

  test('that names no end has a warning', async () => {
    const issuer = await openIssuer()
    const token = await issuer.opaqueToken({ exp: undefined })
    expect((await explain(issuer, token, { env: env(issuer) })).stdout).toMatch(/^! The token has no `exp`/m)
  })
})

test.each<readonly [claims: Readonly<Record<string, unknown>>, warning: RegExp]>([
  [{ exp: now + 20 }, /expires in \d+ s/],
  [{ exp: now + 30 * 86_400 }, /valid for 30 days/],
  [{ exp: now * 1000 }, /`exp` is in milliseconds/],
  [{ aud: [audience, 'https://other.example'] }, /for several APIs/],
])('a good token with %j has a warning', async (claims, warning) => {
  const issuer = await openIssuer()
  const { code, stdout } = await explain(issuer, await issuer.accessToken(claims))
  expect(stdout).toMatch(warning)
  expect(code).toBe(0)
})

test('a text that is no token has no hint about opaque tokens', async () => {
  const issuer = await openIssuer()
  expect((await explain(issuer, 'undefined')).stdout).not.toMatch(/opaque/)
  expect((await explain(issuer, 'a-reference-token')).stdout).toMatch(/TOLLGATE_CLIENT_ID/)
})

test('a hint names the broken part of a damaged token', async () => {
  const issuer = await openIssuer()
  const payload = Buffer.from('{"iss":').toString('base64url')
  expect((await explain(issuer, `${part({ alg: 'ES256' })}.${payload}.AAAA`)).stdout).toMatch(/the payload is not JSON/)
})

test('a preset reads the claims of its vendor, and is suggested where the token needs it', async () => {
  const mock = await openIssuer()
  const server = createServer((request, response) => {
    const url = `${origin}/realms/main`
    const document = { issuer: url, jwks_uri: `${mock.url}/jwks` }
    json(request.url?.includes('.well-known') === true ? document : {})(request, response)
  })
  const origin = await listen(server)
  const issuer = `${origin}/realms/main`
  const token = await mock.accessToken({ iss: issuer, azp: 'app', scope: 'read', typ: 'Refresh' })
  const plain = await explain({ url: issuer }, token)
  expect(plain.stdout).toContain(`  --preset keycloak=${issuer}\n`)
  const good = await mock.accessToken({ iss: issuer, azp: 'app', typ: 'Bearer', nonce: 'n' })
  const args = ['explain', '--preset', `keycloak=${issuer}`, '--audience', audience]
  expect(await runHere({ args, input: good })).toMatchObject({ code: 0 })
})

describe('wrong usage has the exit code 2', () => {
  test('without an issuer it names that of the token, and the command to run', async () => {
    const issuer = await openIssuer()
    const { code, stderr } = await runHere({ args: ['explain'], input: await issuer.accessToken() })
    expect(stderr).toContain(`explain --issuer '${issuer.url}' --audience '${audience}'`)
    expect(code).toBe(2)
  })

  test('a command to run contains nothing that a shell executes', async () => {
    const token = `${part({ alg: 'RS256' })}.${part({ iss: "https://a.example/'; rm -rf ~ #", aud: '$(reboot)' })}.AAAA`
    const { stderr } = await runHere({ args: ['explain'], input: token })
    expect(stderr.split('\n').find((line) => line.startsWith('  '))).toMatch(/--issuer '…' --audience '…'$/)
  })

  test.each([
    ['https://tenant.eu.auth0.com/', 'auth0=tenant.eu.auth0.com'],
    ['https://example.okta.com/oauth2/default', 'okta=https://example.okta.com/oauth2/default'],
    ['https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Abc123', 'cognito=eu-central-1_Abc123'],
    ['https://exampleref.supabase.co/auth/v1', 'supabase=https://exampleref.supabase.co'],
    ['https://tenant.logto.app/oidc', 'logto=https://tenant.logto.app'],
    ['https://example.zitadel.cloud', 'zitadel=example.zitadel.cloud'],
    ['https://securetoken.google.com/example-project', 'firebase=example-project'],
    ['https://name.clerk.accounts.dev', 'clerk=https://name.clerk.accounts.dev'],
    ['https://api.workos.com/user_management/client_1', 'workos=client_1'],
    ['https://example.authkit.app', 'workos=example.authkit.app'],
    ['https://api.descope.com/v1/apps/P2example', 'descope=https://api.descope.com/v1/apps/P2example'],
    ['https://example.fusionauth.io', 'fusionauth=https://example.fusionauth.io'],
    ['https://example.projects.oryapis.com', 'hydra=https://example.projects.oryapis.com'],
    ['https://sso.example.com/auth/realms/main', 'keycloak=https://sso.example.com/auth/realms/main'],
    ['https://auth.example.com/application/o/orders/', 'authentik=https://auth.example.com/application/o/orders/'],
    [
      'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0',
      'entra=11111111-2222-3333-4444-555555555555',
    ],
    [
      'https://sts.windows.net/11111111-2222-3333-4444-555555555555/',
      'entra=11111111-2222-3333-4444-555555555555,version=v1',
    ],
  ])('the vendor of %s is known, and its preset trusts exactly that name', async (iss, preset) => {
    const input = `${part({ alg: 'none' })}.${part({ iss, aud: 'x' })}.AAAA`
    expect((await runHere({ args: ['explain'], input })).stderr).toContain(`--preset ${preset} --audience`)
    const args = ['explain', '--preset', preset, '--audience', 'x', '--json']
    const { stdout } = await runHere({ args, input })
    // The validator trusts the issuer, and refuses a token without a signature before it fetches anything.
    expect(JSON.parse(stdout)).toMatchObject({ cause: { reason: 'algorithm-not-allowed' } })
  })

  test.each<readonly [name: string, args: readonly string[], problem: RegExp]>([
    ['no audience', ['--issuer', 'https://as.example'], /--audience is missing/],
    [
      'metadata as an issuer',
      ['--issuer', 'https://as.example/.well-known/openid-configuration'],
      /URL of its metadata/,
    ],
    ['an issuer on http:', ['--issuer', 'http://as.example'], /https:/],
    ['an unknown preset', ['--preset', 'keykloak=x'], /no preset/],
    ['a preset without its argument', ['--preset', 'auth0'], /lacks its argument/],
    [
      'an option that the preset does not have',
      ['--preset', 'auth0=t.auth0.com,version=v1'],
      /does not have this option/,
    ],
    ['an unknown option', ['--isuer', 'https://as.example'], /no option --isuer/],
    [
      'an endpoint without credentials',
      ['--issuer', 'https://a.example', '--introspection-endpoint', 'https://a.example/i'],
      /credentials of a client/,
    ],
    ['--config beside --issuer', ['--issuer', 'https://a.example', '--config', './auth.js'], /--config excludes/],
    ['a scope with a quote', ['--issuer', 'https://a.example', '--audience', 'a', '--scope', 'a"b'], /scope/],
  ])('%s', async (_name, args, problem) => {
    const input = `${part({ alg: 'RS256' })}.${part({ iss: 'https://as.example' })}.AAAA`
    const { code, title } = await runHere({ args: ['explain', ...args], input })
    expect(title).toMatch(problem)
    expect(code).toBe(2)
  })
})

test('--json prints one object with the explanation of the library', async () => {
  const issuer = await openIssuer()
  const { stdout } = await explain(issuer, `Bearer ${await issuer.wrongToken('expired')}`, { args: ['--json'] })
  expect(JSON.parse(stdout)).toMatchObject({
    command: 'explain',
    result: 'refused',
    exitCode: 1,
    cause: { status: 401, code: 'invalid_token', reason: 'expired', step: 'claims' },
    removed: ['`Bearer` in front'],
  })
})

test('--json prints an object for wrong usage as well', async () => {
  const { code, stdout } = await runHere({ args: ['explain', '--json'], input: 'opaque' })
  expect(JSON.parse(stdout)).toMatchObject({ command: 'explain', result: 'usage', exitCode: 2 })
  expect(code).toBe(2)
})

test('the output has at most 80 columns, apart from URLs', async () => {
  const issuer = await openIssuer()
  const { stdout } = await explain(issuer, await issuer.wrongToken('wrongAudience'))
  expect(stdout.split('\n').filter((line) => line.length > 80 && !line.includes('http'))).toEqual([])
})
