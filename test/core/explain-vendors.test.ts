/** What `explain` says about the tokens that developers confuse, by vendor. The issuers are presets with a key of the test. */
import {
  anyScope,
  createValidator,
  type Explanation,
  type Guard,
  scopes,
  type TrustedIssuer,
  trustedIssuer,
} from '@tollgate/core'
import * as presets from '@tollgate/core/issuers'
import { describe, expect, test } from 'vitest'
import { T0 as now } from '../harness/constants.ts'
import { jws, keyPair } from '../harness/jws.ts'

type Claims = Readonly<Record<string, unknown>>

const { privateKey, jwk } = keyPair('P-256')
const keys = { keys: [{ ...jwk, kid: '1' }] }

async function explained(
  issuer: TrustedIssuer,
  audience: string,
  { header = {}, ...claims }: Claims & { readonly header?: object },
  ...guards: readonly Guard[]
): Promise<Explanation | undefined> {
  const validator = createValidator({ issuer, audience, clock: () => now * 1000 })
  const payload = { iat: now - 60, exp: now + 3600, ...claims }
  const token = jws({ alg: 'ES256', typ: 'JWT', kid: '1', ...header }, payload, privateKey, 'ES256')
  return validator.explain(await validator.validate(token, ...guards).catch((thrown: unknown) => thrown))
}

type Row = readonly [
  name: string,
  issuer: TrustedIssuer,
  audience: string,
  claims: Claims & { readonly header?: object },
  cause: RegExp,
]

const api = 'https://api.example'
const tenant = '11111111-2222-4333-8444-555555555555'
const other = '99999999-2222-4333-8444-555555555555'
const auth0 = presets.auth0('t.eu.auth0.com', { keys })
const ofAuth0 = { iss: 'https://t.eu.auth0.com/', sub: 'auth0|1' }
const okta = presets.okta('https://e.okta.com/oauth2/default', { keys })
const ofOkta = { iss: 'https://e.okta.com/oauth2/default', jti: 'AT.1', cid: 'c' }
const entra = presets.entra(tenant, { keys })
const ofEntra = { iss: `https://login.microsoftonline.com/${tenant}/v2.0`, azp: 'c' }
const realm = 'https://sso.example/realms/main'
const keycloak = presets.keycloak(realm, { keys })
const pool = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Abc123'
const cognito = presets.cognito('eu-central-1_Abc123', { keys })
const clerk = presets.clerk('https://clerk.example', { keys })
const session = { iss: 'https://clerk.example', sub: 'user_1', sid: 'sess_1', azp: 'https://sentinel.example' }
const firebase = presets.firebase('my-app', { keys })
const supabase = presets.supabase('https://abcdefghijklmnopqrst.supabase.co', { keys })
const ofSupabase = { iss: 'https://abcdefghijklmnopqrst.supabase.co/auth/v1', role: 'authenticated', session_id: 's' }
const logto = presets.logto('https://t.logto.app', { keys })
const ofLogto = { iss: 'https://t.logto.app/oidc', sub: 's', header: { typ: 'at+jwt' }, client_id: 'c', jti: 'j' }
const workos = presets.workos('client_1', { keys })
const authentik = presets.authentik('https://auth.example/application/o/web/', { keys })
const ofAuthentik = { iss: 'https://auth.example/application/o/web/', aud: 'client', email: 'a@b.c' }

