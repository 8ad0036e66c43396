/** Tokens of oidc-provider. `jwts.test.ts` and `opaque-tokens.test.ts` test more of it. */
import { clientSecretBasic, trustedIssuer } from '@tollgate/core'
import { openApplication } from '../harness/application.ts'
import { jwtApi, opaqueApi, openAuthorizationServer, secret } from '../harness/authorization-server.ts'
import { tamper, verifyTokens } from './verify-tokens.ts'

verifyTokens('oidc-provider', (cleanUp) => openAuthorizationServer(undefined, cleanUp), {
  JWTs: async ({ url }) => {
    const app = await openApplication(url)
    const tokens = await app.byAuthorizationCode(jwtApi)
    const machine = await app.byClientCredentials(jwtApi)
    const known = { kind: 'jwt', clientId: 'app', audience: [jwtApi] } as const
    return {
      protection: { issuer: trustedIssuer(url), audience: jwtApi },
      accepted: {
        machine: { token: machine, seen: { ...known, subject: 'app', subjectType: 'client' }, scopes: ['read'] },
        person: {
          token: tokens.access,
          seen: { ...known, subject: 'alice', subjectType: 'resource-owner' },
          scopes: ['read'],
        },
      },
      refused: {
        'an ID token': { token: tokens.id, reason: 'wrong-token-type' },
        'a refresh token': { token: tokens.refresh, reason: 'malformed-token' },
        'a made-up token': { token: 'made-up', reason: 'malformed-token' },
        'a token with another signature': { token: tamper(machine), reason: 'bad-signature' },
        'a token for another API': { token: await app.byClientCredentials(opaqueApi), reason: 'malformed-token' },
      },
    }
  },

  'opaque tokens': async ({ url }) => {
    const app = await openApplication(url)
    const tokens = await app.byAuthorizationCode(opaqueApi)
    const client = clientSecretBasic('api-client_secret_basic', secret)
    const known = { kind: 'opaque', clientId: 'app', audience: [opaqueApi] } as const
    const revoked = await app.byClientCredentials(opaqueApi)
    await app.revoke(revoked)
    return {
      protection: { issuer: trustedIssuer(url, { introspection: { client } }), audience: opaqueApi },
      accepted: {
        machine: {
          token: await app.byClientCredentials(opaqueApi),
          seen: { ...known, subject: undefined, subjectType: 'unknown' },
          scopes: ['read'],
        },
        person: {
          token: tokens.access,
          seen: { ...known, subject: 'alice', subjectType: 'resource-owner' },
          scopes: ['read'],
        },
      },
      refused: {
        'an ID token': { token: tokens.id, reason: 'wrong-token-type' },
        'a refresh token': { token: tokens.refresh, reason: 'missing-audience' },
        'a made-up token': { token: 'made-up', reason: 'inactive' },
        'a revoked token': { token: revoked, reason: 'inactive' },
        'a token for another API': { token: await app.byClientCredentials(jwtApi), reason: 'wrong-audience' },
      },
    }
  },
})
