/** What people paste into a preset, and where the preset looks for keys. */
import { createValidator, type TrustedIssuer, trustedIssuer, type TrustedIssuerOptions } from '@tollgate/core'
import * as presets from '@tollgate/core/issuers'
import { SignJWT } from 'jose'
import { MockAgent } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { requestWith } from '../harness/scripted-validator.ts'

const guid = '11111111-2222-4333-8444-555555555555'
const { auth0, authentik, clerk, cognito, descope, entra, firebase, fusionauth } = presets
const { hydra, keycloak, logto, okta, supabase, workos, zitadel } = presets

const corrected: readonly (readonly [expected: string, ...issuers: readonly (() => TrustedIssuer)[]])[] = [
  [
    'https://tenant.logto.app/oidc',
    () => logto('https://tenant.logto.app'),
    () => logto('https://tenant.logto.app/'),
    () => logto(' tenant.logto.app\n'),
    () => logto('https://TENANT.logto.app/oidc/'),
    () => logto('https://tenant.logto.app/oidc/.well-known/openid-configuration'),
    () => logto('https://tenant.logto.app/.well-known/oauth-authorization-server/oidc'),
    () => logto('https://tenant.logto.app/oidc/jwks'),
  ],
  [
    'https://example.eu.auth0.com/',
    () => auth0('example.eu.auth0.com'),
    () => auth0('https://example.eu.auth0.com'),
    () => auth0('https://example.eu.auth0.com/api/v2/'),
    () => auth0('https://example.eu.auth0.com/.well-known/jwks.json'),
  ],
  [
    'https://example.okta.com/oauth2/default',
    () => okta('https://example.okta.com/oauth2/default'),
    () => okta('https://example.okta.com/oauth2/default/'),
    () => okta('https://example.okta.com/oauth2/default/v1/token'),
    () => okta('https://example-admin.okta.com/oauth2/default'),
    () => okta('https://example.okta.com/oauth2/default/.well-known/oauth-authorization-server'),
  ],
  [
    'https://sso.example.com/realms/main',
    () => keycloak('https://sso.example.com/realms/main'),
    () => keycloak('https://sso.example.com/realms/main/'),
    () => keycloak('https://sso.example.com/realms/main/account'),
    () => keycloak('https://sso.example.com/realms/main/protocol/openid-connect/token'),
    () => keycloak('https://sso.example.com/realms/main/.well-known/openid-configuration'),
  ],
  ['https://sso.example.com/auth/realms/main', () => keycloak('https://sso.example.com/auth/realms/main/')],
  [
    `https://login.microsoftonline.com/${guid}/v2.0`,
    () => entra(guid),
    () => entra(` ${guid.toUpperCase()} `),
    () => entra(`{${guid}}`),
    () => entra(`https://login.microsoftonline.com/${guid}/v2.0`),
    () => entra(`https://sts.windows.net/${guid}/`),
  ],
  [`https://sts.windows.net/${guid}/`, () => entra(guid, { version: 'v1' })],
  [
    'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Abc123',
    () => cognito('eu-central-1_Abc123'),
    () => cognito('arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Abc123'),
    () => cognito('https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Abc123'),
    () => cognito('https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Abc123/.well-known/jwks.json'),
  ],
  ['https://cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_X', () => cognito('us-gov-west-1_X')],
  [
    'https://example.zitadel.cloud',
    () => zitadel('example.zitadel.cloud'),
    () => zitadel('https://example.zitadel.cloud/ui/console/'),
  ],
  ['https://auth.example.com/', () => hydra('https://auth.example.com/')],
  ['https://auth.example.com', () => hydra('https://auth.example.com')],
  [
    'https://ak.example.com/application/o/orders/',
    () => authentik('https://ak.example.com/application/o/orders/'),
    () => authentik('https://ak.example.com/application/o/orders'),
    () => authentik('https://ak.example.com/application/o/orders/.well-known/openid-configuration'),
    () => authentik('https://ak.example.com/application/o/orders/jwks/'),
  ],
  ['https://ak.example.com/', () => authentik('https://ak.example.com')],
  [
    'https://clerk.example.com',
    () => clerk('https://clerk.example.com'),
    () => clerk('clerk.example.com/'),
    () => clerk(`pk_live_${Buffer.from('clerk.example.com$').toString('base64')}`),
  ],
  [
    'https://exampleref.supabase.co/auth/v1',
    () => supabase('https://exampleref.supabase.co'),
    () => supabase('https://exampleref.supabase.co/auth/v1/'),
    () => supabase('https://exampleref.supabase.co/rest/v1/'),
  ],
  [
    'https://abcdefghijklmnopqrst.supabase.co/auth/v1',
    () => supabase('abcdefghijklmnopqrst'),
    () => supabase('https://supabase.com/dashboard/project/abcdefghijklmnopqrst/settings/api'),
  ],
  [
    'https://securetoken.google.com/example-project',
    () => firebase('example-project'),
    () => firebase('https://securetoken.google.com/example-project'),
  ],
  ['https://api.workos.com/user_management/client_1', () => workos('client_1')],
  ['https://api.workos.com', () => workos('client_1', { issuer: 'https://api.workos.com' })],
  ['https://example.authkit.app', () => workos('example.authkit.app'), () => workos('https://example.authkit.app/')],
  ['P2example', () => descope('P2example')],
  ['https://api.descope.com/v1/apps/P2example', () => descope('https://api.descope.com/v1/apps/P2example')],
  ['acme.com', () => fusionauth('acme.com', { keys: 'https://auth.example.com/.well-known/jwks.json' })],
]