describe('a token', () => {
  test.each<Row>([
    [
      'of Auth0 for its Management API',
      auth0,
      api,
      { ...ofAuth0, aud: 'https://t.eu.auth0.com/api/v2/' },
      /Management API of Auth0.*identifier of this API/,
    ],
    [
      'of Auth0 that is an ID token',
      auth0,
      api,
      { ...ofAuth0, aud: 'client', sid: 's', name: 'A' },
      /ID token: its audience is the client id/,
    ],
    [
      'of a custom domain of Auth0',
      auth0,
      api,
      { ...ofAuth0, iss: 'https://login.acme.example/' },
      /do not trust.*custom domain/,
    ],
    [
      'of Auth0 that is signed with HMAC',
      auth0,
      api,
      { ...ofAuth0, header: { alg: 'HS256' } },
      /shared secret \(HMAC\).*RS256 or ES256/,
    ],
    [
      'of the organization of Okta',
      okta,
      'api://default',
      { ...ofOkta, iss: 'https://e.okta.com' },
      /only Okta can validate.*\/oauth2\/default\/v1\/token/,
    ],
    ['of another server of Okta', okta, api, { ...ofOkta, iss: 'https://e.okta.com/oauth2/aus1' }, /another path/],
    [
      'of Okta with its default audience',
      okta,
      api,
      { ...ofOkta, aud: 'api://default' },
      /default audience of Okta.*'api:\/\/default'/,
    ],
    [
      'of Okta that is an ID token',
      okta,
      api,
      { iss: ofOkta.iss, jti: 'ID.1', aud: '0oa1', name: 'A' },
      /ID token.*got `jti`|ID token.*Got `jti`/,
    ],
    [
      'of version 1.0 of Entra',
      entra,
      api,
      { iss: `https://sts.windows.net/${tenant}/`, appid: 'c' },
      /version 1\.0.*version: 'v1'/,
    ],
    [
      'of version 2.0 of Entra',
      presets.entra(tenant, { keys, version: 'v1' }),
      api,
      ofEntra,
      /version 2\.0.*without `version: 'v1'`/,
    ],
    [
      'of Entra for Graph',
      entra,
      api,
      { iss: `https://sts.windows.net/${tenant}/`, aud: '00000003-0000-0000-c000-000000000000' },
      /Microsoft Graph.*scope of your API/,
    ],
    [
      'of another tenant of Entra',
      entra,
      api,
      { iss: `https://login.microsoftonline.com/${other}/v2.0` },
      /another tenant of Microsoft Entra.*only if you trust it/,
    ],
    [
      'of another tenant, of version 1.0',
      entra,
      api,
      { iss: `https://sts.windows.net/${other}/` },
      /another tenant of Microsoft Entra/,
    ],
    [
      'of Entra, and `common` is trusted',
      trustedIssuer('https://login.microsoftonline.com/common/v2.0', { keys }),
      api,
      ofEntra,
      /no tenant of Microsoft Entra.*entra\(tenantId\)/,
    ],
    [
      'of Entra that is an ID token',
      entra,
      other,
      { ...ofEntra, azp: undefined, aud: other, name: 'A' },
      /ID token.*Got no `azp`/,
    ],
    [
      'of Entra with the client id as its audience',
      entra,
      'api://orders',
      { ...ofEntra, aud: other },
      /writes the client id of the API.*Application \(client\) ID/,
    ],
    [
      'of Keycloak that is an ID token',
      keycloak,
      'orders',
      { iss: realm, typ: 'ID', aud: 'web', azp: 'web' },
      /ID token: its `typ` says so/,
    ],
    [
      'of Keycloak for account and another API',
      keycloak,
      'orders',
      { iss: realm, typ: 'Bearer', aud: ['other', 'account'] },
      /account service of Keycloak, and not this API.*mapper/,
    ],
    [
      'of Keycloak without an audience',
      keycloak,
      'orders',
      { iss: realm, typ: 'Bearer', azp: 'web' },
      /has no `aud`.*mapper "Audience"/,
    ],
    [
      'of another realm of Keycloak',
      keycloak,
      'orders',
      { iss: 'https://sso.example/realms/b' },
      /another realm of this Keycloak/,
    ],
    [
      'of Keycloak at an older path',
      keycloak,
      'orders',
      { iss: 'https://sso.example/auth/realms/main' },
      /another path.*auth\/realms\/main/,
    ],
    [
      'of Keycloak under another host',
      keycloak,
      'orders',
      { iss: 'http://keycloak:8080/realms/main' },
      /another host.*one public URL.*KC_HOSTNAME/,
    ],
    [
      'of Keycloak behind a proxy that ends TLS',
      keycloak,
      'orders',
      { iss: 'http://sso.example/realms/main' },
      /only by `http:` and `https:`.*KC_HOSTNAME/,
    ],
    [
      'of Cognito that is an ID token',
      cognito,
      'app',
      { iss: pool, token_use: 'id', aud: 'app' },
      /ID token: its `token_use` says so/,
    ],
    [
      'of another client of Cognito',
      cognito,
      'app',
      { iss: pool, token_use: 'access', client_id: 'sentinel' },
      /`client_id` names another client.*got `client_id`\. `audience` is compared with `client_id`/,
    ],
    [
      'of Cognito without the preset',
      trustedIssuer(pool, { keys }),
      api,
      { iss: pool, token_use: 'access', client_id: 'app' },
      /has no `aud`.*cognito\(…\)/,
    ],
    [
      'of another region of Cognito',
      cognito,
      'app',
      { iss: 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_A' },
      /another tenant of the same vendor/,
    ],
    [
      'of another tenant of Auth0',
      auth0,
      api,
      { iss: 'https://dev.eu.auth0.com/' },
      /another tenant of the same vendor/,
    ],
    [
      'of Entra External ID',
      entra,
      api,
      { iss: `https://${tenant}.ciamlogin.com/${tenant}/v2.0` },
      /External ID.*workforce tenant.*its `metadata`/,
    ],
    [
      'of Entra for Azure',
      entra,
      api,
      { ...ofEntra, aud: 'https://management.azure.com/' },
      /for an API of Microsoft.*scope of your API/,
    ],
    [
      'of Firebase App Check',
      firebase,
      'my-app',
      { iss: 'https://firebaseappcheck.googleapis.com/1' },
      /App Check.*getIdToken/,
    ],
    [
      'of authentik with one issuer for all applications',
      authentik,
      'client',
      { ...ofAuthentik, iss: 'https://auth.example/' },
      /authentik as a whole.*issuer mode/,
    ],
    [
      'of FusionAuth with its default issuer',
      presets.fusionauth('https://fa.example', { keys }),
      'app',
      { iss: 'acme.com' },
      /default.*issuer of the tenant/,
    ],
    [
      'of Descope with the id of the project',
      presets.descope('https://api.descope.com/P2abc', { keys }),
      'app',
      { iss: 'P2abc' },
      /by its id alone.*descope\("P2abc"\)/,
    ],
    [
      'of the legacy secret of Supabase',
      supabase,
      'authenticated',
      { ...ofSupabase, header: { alg: 'HS256' } },
      /legacy secret.*`secret`/,
    ],
    ['for its own client', logto, api, { ...ofLogto, aud: 'c' }, /`aud` is the id of the client.*resource=/],
    ['of another user pool', cognito, 'app', { iss: `${pool}4` }, /another project, user pool or client/],
    [
      'of another frontend of Clerk',
      clerk,
      'https://app.example',
      session,
      /another frontend.*got `azp`.*list of the origins/,
    ],
    [
      'of a frontend of Clerk in capitals',
      clerk,
      'https://SENTINEL.example/',
      session,
      /`azp` differs only in its spelling.*exactly as `azp`/,
    ],
    ['of a native app with Clerk', clerk, api, { ...session, azp: undefined }, /has no `azp`.*native apps/],
    [
      'of a pending session of Clerk',
      clerk,
      api,
      { ...session, sts: 'pending' },
      /session is not complete.*finish the sign-in/,
    ],
    ['of a template of Clerk', clerk, api, { ...session, sid: undefined }, /no session token of Clerk.*getToken\(\)/],
    ['of a machine with Clerk', clerk, api, { iss: session.iss, sub: 'mch_1' }, /machine \(M2M\) of Clerk/],
    [
      'of Clerk without the preset',
      trustedIssuer('https://clerk.example', { keys }),
      api,
      session,
      /has no `aud`.*clerk\(…\)/,
    ],
    [
      'of another project of Firebase',
      firebase,
      'my-app',
      { iss: 'https://securetoken.google.com/my-app-dev' },
      /another project.*Never trust/,
    ],
    [
      'of Firebase that is a custom token',
      firebase,
      'my-app',
      { iss: 'a@my-app.iam.gserviceaccount.com' },
      /custom token of Firebase.*signInWithCustomToken/,
    ],
    [
      'of Firebase that is a session cookie',
      firebase,
      'my-app',
      { iss: 'https://session.firebase.google.com/my-app' },
      /session cookie of Firebase/,
    ],
    [
      'of Google in place of Firebase',
      firebase,
      'my-app',
      { iss: 'https://accounts.google.com' },
      /ID token of Google.*getIdToken/,
    ],
    [
      'that is the anon key of Supabase',
      supabase,
      'authenticated',
      { iss: 'supabase', role: 'anon' },
      /API key of Supabase.*session\.access_token/,
    ],
    [
      'of Supabase, for another audience',
      supabase,
      api,
      { ...ofSupabase, aud: 'authenticated', email: 'a@b.c' },
      /all access tokens of Supabase.*'authenticated'/,
    ],
    [
      'of Logto for an organization',
      logto,
      api,
      { ...ofLogto, aud: 'urn:logto:organization:o' },
      /organization of Logto.*guard organization\(/,
    ],
    [
      'of Logto for its Management API',
      logto,
      api,
      { ...ofLogto, aud: 'https://t.logto.app/api' },
      /Management API of Logto.*resource/,
    ],
    [
      'of Logto that is an ID token',
      logto,
      api,
      { iss: ofLogto.iss, sub: 's', aud: 'app', at_hash: 'h' },
      /^401 missing-claim: this is an ID token/,
    ],
    [
      'of another client of WorkOS',
      workos,
      api,
      { iss: 'https://api.workos.com/user_management/client_2' },
      /another project, user pool or client/,
    ],
    [
      'of another environment of PingOne',
      trustedIssuer('https://auth.pingone.eu/one/as'),
      api,
      { iss: 'https://auth.pingone.eu/two/as' },
      /another project, user pool or client/,
    ],
    [
      'of an older environment of WorkOS',
      workos,
      api,
      { iss: 'https://api.workos.com' },
      /older environments of WorkOS.*issuer: 'https:\/\/api\.workos\.com'/,
    ],
    [
      'of authentik for a client',
      authentik,
      api,
      { ...ofAuthentik, azp: 'client', uid: 'u' },
      /^401 wrong-audience: .aud. is the id of the client.*write the id/,
    ],
    [
      'of authentik that is an ID token',
      authentik,
      'client',
      { ...ofAuthentik, nonce: 'n' },
      /ID token.*Got no `azp` and `uid`/,
    ],
    [
      'of Descope that is a refresh token',
      presets.descope('P2abc', { keys }),
      api,
      { iss: 'P2abc', drn: 'DSR' },
      /refresh token: its `drn` says so/,
    ],
  ])('%s', async (_name, issuer, audience, claims, cause) => {
    const explanation = await explained(issuer, audience, claims)
    expect(explanation?.line).toMatch(cause)
    expect(explanation?.line).not.toMatch(/sentinel/)
  })

  test.each([
    'https://evil.example/realms/main',
    'http://sso.example/realms/main',
    'https://sso.example.evil.example/realms/main',
    'https://evil.example',
  ])('of %s never makes its issuer a proposal', async (iss) => {
    const explanation = await explained(keycloak, 'orders', { iss })
    expect(explanation?.fix).not.toMatch(/evil|http:\/\/|issuer: '/)
  })
})

test('the name of an issuer is corrected in the argument of its preset', async () => {
  const explanation = await explained(keycloak, 'orders', { iss: `${realm}/` })
  expect(explanation?.line).toMatch(
    /only by a trailing slash.*argument of the preset.*exactly "https.*\/realms\/main\/"/,
  )
})

describe('a missing scope', () => {
  const ofZitadel = { iss: 'https://e.zitadel.cloud', aud: 'p', jti: 'j', client_id: 'c' }
  const ofFusionauth = { iss: 'acme.example', aud: 'app', applicationId: 'app', scope: 'admin' }
  const ofKeycloak = { iss: realm, typ: 'Bearer', aud: 'orders' }
  test.each<Row>([
    [
      'in `permissions` of Auth0',
      auth0,
      api,
      { ...ofAuth0, aud: api, permissions: ['admin'] },
      /has `permissions`.*may do, and not what the client requested/,
    ],
    [
      'in the roles of the API in Keycloak',
      keycloak,
      'orders',
      { ...ofKeycloak, scope: 'openid', resource_access: { orders: { roles: ['admin'] } } },
      /dialect: \{ scopes: \['scope', 'resource_access\.orders\.roles'\] \}/,
    ],
    [
      'in `scope`, which FusionAuth does not check',
      presets.fusionauth('acme.example', { keys }),
      'app',
      ofFusionauth,
      /any scope there\. Grant/,
    ],
    [
      'in the roles of Zitadel',
      presets.zitadel('e.zitadel.cloud', { keys }),
      'p',
      { ...ofZitadel, 'urn:zitadel:iam:org:project:1:roles': { admin: {} } },
      /Set `project` of zitadel/,
    ],
    [
      'with the resource server of Cognito',
      cognito,
      'app',
      { iss: pool, token_use: 'access', client_id: 'app', scope: 'orders/admin' },
      /differ by a prefix/,
    ],
    [
      'in an array',
      trustedIssuer('https://as.example', { keys }),
      api,
      { iss: 'https://as.example', aud: api, scope: ['admin'] },
      /`scope` is an array.*scopes: 'scope'/,
    ],
    [
      'behind a plus',
      trustedIssuer('https://as.example', { keys }),
      api,
      { iss: 'https://as.example', aud: api, scope: 'a+admin' },
      /must separate them by spaces/,
    ],
    [
      'with the prefix of Spring',
      trustedIssuer('https://as.example', { keys }),
      api,
      { iss: 'https://as.example', aud: api, scope: 'SCOPE_admin' },
      /the same words/,
    ],
    [
      'in a claim whose name is a URL',
      auth0,
      api,
      { ...ofAuth0, aud: api, 'https://acme.example/roles': ['admin'] },
      /has `https:\/\/acme\.example\/roles`, which is not read.*\[\['https:\/\/acme\.example\/roles'\]\]/,
    ],
    [
      'after a sign-in through the API of Cognito',
      cognito,
      'app',
      { iss: pool, token_use: 'access', client_id: 'app', scope: 'aws.cognito.signin.user.admin' },
      /lacks the scope "admin": it comes from a sign-in through the API of Cognito/,
    ],
    [
      'behind a comma',
      trustedIssuer('https://as.example', { keys }),
      api,
      { iss: 'https://as.example', aud: api, scope: 'a,admin' },
      /by commas.*RFC 6749/,
    ],
  ])('%s', async (_name, issuer, audience, claims, cause) => {
    expect((await explained(issuer, audience, claims, scopes('admin')))?.line).toMatch(cause)
  })

  test('of a route that accepts any of several scopes says that the token has none of them', async () => {
    const explanation = await explained(keycloak, 'orders', ofKeycloak, anyScope('admin', 'owner'))
    expect(explanation?.problem).toMatch(/none of the scopes of the route: "admin", "owner"/)
  })

  test.each<readonly [name: string, claims: Claims]>([
    ['other permissions', { permissions: ['other'] }],
    ['the roles of another API', { resource_access: { other: { roles: ['admin'] } } }],
  ])('is not explained by %s', async (_name, claims) => {
    const explanation = await explained(keycloak, 'orders', { ...ofKeycloak, ...claims }, scopes('admin'))
    expect(explanation?.line).toMatch(/lacks the scope "admin"\. .*client must request/)
  })
})
