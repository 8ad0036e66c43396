/** Tokens of @node-oauth/oauth2-server. They are opaque, and the responses about them name neither an audience nor a subject. */
import { clientSecretBasic, trustedIssuer, type TrustedIssuer, type TrustedIssuerOptions } from '@tollgate/core'
import { openApplication } from '../harness/application.ts'
import { secret, startNodeOAuth2Server } from './node-oauth2-server.ts'
import { type Row, verifyTokens } from './verify-tokens.ts'

verifyTokens('@node-oauth/oauth2-server', startNodeOAuth2Server, {
  'opaque tokens, where the client is the audience': async (url) => {
    const { accepted, others } = await obtainTokens(url)
    return {
      protection: { issuer: trusted(url, { dialect: { audience: 'client_id' } }), audience: 'app' },
      accepted,
      refused: {
        'a refresh token': { token: others.refresh, reason: 'inactive' },
        'a made-up token': { token: 'made-up', reason: 'inactive' },
        'a revoked token': { token: others.revoked, reason: 'inactive' },
        'a token of the client of another API': { token: others.ofOtherClient, reason: 'wrong-audience' },
      },
    }
  },

  'opaque tokens of a server for one API': async (url) => {
    const { accepted, others } = await obtainTokens(url)
    return {
      protection: { issuer: trusted(url, { missingAudience: 'trust' }), audience: 'https://api.example' },
      accepted,
      refused: {
        'a refresh token': { token: others.refresh, reason: 'inactive' },
        'a made-up token': { token: 'made-up', reason: 'inactive' },
        'a revoked token': { token: others.revoked, reason: 'inactive' },
      },
    }
  },
})

function trusted(url: string, options: TrustedIssuerOptions): TrustedIssuer {
  const introspection = { client: clientSecretBasic('api', secret), endpoint: `${url}/introspect` }
  return trustedIssuer(url, { ...options, formats: 'opaque', introspection })
}

async function obtainTokens(url: string) {
  const server = {
    issuer: url,
    authorization_endpoint: `${url}/authorize`,
    token_endpoint: `${url}/token`,
    revocation_endpoint: `${url}/revoke`,
  }
  // The library does not know OpenID Connect, so that there is no ID token.
  const app = await openApplication(server, { secret, scope: 'read write' })
  const otherApp = await openApplication(server, { id: 'otherApp', secret })
  const { access, refresh } = await app.byAuthorizationCode()
  const revoked = await app.byClientCredentials()
  await app.revoke(revoked)
  // Both responses have a `username`, which proves nothing.
  const seen = { kind: 'opaque', clientId: 'app', subject: undefined, subjectType: 'unknown' } as const
  const accepted: Row['accepted'] = {
    machine: { token: await app.byClientCredentials(), seen, scopes: ['read'] },
    person: { token: access, seen, scopes: ['read', 'write'] },
  }
  return { accepted, others: { refresh, revoked, ofOtherClient: await otherApp.byClientCredentials() } }
}