test.each(
  corrected.flatMap(([expected, ...issuers]) =>
    issuers.map((issuer) => [String(issuer).slice(6), expected, issuer] as const),
  ),
)('%s is the issuer %s', (_call, expected, issuer) => {
  expect(issuer().url).toBe(expected)
})

const wrong: readonly (() => unknown)[] = [
  () => logto(''),
  () => logto('https://user:password@tenant.logto.app'),
  () => logto('http://tenant.logto.app'),
  () => logto(undefined as unknown as string),
  () => logto('tenant'),
  () => logto('https://tenant.logto.app/console'),
  () => auth0('not a domain'),
  () => auth0('example'),
  () => auth0('https://manage.auth0.com/dashboard/eu/example'),
  () => okta('default'),
  () => okta('https://example.okta.com'),
  () => okta('https://example.okta.com/oauth2/v1/token'),
  () => keycloak('https://sso.example.com'),
  () => keycloak('https://sso.example.com/admin/master/console/#/main'),
  () => entra('common'),
  () => entra('contoso.onmicrosoft.com'),
  () => entra(guid, { version: 'v3' as 'v2' }),
  () => cognito('auth.example.com'),
  () => cognito('eu-central-1_Abc/../x'),
  () => zitadel('example.zitadel.cloud', { project: '' }),
  () => hydra('https://auth.example.com:4445/'),
  () => hydra('https://auth.example.com/.well-known/openid-configuration'),
  () => hydra('auth.example.com'),
  () => authentik('https://ak.example.com/if/admin/'),
  () => authentik('https://ak.example.com/application/o/token/'),
  () => clerk('sk_live_a-secret'),
  () => clerk('pk_test_'),
  () => clerk('https://dashboard.clerk.com/apps'),
  () => clerk('https://happy-cat-1.accounts.dev'),
  () => supabase('sb_secret_a-secret'),
  () => supabase('https://supabase.com/dashboard/projects'),
  () => workos('sk_live_a-secret'),
  () => workos('org_example'),
  () => clerk('https://api.clerk.com'),
  () => clerk('clerk.example.com', { tokens: 'all' as 'oauth' }),
  () => firebase('123456789012'),
  () => firebase('1:123456789012:web:abc'),
  () => workos('https://api.workos.com'),
  () => workos('example.authkit.app', { issuer: 'https://example.authkit.app' }),
  () => descope('https://api.descope.com'),
  () => fusionauth(''),
  () => fusionauth('acme.com'),
]

test.each(wrong.map((call) => [String(call).slice(6), call] as const))(
  '%s is a TypeError at start-up',
  (_name, call) => {
    expect(call).toThrow(expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }))
  },
)

test('an option that is misspelt, inherited or no object is a TypeError in every preset', () => {
  const argumentsOf: Readonly<Record<string, string>> = {
    entra: guid,
    cognito: 'eu-central-1_Abc',
    firebase: 'example-project',
    workos: 'client_1',
    descope: 'P2example',
    keycloak: 'https://sso.example.com/realms/main',
    okta: 'https://example.okta.com/oauth2/default',
    hydra: 'https://auth.example.com/',
  }
  const keys = 'https://keys.example/jwks'
  const invalid: readonly unknown[] = [
    { keys, missingAudiences: 'trust' },
    { keys, dialect: { isAccesToken: () => true } },
    { keys, dialect: null },
    { keys, dialect: 'aud' },
    { keys, missingAudience: 'accept' },
    Object.create({ missingAudience: 'trust' }),
    7,
    [],
  ]
  const all = Object.entries(presets) as unknown as readonly (readonly [string, (...given: unknown[]) => unknown])[]
  expect(all).toHaveLength(15)
  for (const [name, preset] of all) {
    expect(() => preset(argumentsOf[name] ?? 'auth.example.com', { keys }), name).not.toThrow()
    for (const options of invalid) {
      expect(
        () => preset(argumentsOf[name] ?? 'auth.example.com', options),
        `${name} ${JSON.stringify(options)}`,
      ).toThrow(expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }))
    }
  }
})

test('a secret that is pasted into a preset is not in the message', () => {
  for (const preset of [clerk, supabase, workos, logto, auth0]) {
    expect(() => preset('sk_live_0123456789')).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/0123/) }),
    )
  }
})

test('a preset that is not called is no issuer function', () => {
  const typeError = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' })
  for (const factory of [...Object.values(presets), trustedIssuer]) {
    expect(
      () => createValidator({ issuer: factory as unknown as () => undefined, audience: 'api' }),
      factory.name,
    ).toThrow(typeError)
  }
})

