/** Vendors whose access tokens name the API in `aud`. */
import { auth0, entra, hydra, keycloak, logto, okta, zitadel } from '@tollgate/core/issuers'
import { accepted, refused, type Vendor } from './rows.ts'

const api = 'https://api.example.com'
const tenant = '11111111-2222-4333-8444-555555555555'
const application = 'aaaaaaaa-0000-4000-8000-000000000001'

const ofLogto = { sub: 'alice', client_id: 'client-1', aud: api, scope: 'orders:read', jti: 't1' }
const ofAuth0 = {
  sub: 'auth0|alice',
  aud: [api, 'https://example.eu.auth0.com/userinfo'],
  azp: 'client-1',
  scope: 'openid read:orders',
  permissions: ['read:orders', 'delete:orders'],
}
const ofOkta = {
  ver: 1,
  jti: 'AT.t1',
  aud: 'api://orders',
  sub: 'alice@example.com',
  cid: 'client-1',
  uid: '00u1',
  scp: ['openid', 'orders.read'],
  auth_time: 1,
}
const ofKeycloak = {
  sub: 'f1',
  typ: 'Bearer',
  azp: 'client-1',
  sid: 's1',
  aud: ['orders-api', 'account'],
  scope: 'openid orders',
  realm_access: { roles: ['clerk'] },
  resource_access: { 'orders-api': { roles: ['reader'] } },
  preferred_username: 'alice',
}
const ofKeycloakMachine = {
  sub: 'f2',
  typ: 'Bearer',
  azp: 'client-2',
  client_id: 'client-2',
  clientHost: '192.0.2.7',
  clientAddress: '192.0.2.7',
  aud: 'orders-api',
  scope: 'profile',
  preferred_username: 'service-account-client-2',
}
const ofEntra = {
  aud: application,
  azp: 'client-1',
  azpacr: '0',
  scp: 'Orders.Read Orders.Write',
  sub: 'pairwise-alice',
  oid: 'alice',
  tid: tenant,
  uti: 't1',
  ver: '2.0',
}
const ofZitadel = {
  sub: '100',
  aud: ['200', '300'],
  client_id: '200',
  jti: 'V2_1',
  'urn:zitadel:iam:org:project:300:roles': { reader: { 400: 'example.com' } },
  'urn:zitadel:iam:org:project:roles': { admin: { 500: 'other.example' } },
}
const ofHydra = {
  sub: 'alice',
  aud: [api],
  client_id: 'client-1',
  scp: ['orders.read'],
  ext: { shop: 's1' },
  jti: 't1',
}

