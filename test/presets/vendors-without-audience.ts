/** Vendors whose access tokens name a client, a project or nothing in place of the API. */
import { authentik, clerk, cognito, descope, firebase, fusionauth, supabase, workos } from '@tollgate/core/issuers'
import { accepted, refused, type Vendor } from './rows.ts'

const ofCognito = {
  sub: 'c1',
  client_id: 'client-1',
  token_use: 'access',
  scope: 'openid orders/read',
  username: 'alice',
  'cognito:groups': ['clerks'],
  version: 2,
  jti: 't1',
  auth_time: 1,
}
const ofAuthentik = {
  sub: 'hash-1',
  aud: 'client-1',
  auth_time: 1,
  acr: 'goauthentik.io/providers/oauth2/default',
  nonce: 'n',
  sid: 's1',
  groups: ['clerks'],
  azp: 'client-1',
  uid: 'r1',
}
const session = { typ: 'JWT', cat: 'cl_B7d4PD111AAA' }
const ofClerk = {
  sub: 'user_alice',
  sid: 'sess_1',
  azp: 'https://app.example.com',
  v: 2,
  sts: 'active',
  fva: [1, -1],
  o: { id: 'org_1', slg: 'example', rol: 'admin', per: 'read', fpm: '1' },
}
const ofSupabase = {
  sub: 'alice',
  aud: 'authenticated',
  role: 'authenticated',
  aal: 'aal1',
  amr: [{ method: 'password', timestamp: 1 }],
  session_id: 's1',
  is_anonymous: false,
  email: 'alice@example.com',
  phone: '',
  app_metadata: {},
  user_metadata: {},
}
const ofFirebase = {
  aud: 'example-project',
  sub: 'alice',
  user_id: 'alice',
  auth_time: 1,
  firebase: { identities: {}, sign_in_provider: 'password' },
}
const ofWorkos = {
  sub: 'user_alice',
  sid: 'session_1',
  jti: 't1',
  org_id: 'org_1',
  role: 'member',
  roles: ['member'],
  permissions: ['orders:read'],
}
const ofConnect = {
  sub: 'user_alice',
  aud: 'https://api.example.com',
  client_id: 'client-1',
  org_id: 'org_1',
  sid: 'consent_1',
  scope: 'openid orders',
  jti: 't2',
}
const ofDescope = {
  sub: 'U2alice',
  drn: 'DS',
  amr: ['email'],
  permissions: ['orders.read'],
  roles: ['Clerk'],
  tenants: { T1: { roles: ['Owner'], permissions: ['orders.write'] } },
}
const ofFusionAuth = {
  sub: 'alice',
  aud: 'client-1',
  applicationId: 'client-1',
  authenticationType: 'PASSWORD',
  auth_time: 1,
  roles: ['clerk'],
  scope: 'openid offline_access',
  sid: 's1',
  tid: 'tenant-1',
  jti: 't1',
  gty: ['authorization_code'],
}