test('members that another part of the application added to every object change nothing', async () => {
  const secret = 'x'.repeat(32)
  const polluted = Object.prototype as Record<string, unknown>
  const inherited = {
    dialect: { isAccessToken: { nonce: 'n' }, audience: 'nonce' },
    metadata: 'https://evil.example/metadata',
    keys: 'https://evil.example/jwks',
    missingAudience: 'trust',
    tokens: 'machines',
    version: 'v1',
    project: '7',
  }
  const clean = fetchedFor(okta('https://tenant.logto.app/oauth2/default'))
  Object.assign(polluted, inherited)
  try {
    const issuer = cognito('eu-central-1_Abc', { secret })
    const validator = createValidator({ issuer, audience: 'client-1' })
    onTestFinished(() => validator.close())
    const token = await new SignJWT({ iss: issuer.url, exp: 4e9, nonce: 'n', client_id: 'client-1', token_use: 'id' })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(secret))
    await expect(validator.validate(token)).rejects.toMatchObject({ reason: 'wrong-token-type' })
    expect(entra(guid).url).toBe(`https://login.microsoftonline.com/${guid}/v2.0`)
    expect(await fetchedFor(okta('https://tenant.logto.app/oauth2/default'))).toEqual(await clean)
  } finally {
    Object.keys(inherited).forEach((name) => delete polluted[name])
  }
})

/** The first URLs that a validator fetches for a token of the issuer. */
async function fetchedFor(issuer: TrustedIssuer): Promise<readonly string[]> {
  const agent = new MockAgent()
  agent.disableNetConnect()
  const requested: string[] = []
  for (const origin of [
    'https://login.microsoftonline.com',
    'https://www.googleapis.com',
    'https://api.workos.com',
    'https://api.descope.com',
    'https://auth.example.com',
    'https://tenant.logto.app',
  ]) {
    agent
      .get(origin)
      .intercept({ path: () => true })
      .reply(404, ({ path }) => void requested.push(origin + path))
      .persist()
  }
  const validator = createValidator({ issuer, audience: 'api', dispatcher: agent })
  onTestFinished(async () => void (await Promise.all([validator.close(), agent.close()])))
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const token = `${encode({ alg: 'RS256', kid: 'k' })}.${encode({ iss: issuer.url, exp: 4e9 })}.${'AAAA'.repeat(86)}`
  await expect(validator.authenticate(requestWith(token))).rejects.toMatchObject({ status: 502 })
  return requested
}

test.each<readonly [name: string, issuer: TrustedIssuer, urls: readonly string[]]>([
  [
    'entra v1',
    entra(guid, { version: 'v1' }),
    [`https://login.microsoftonline.com/${guid}/.well-known/openid-configuration`],
  ],
  [
    'firebase',
    firebase('example-project'),
    ['https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com'],
  ],
  ['workos', workos('client_1'), ['https://api.workos.com/sso/jwks/client_1']],
  ['descope', descope('P2example'), ['https://api.descope.com/P2example/.well-known/jwks.json']],
  [
    'fusionauth',
    fusionauth('acme.com', { metadata: 'https://auth.example.com/tenant/.well-known/openid-configuration' }),
    ['https://auth.example.com/tenant/.well-known/openid-configuration'],
  ],
  [
    'logto',
    logto('https://tenant.logto.app'),
    [
      'https://tenant.logto.app/.well-known/oauth-authorization-server/oidc',
      'https://tenant.logto.app/.well-known/openid-configuration/oidc',
      'https://tenant.logto.app/oidc/.well-known/openid-configuration',
    ],
  ],
])('%s fetches keys from the documented place', async (_name, issuer, urls) => {
  expect(await fetchedFor(issuer)).toEqual(urls)
})

test('an option that is undefined does not drop a check of the preset', async () => {
  const options: readonly TrustedIssuerOptions[] = [
    { dialect: undefined },
    { dialect: {} },
    { dialect: { isAccessToken: undefined, audience: undefined } },
    { dialect: { scopes: ['scope', 'cognito:groups'] } },
  ]
  for (const given of options) {
    const secret = 'x'.repeat(32)
    const issuer = cognito('eu-central-1_Abc', { secret, ...given })
    const validator = createValidator({ issuer, audience: 'client-1' })
    onTestFinished(() => validator.close())
    const sign = (claims: Record<string, unknown>): Promise<string> =>
      new SignJWT({ iss: issuer.url, exp: 4e9, sub: 'alice', ...claims })
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(secret))
    await validator.validate(await sign({ client_id: 'client-1', token_use: 'access' }))
    await expect(validator.validate(await sign({ client_id: 'client-1' }))).rejects.toMatchObject({
      reason: 'wrong-token-type',
    })
    await expect(
      validator.validate(await sign({ aud: 'client-1', client_id: 'client-2', token_use: 'access' })),
    ).rejects.toMatchObject({ reason: 'wrong-audience' })
  }
})