export const vendorsWithAudience: readonly Vendor[] = [
  {
    name: 'logto',
    preset: (options) => logto('https://example.logto.app', options),
    audience: api,
    header: { typ: 'at+jwt' },
    introspects: true,
    rows: [
      accepted('a person', ofLogto, ['resource-owner', 'client-1', 'orders:read'], { format: 'jwt' }),
      accepted(
        'a machine',
        { ...ofLogto, sub: 'client-2', client_id: 'client-2' },
        ['client', 'client-2', 'orders:read'],
        {
          format: 'jwt',
        },
      ),
      accepted('an opaque token', { ...ofLogto, token_type: 'Bearer' }, ['resource-owner', 'client-1', 'orders:read'], {
        format: 'opaque',
      }),
      refused(
        'an opaque token without a resource',
        { ...ofLogto, aud: undefined, token_type: 'Bearer' },
        'missing-audience',
        {
          format: 'opaque',
        },
      ),
      refused('an ID token', { sub: 'alice', aud: api, at_hash: 'h', nonce: 'n' }, 'missing-claim', {
        header: {},
        format: 'jwt',
      }),
      refused('an ID token with all claims', { ...ofLogto, at_hash: 'h' }, 'wrong-token-type', {
        header: {},
        format: 'jwt',
      }),
      refused('a refresh token', { ...ofLogto, aud: undefined }, 'wrong-token-type', { format: 'opaque' }),
      refused("another API's token", { ...ofLogto, aud: 'https://other.example' }, 'wrong-audience', { format: 'jwt' }),
      refused('a token of an organization', { ...ofLogto, aud: 'urn:logto:organization:org-1' }, 'wrong-audience', {
        format: 'jwt',
      }),
      refused(
        'a token for the API in an organization',
        { ...ofLogto, organization_id: 'org-1' },
        'unexpected-organization',
        {
          format: 'jwt',
        },
      ),
    ],
  },
  {
    name: 'auth0',
    preset: (options) => auth0('example.eu.auth0.com', options),
    audience: api,
    introspects: false,
    rows: [
      accepted('a person', ofAuth0, ['resource-owner', 'client-1', 'openid', 'read:orders']),
      accepted(
        'a person by RFC 9068',
        { sub: 'auth0|alice', aud: api, client_id: 'client-1', jti: 't1', scope: 'read:orders' },
        ['resource-owner', 'client-1', 'read:orders'],
        { header: { typ: 'at+jwt' } },
      ),
      accepted(
        'a machine',
        { sub: 'client-2@clients', aud: api, azp: 'client-2', gty: 'client-credentials', scope: 'read:orders' },
        ['client', 'client-2', 'read:orders'],
      ),
      accepted(
        'a machine by RFC 9068',
        { sub: 'client-2@clients', aud: api, client_id: 'client-2', jti: 't1', scope: 'read:orders' },
        ['client', 'client-2', 'read:orders'],
        { header: { typ: 'at+jwt' } },
      ),
      accepted('an agent', { ...ofAuth0, sub: 'agent-1', sub_profile: 'ai_agent' }, [
        'client',
        'client-1',
        'openid',
        'read:orders',
      ]),
      refused('an ID token', { sub: 'auth0|alice', aud: 'client-1', nonce: 'n', sid: 's1' }, 'wrong-token-type'),
      refused('an ID token without a nonce', { sub: 'auth0|alice', aud: 'client-1', sid: 's1' }, 'wrong-audience'),
      refused("another API's token", { ...ofAuth0, aud: ['https://other.example'] }, 'wrong-audience'),
    ],
  },
  {
    name: 'okta',
    preset: (options) => okta('https://example.okta.com/oauth2/aus1', options),
    audience: 'api://orders',
    header: {},
    introspects: true,
    rows: [
      accepted('a person', ofOkta, ['resource-owner', 'client-1', 'openid', 'orders.read']),
      accepted(
        'a machine',
        { ver: 1, jti: 'AT.t2', aud: 'api://orders', sub: 'client-2', cid: 'client-2', scp: ['orders.read'] },
        ['client', 'client-2', 'orders.read'],
      ),
      accepted(
        'a response about a person',
        {
          token_type: 'Bearer',
          jti: 'AT.t1',
          aud: 'api://orders',
          sub: 'alice@example.com',
          username: 'alice@example.com',
          uid: '00u1',
          client_id: 'client-1',
          scope: 'openid orders.read',
        },
        ['resource-owner', 'client-1', 'openid', 'orders.read'],
        { format: 'opaque' },
      ),
      refused(
        'an ID token',
        { ver: 1, jti: 'ID.t3', aud: 'api://orders', sub: '00u1', amr: ['pwd'], idp: '00o1' },
        'wrong-token-type',
      ),
      refused(
        'a refresh token',
        { token_type: 'Bearer', sub: 'alice', client_id: 'client-1', scope: 'openid' },
        'wrong-token-type',
        {
          format: 'opaque',
        },
      ),
      refused("another API's token", { ...ofOkta, aud: 'api://payments' }, 'wrong-audience'),
    ],
  },
  {
    name: 'keycloak',
    preset: (options) => keycloak('https://sso.example.com/realms/main', options),
    audience: 'orders-api',
    introspects: true,
    rows: [
      accepted('a person', ofKeycloak, ['resource-owner', 'client-1', 'openid', 'orders']),
      accepted('a person before version 25', { ...ofKeycloak, nonce: 'n', sid: undefined, session_state: 's1' }, [
        'resource-owner',
        'client-1',
        'openid',
        'orders',
      ]),
      accepted('a machine', ofKeycloakMachine, ['client', 'client-2', 'profile']),
      accepted('a machine of an older version', { ...ofKeycloakMachine, client_id: undefined, clientId: 'client-2' }, [
        'client',
        'client-2',
        'profile',
      ]),
      accepted(
        'a machine without its mappers',
        { ...ofKeycloakMachine, client_id: undefined, clientHost: undefined, clientAddress: undefined },
        ['unknown', 'client-2', 'profile'],
      ),
      accepted(
        'a response about a person',
        { ...ofKeycloak, client_id: 'client-1', username: 'alice', token_type: 'Bearer' },
        ['resource-owner', 'client-1', 'openid', 'orders'],
        { format: 'opaque' },
      ),
      accepted(
        'a response about a machine',
        { ...ofKeycloakMachine, username: 'service-account-client-2' },
        ['client', 'client-2', 'profile'],
        {
          format: 'opaque',
        },
      ),
      refused(
        'an ID token',
        { sub: 'f1', typ: 'ID', azp: 'client-1', aud: 'orders-api', sid: 's1', acr: '1' },
        'wrong-token-type',
      ),
      refused(
        'a refresh token',
        { sub: 'f1', typ: 'Refresh', azp: 'client-1', aud: 'orders-api', sid: 's1', scope: 'openid' },
        'wrong-token-type',
      ),
      refused(
        'an offline token',
        { sub: 'f1', typ: 'Offline', azp: 'client-1', aud: 'orders-api' },
        'wrong-token-type',
      ),
      refused(
        'a logout token',
        { sub: 'f1', typ: 'Logout', aud: 'orders-api', sid: 's1', events: {} },
        'wrong-token-type',
      ),
      refused('a token of another kind', { ...ofKeycloak, typ: 'Consent' }, 'wrong-token-type'),
      refused('a token without a kind', { ...ofKeycloak, typ: undefined }, 'wrong-token-type'),
      refused('a token of a default client', { ...ofKeycloak, aud: 'account' }, 'wrong-audience'),
      refused('a token without an audience', { ...ofKeycloak, aud: undefined }, 'missing-claim', { format: 'jwt' }),
    ],
  },
  {
    name: 'entra',
    preset: (options) => entra(tenant, options),
    audience: application,
    introspects: false,
    rows: [
      accepted('a person', ofEntra, ['resource-owner', 'client-1', 'Orders.Read', 'Orders.Write']),
      accepted(
        'a machine',
        {
          aud: application,
          azp: 'client-2',
          idtyp: 'app',
          roles: ['Orders.Read.All'],
          sub: 'oid-2',
          oid: 'oid-2',
          ver: '2.0',
        },
        ['client', 'client-2', 'Orders.Read.All'],
      ),
      accepted(
        'a machine without idtyp',
        { aud: application, azp: 'client-2', roles: ['Orders.Read.All'], sub: 'oid-2', oid: 'oid-2', ver: '2.0' },
        ['client', 'client-2', 'Orders.Read.All'],
      ),
      accepted('a person with roles', { ...ofEntra, scp: 'Orders.Read', roles: ['Clerk'] }, [
        'resource-owner',
        'client-1',
        'Orders.Read',
        'Clerk',
      ]),
      refused(
        'an ID token',
        { aud: 'client-1', name: 'Alice', sub: 'pairwise-alice', oid: 'alice', ver: '2.0' },
        'wrong-token-type',
      ),
      refused(
        'an ID token of one app for client and API',
        { aud: application, sub: 'pairwise-alice', oid: 'alice', roles: ['Clerk'], ver: '2.0' },
        'wrong-token-type',
      ),
      refused("another API's token", { ...ofEntra, aud: 'bbbbbbbb-0000-4000-8000-000000000002' }, 'wrong-audience'),
    ],
  },
  {
    name: 'entra v1',
    preset: (options) => entra(tenant, { ...options, version: 'v1' }),
    audience: `api://${application}`,
    introspects: false,
    rows: [
      accepted(
        'a person',
        {
          aud: `api://${application}`,
          appid: 'client-1',
          appidacr: '0',
          scp: 'Orders.Read',
          sub: 'pairwise-alice',
          oid: 'alice',
          tid: tenant,
          ver: '1.0',
        },
        ['resource-owner', 'client-1', 'Orders.Read'],
      ),
      refused(
        'an ID token',
        { aud: `api://${application}`, sub: 'pairwise-alice', oid: 'alice', tid: tenant, ver: '1.0' },
        'wrong-token-type',
      ),
    ],
  },
  {
    name: 'zitadel',
    preset: (options) => zitadel('example.zitadel.cloud', { ...options, project: '300' }),
    audience: '300',
    introspects: true,
    rows: [
      accepted('a person', ofZitadel, ['unknown', '200', 'reader'], { format: 'jwt' }),
      accepted(
        'a machine',
        { sub: '101', aud: ['300'], client_id: 'orders-job', jti: 'V2_2' },
        ['unknown', 'orders-job'],
        {
          format: 'jwt',
        },
      ),
      accepted(
        'a response about a person',
        { ...ofZitadel, token_type: 'Bearer', username: 'alice', scope: 'openid' },
        ['unknown', '200', 'openid', 'reader'],
        { format: 'opaque' },
      ),
      refused(
        'an ID token',
        { sub: '100', aud: ['200', '300'], azp: '200', client_id: '200', amr: ['pwd'], at_hash: 'h' },
        'wrong-token-type',
      ),
      refused(
        'a logout token',
        { sub: '100', aud: ['300'], jti: 'j', events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
        'wrong-token-type',
      ),
      refused("another project's token", { ...ofZitadel, aud: ['200'] }, 'wrong-audience', { format: 'jwt' }),
    ],
  },
  {
    name: 'hydra',
    preset: (options) => hydra('https://auth.example.com/', options),
    audience: api,
    introspects: true,
    rows: [
      accepted('a person', ofHydra, ['resource-owner', 'client-1', 'orders.read']),
      accepted('a machine', { ...ofHydra, sub: 'client-2', client_id: 'client-2' }, [
        'client',
        'client-2',
        'orders.read',
      ]),
      accepted(
        'a response',
        {
          sub: 'alice',
          aud: [api],
          client_id: 'client-1',
          scope: 'orders.read',
          token_type: 'Bearer',
          token_use: 'access_token',
        },
        ['resource-owner', 'client-1', 'orders.read'],
        { format: 'opaque' },
      ),
      refused(
        'an ID token',
        { sub: 'alice', aud: [api], at_hash: 'h', rat: 1, sid: 's1', jti: 't3' },
        'wrong-token-type',
      ),
      refused('a refresh token', { ...ofHydra, token_type: 'Bearer', token_use: 'refresh_token' }, 'wrong-token-type', {
        format: 'opaque',
      }),
      refused('a token for nothing', { ...ofHydra, aud: [] }, 'missing-claim', { format: 'jwt' }),
      refused('a response for nothing', { ...ofHydra, aud: [] }, 'missing-audience', { format: 'opaque' }),
      refused("another API's token", { ...ofHydra, aud: ['https://other.example'] }, 'wrong-audience'),
    ],
  },
]