export const vendorsWithoutAudience: readonly Vendor[] = [
  {
    name: 'cognito',
    preset: (options) => cognito('eu-central-1_Abc', options),
    audience: ['client-1', 'client-2'],
    header: {},
    introspects: false,
    rows: [
      accepted('a person', ofCognito, ['resource-owner', 'client-1', 'openid', 'orders/read']),
      accepted(
        'a machine',
        { sub: 'client-2', client_id: 'client-2', token_use: 'access', scope: 'orders/read', version: 2, jti: 't2' },
        ['client', 'client-2', 'orders/read'],
      ),
      refused(
        'an ID token',
        { sub: 'c1', aud: 'client-1', token_use: 'id', 'cognito:username': 'alice', 'cognito:groups': ['clerks'] },
        'wrong-token-type',
      ),
      refused('the token of another client', { ...ofCognito, client_id: 'client-3' }, 'wrong-audience'),
      refused('a token without a client', { ...ofCognito, client_id: undefined }, 'missing-claim'),
    ],
  },
  {
    name: 'authentik',
    preset: (options) => authentik('https://ak.example.com/application/o/orders/', options),
    audience: 'client-1',
    introspects: true,
    rows: [
      accepted('a person', ofAuthentik, ['unknown', 'client-1'], { format: 'jwt' }),
      accepted(
        'a machine',
        { sub: 'hash-2', aud: 'client-1', auth_time: 1, azp: 'client-1', uid: 'r2' },
        ['unknown', 'client-1'],
        {
          format: 'jwt',
        },
      ),
      refused('an ID token', { ...ofAuthentik, azp: undefined, uid: undefined }, 'wrong-token-type'),
      refused(
        'an ID token after a refresh',
        { sub: 'hash-1', aud: 'client-1', auth_time: 1, sid: 's1' },
        'wrong-token-type',
      ),
      refused(
        'a response about a refresh token',
        { sub: 'hash-1', aud: 'client-1', scope: 'openid', client_id: 'client-1' },
        'wrong-token-type',
        {
          format: 'opaque',
        },
      ),
      refused("another application's token", { ...ofAuthentik, aud: 'client-2', azp: 'client-2' }, 'wrong-audience', {
        format: 'jwt',
      }),
    ],
  },
  {
    name: 'clerk',
    preset: (options) => clerk('https://clerk.example.com', options),
    audience: 'https://app.example.com',
    header: session,
    introspects: false,
    rows: [
      accepted('a session', ofClerk, ['resource-owner', undefined]),
      accepted('an older session', ofClerk, ['resource-owner', undefined], { header: { typ: 'JWT' } }),
      refused('a session with open tasks', { ...ofClerk, sts: 'pending' }, 'wrong-token-type'),
      refused('a session of another origin', { ...ofClerk, azp: 'https://evil.example' }, 'wrong-audience'),
      refused('a session without an origin', { ...ofClerk, azp: undefined }, 'missing-claim'),
      refused('the JWT of a template', { ...ofClerk }, 'wrong-token-type', {
        header: { typ: 'JWT', cat: 'cl_B7d4PD222AAA' },
      }),
      refused(
        'an OAuth token',
        { sub: 'user_alice', azp: 'https://app.example.com', client_id: 'client-1', jti: 'oat_1' },
        'wrong-token-type',
        {
          header: { typ: 'at+jwt' },
        },
      ),
      refused('a machine', { sub: 'mch_1', azp: 'https://app.example.com', scopes: 'mch_2' }, 'wrong-token-type', {
        header: { typ: 'JWT', cat: 'cl_B7d4PD333AAA' },
      }),
    ],
  },
  {
    name: 'clerk oauth',
    preset: (options) => clerk('https://clerk.example.com', { ...options, tokens: 'oauth' }),
    audience: 'https://api.example.com',
    header: { typ: 'at+jwt' },
    introspects: false,
    rows: [
      accepted(
        'a person',
        {
          sub: 'user_alice',
          aud: 'https://api.example.com',
          client_id: 'client-1',
          scope: 'profile orders:read',
          jti: 'oat_1',
        },
        ['resource-owner', 'client-1', 'profile', 'orders:read'],
      ),
      refused(
        'a token without an audience',
        { sub: 'user_alice', client_id: 'client-1', scope: 'profile' },
        'missing-claim',
      ),
      refused('a session', { ...ofClerk, aud: 'https://api.example.com' }, 'wrong-token-type', { header: session }),
    ],
  },
  {
    name: 'clerk machines',
    preset: (options) => clerk('https://clerk.example.com', { ...options, tokens: 'machines' }),
    audience: 'mch_orders',
    header: { typ: 'JWT', cat: 'cl_B7d4PD333AAA' },
    introspects: false,
    rows: [
      accepted('a machine', { sub: 'mch_1', aud: ['mch_orders'], jti: 'mt_1' }, ['client', 'mch_1']),
      refused('a session', { ...ofClerk, aud: 'mch_orders' }, 'wrong-token-type', { header: session }),
      refused('a machine for another API', { sub: 'mch_1', aud: ['mch_2'] }, 'wrong-audience'),
    ],
  },
  {
    name: 'supabase',
    preset: (options) => supabase('https://exampleref.supabase.co', options),
    audience: 'authenticated',
    introspects: false,
    rows: [
      accepted('a person', ofSupabase, ['resource-owner', undefined]),
      accepted('a person at an OAuth client', { ...ofSupabase, client_id: 'client-1', scope: 'openid email' }, [
        'resource-owner',
        'client-1',
        'openid',
        'email',
      ]),
      refused(
        'an ID token',
        { sub: 'alice', aud: 'authenticated', client_id: 'client-1', auth_time: 1 },
        'wrong-token-type',
      ),
      refused('a token with another audience', { ...ofSupabase, aud: 'client-1' }, 'wrong-audience'),
    ],
  },
  {
    name: 'firebase',
    preset: (options) => firebase('example-project', options),
    audience: 'a name that the preset replaces',
    introspects: false,
    rows: [
      accepted('a person', ofFirebase, ['resource-owner', undefined]),
      refused('the token of another project', { ...ofFirebase, aud: 'other-project' }, 'wrong-audience'),
      refused('a custom token', { aud: 'example-project', uid: 'alice' }, 'wrong-token-type'),
      refused('a token with another mark', { ...ofFirebase, firebase: { sign_in_provider: 7 } }, 'wrong-token-type'),
    ],
  },
  {
    name: 'workos',
    preset: (options) => workos('client_example', options),
    audience: 'https://api.example.com',
    header: {},
    introspects: false,
    rows: [
      accepted('a session', ofWorkos, ['resource-owner', undefined, 'orders:read']),
      accepted('a session with an audience', { ...ofWorkos, aud: 'https://api.example.com' }, [
        'resource-owner',
        undefined,
        'orders:read',
      ]),
      refused('a session for another API', { ...ofWorkos, aud: 'https://other.example' }, 'wrong-audience'),
      refused('the token of an agent', { ...ofWorkos, sid: 'agent_1' }, 'wrong-token-type'),
      refused('a token without a session', { ...ofWorkos, sid: undefined }, 'wrong-token-type'),
    ],
  },
  {
    name: 'workos connect',
    preset: (options) => workos('https://example.authkit.app', options),
    audience: ['https://api.example.com', 'client_environment'],
    header: {},
    introspects: true,
    rows: [
      accepted('a person', ofConnect, ['resource-owner', 'client-1', 'openid', 'orders']),
      accepted(
        'a machine',
        { sub: 'client-2', aud: 'client_environment', client_id: 'client-2', org_id: 'org_1', scope: 'orders' },
        ['client', 'client-2', 'orders'],
      ),
      refused(
        'an ID token',
        { sub: 'user_alice', aud: 'https://api.example.com', sid: 'consent_1' },
        'wrong-token-type',
      ),
      refused('a refresh token', { ...ofConnect, token_type: 'refresh_token' }, 'wrong-token-type', {
        format: 'opaque',
      }),
      refused("another API's token", { ...ofConnect, aud: 'https://other.example' }, 'wrong-audience'),
    ],
  },
  {
    name: 'descope',
    preset: (options) => descope('P2example', options),
    audience: 'P2example',
    introspects: false,
    rows: [
      accepted('a person', ofDescope, ['unknown', undefined, 'orders.read']),
      accepted('a person with an audience', { ...ofDescope, aud: ['P2example'] }, [
        'unknown',
        undefined,
        'orders.read',
      ]),
      accepted('a machine', { sub: 'K2key', drn: 'DS', permissions: ['orders.read'], roles: [] }, [
        'unknown',
        undefined,
        'orders.read',
      ]),
      refused('a refresh token', { aud: ['P2example'], sub: 'U2alice', drn: 'DSR' }, 'wrong-token-type'),
      refused('a token without a mark', { ...ofDescope, drn: undefined }, 'wrong-token-type'),
      refused("another project's token", { ...ofDescope, aud: ['P2other'] }, 'wrong-audience'),
    ],
  },
  {
    name: 'fusionauth',
    preset: (options) => fusionauth('example.com', options),
    audience: ['client-1', 'entity-2'],
    introspects: true,
    rows: [
      accepted('a person', ofFusionAuth, ['resource-owner', 'client-1', 'clerk']),
      accepted(
        'a machine',
        {
          sub: 'entity-1',
          aud: 'entity-2',
          permissions: ['read'],
          tid: 'tenant-1',
          jti: 't2',
          gty: ['client_credentials'],
        },
        ['client', undefined, 'read'],
      ),
      refused('an ID token', { ...ofFusionAuth, at_hash: 'h', c_hash: 'c', nonce: 'n' }, 'wrong-token-type'),
      refused('a refresh token', {}, 'missing-audience', { format: 'opaque' }),
      refused("another application's token", { ...ofFusionAuth, aud: 'client-3' }, 'wrong-audience'),
    ],
  },
]
