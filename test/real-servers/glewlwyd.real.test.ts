/** Tokens of Glewlwyd. Its access tokens are JWTs (RFC 9068), and it introspects them. */
import { active, clientSecretBasic, scopes, trustedIssuer } from '@tollgate/core'
import { openApplication } from '../harness/application.ts'
import { type Glewlwyd, resources, secret, startGlewlwyd } from './glewlwyd.ts'
import { type Row, tamper, verifyTokens } from './verify-tokens.ts'

const [api, otherApi] = resources
const introspection = { client: clientSecretBasic('api', secret), cacheFor: '0s' } as const

verifyTokens('Glewlwyd', startGlewlwyd, {
  JWTs: async (server) => {
    const { machine, person, seen, others } = await obtainTokens(server)
    return {
      protection: { issuer: trustedIssuer(server.issuer), audience: api },
      accepted: {
        machine: { ...machine, seen: { ...seen, kind: 'jwt', subject: 'app', subjectType: 'client' } },
        person: { ...person, seen: { ...seen, kind: 'jwt', subjectType: 'resource-owner' } },
      },
      refused: {
        'an ID token': { token: others.id, reason: 'wrong-token-type' },
        'a refresh token': { token: others.refresh, reason: 'malformed-token' },
        'a made-up token': { token: 'made-up', reason: 'malformed-token' },
        'a token with another signature': { token: tamper(machine.token), reason: 'bad-signature' },
        'a token for another API': { token: others.forOtherApi, reason: 'wrong-audience' },
        'a token for no API in particular': { token: others.forNoApi, reason: 'wrong-audience' },
      },
    }
  },

  'JWTs under the guard `active`': async (server) => {
    const { machine, person, seen, others } = await obtainTokens(server)
    return {
      protection: { issuer: trustedIssuer(server.issuer, { introspection }), audience: api },
      guards: [active({ within: '0s' }), scopes('read')],
      accepted: {
        machine: { ...machine, seen: { ...seen, kind: 'jwt', subject: 'app', subjectType: 'client' } },
        person: { ...person, seen: { ...seen, kind: 'jwt', subjectType: 'resource-owner' } },
      },
      refused: {
        'an ID token': { token: others.id, reason: 'wrong-token-type' },
        'a refresh token': { token: others.refresh, reason: 'inactive' },
        'a made-up token': { token: 'made-up', reason: 'inactive' },
        'a revoked token': { token: others.revoked, reason: 'inactive' },
        'a token for another API': { token: others.forOtherApi, reason: 'wrong-audience' },
      },
    }
  },

  'JWTs that are introspected': async (server) => {
    const { machine, person, seen, others } = await obtainTokens(server)
    return {
      protection: { issuer: trustedIssuer(server.issuer, { formats: 'opaque', introspection }), audience: api },
      accepted: {
        // The response about a machine names no subject.
        machine: { ...machine, seen: { ...seen, kind: 'opaque', subject: undefined, subjectType: 'unknown' } },
        person: { ...person, seen: { ...seen, kind: 'opaque', subjectType: 'resource-owner' } },
      },
      refused: {
        // The validator sends `token_type_hint=access_token`, and Glewlwyd looks for no other kind then.
        'an ID token': { token: others.id, reason: 'inactive' },
        'a refresh token': { token: others.refresh, reason: 'inactive' },
        'a made-up token': { token: 'made-up', reason: 'inactive' },
        'a token with another signature': { token: tamper(machine.token), reason: 'inactive' },
        'a revoked token': { token: others.revoked, reason: 'inactive' },
        'a token for another API': { token: others.forOtherApi, reason: 'wrong-audience' },
        'a token for no API in particular': { token: others.forNoApi, reason: 'wrong-audience' },
      },
    }
  },
})

async function obtainTokens({ issuer, cookies }: Glewlwyd) {
  const app = await openApplication(issuer, { secret, cookies, parameters: { g_continue: '' } })
  const { access, id, refresh } = await app.byAuthorizationCode(api)
  const revoked = await app.byClientCredentials(api)
  await app.revoke(revoked)
  return {
    machine: { token: await app.byClientCredentials(api), scopes: ['read'] },
    person: { token: access, scopes: ['openid', 'read'] },
    seen: { clientId: 'app', audience: [api] } satisfies Row['accepted']['machine']['seen'],
    others: {
      id,
      refresh,
      revoked,
      forOtherApi: await app.byClientCredentials(otherApi),
      forNoApi: await app.byClientCredentials(),
    },
  }
}
