/** Tokens of django-oauth-toolkit. They are opaque, and the responses about them name neither an audience nor a subject. */
import {
  clientSecretBasic,
  type Dialect,
  trustedIssuer,
  type TrustedIssuer,
  type TrustedIssuerOptions,
} from '@tollgate/core'
import { openApplication } from '../harness/application.ts'
import { secret } from '../harness/authorization-server.ts'
import { startDjangoOAuthToolkit } from './django-oauth-toolkit.ts'
import { type Row, verifyTokens } from './verify-tokens.ts'

verifyTokens('django-oauth-toolkit', startDjangoOAuthToolkit, {
  'opaque tokens, where the client is the audience': async (url) => {
    const { accepted, others } = await obtainTokens(url)
    const issuer = trusted(url, { formats: 'opaque', dialect: { audience: 'client_id' } })
    return {
      protection: { issuer, audience: ['app', 'machine'] },
      accepted,
      refused: {
        'an ID token': { token: others.id, reason: 'inactive' },
        'a refresh token': { token: others.refresh, reason: 'inactive' },
        'a made-up token': { token: 'made-up', reason: 'inactive' },
        'a revoked token': { token: others.revoked, reason: 'inactive' },
        'a token of the client of another API': { token: others.ofOtherClient, reason: 'wrong-audience' },
      },
    }
  },

  'opaque tokens of a server for one API, with the keys of its ID tokens': async (url) => {
    const { accepted, others } = await obtainTokens(url)
    // With this server, only the token of a person has a `username`.
    const dialect: Dialect = { isClient: (claims) => claims['username'] === undefined }
    const issuer = trusted(url, { keys: `${url}/.well-known/jwks.json`, missingAudience: 'trust', dialect })
    const { machine, person } = accepted
    return {
      protection: { issuer, audience: 'https://api.example' },
      accepted: {
        machine: { ...machine, seen: { ...machine.seen, subjectType: 'client' } },
        person: { ...person, seen: { ...person.seen, subjectType: 'resource-owner' } },
      },
      refused: {
        'an ID token': { token: others.id, reason: 'wrong-token-type' },
        'a refresh token': { token: others.refresh, reason: 'inactive' },
        'a made-up token': { token: 'made-up', reason: 'inactive' },
        'a revoked token': { token: others.revoked, reason: 'inactive' },
      },
    }
  },
})

/** Its metadata has no `introspection_endpoint`, and its URL ends with a slash. */
function trusted(url: string, options: TrustedIssuerOptions): TrustedIssuer {
  const introspection = { client: clientSecretBasic('api', secret), endpoint: `${url}/introspect/` }
  return trustedIssuer(url, { ...options, introspection })
}

async function obtainTokens(url: string) {
  const server = {
    issuer: url,
    authorization_endpoint: `${url}/authorize/`,
    token_endpoint: `${url}/token/`,
    revocation_endpoint: `${url}/revoke_token/`,
  }
  const app = await openApplication(server)
  const machine = await openApplication(server, { id: 'machine' })
  const otherMachine = await openApplication(server, { id: 'other-machine' })
  const { access, id, refresh } = await app.byAuthorizationCode()
  const revoked = await machine.byClientCredentials()
  await machine.revoke(revoked)
  const known = { kind: 'opaque', subject: undefined, subjectType: 'unknown' } as const
  const accepted: Row['accepted'] = {
    machine: { token: await machine.byClientCredentials(), seen: { ...known, clientId: 'machine' }, scopes: ['read'] },
    // The response has a `username`. Responses of other servers have one for a machine, too.
    person: { token: access, seen: { ...known, clientId: 'app' }, scopes: ['openid', 'read'] },
  }
  return { accepted, others: { id, refresh, revoked, ofOtherClient: await otherMachine.byClientCredentials() } }
}
