/** Tokens of better-auth. An access token for an API is a JWT, or it is opaque where the application disabled JWTs. */
import { active, clientSecretBasic, type IntrospectionOptions, scopes, trustedIssuer } from '@tollgate/core'
import { openApplication } from '../harness/application.ts'
import { type BetterAuth, type Credentials, resources, startBetterAuth } from './better-auth.ts'
import { type Row, tamper, verifyTokens } from './verify-tokens.ts'

const [api, otherApi] = resources

verifyTokens('better-auth, JWTs', (cleanUp) => startBetterAuth(cleanUp, 'jwt'), {
  JWTs: async (server) => {
    const { machine, person, others } = await obtainTokens(server)
    return {
      protection: { issuer: trustedIssuer(server.issuer), audience: api },
      accepted: ofJwts(server, machine, person),
      refused: {
        'an ID token': { token: others.id, reason: 'wrong-token-type' },
        'a refresh token': { token: others.refresh, reason: 'malformed-token' },
        'a made-up token': { token: 'made-up', reason: 'malformed-token' },
        'a token with another signature': { token: tamper(machine), reason: 'bad-signature' },
        'a token for another API': { token: others.forOtherApi, reason: 'wrong-audience' },
      },
    }
  },

  'JWTs under the guard `active`': async (server) => {
    const { machine, person, others } = await obtainTokens(server)
    const introspection = introspectionBy(server.api)
    return {
      protection: { issuer: trustedIssuer(server.issuer, { introspection }), audience: api },
      guards: [active({ within: '0s' }), scopes('read')],
      accepted: ofJwts(server, machine, person),
      refused: {
        'an ID token': { token: others.id, reason: 'wrong-token-type' },
        'a refresh token': { token: others.refresh, reason: 'inactive' },
        'a made-up token': { token: 'made-up', reason: 'inactive' },
        'a token of a person who has logged out': { token: others.loggedOut, reason: 'inactive' },
        'a token for another API': { token: others.forOtherApi, reason: 'wrong-audience' },
      },
    }
  },

  // A JWT with another signature is 503 here, because better-auth responds to it with 500.
  'JWTs that are introspected': async (server) => {
    const { machine, person, others } = await obtainTokens(server)
    const introspection = introspectionBy(server.app)
    const known = { kind: 'opaque', clientId: server.app.id } as const
    return {
      protection: { issuer: trustedIssuer(server.issuer, { formats: 'opaque', introspection }), audience: api },
      accepted: {
        machine: { token: machine, seen: { ...known, subjectType: 'client' }, scopes: ['read'] },
        person: { token: person, seen: { ...known, subjectType: 'resource-owner' }, scopes: ofPerson },
      },
      refused: {
        'an ID token': { token: others.id, reason: 'inactive' },
        'a refresh token': { token: others.refresh, reason: 'inactive' },
        'a made-up token': { token: 'made-up', reason: 'inactive' },
        'a token of a person who has logged out': { token: others.loggedOut, reason: 'inactive' },
        'a token for another API': { token: others.forOtherApi, reason: 'wrong-audience' },
      },
    }
  },
})

verifyTokens('better-auth, opaque tokens', (cleanUp) => startBetterAuth(cleanUp, 'opaque'), {
  'introspected by the API': async (server) => {
    const { machine, person, others } = await obtainTokens(server)
    return {
      protection: {
        issuer: trustedIssuer(server.issuer, { introspection: introspectionBy(server.api) }),
        audience: api,
      },
      accepted: ofOpaqueTokens(server, machine, person),
      refused: {
        'an ID token': { token: others.id, reason: 'algorithm-not-allowed' },
        'a refresh token': { token: others.refresh, reason: 'inactive' },
        'a made-up token': { token: 'made-up', reason: 'inactive' },
        'a revoked token': { token: await revoked(server), reason: 'inactive' },
        'a token of a person who has logged out': { token: others.loggedOut, reason: 'inactive' },
        'a token for another API': { token: others.forOtherApi, reason: 'wrong-audience' },
      },
    }
  },

  // They name no audience, and better-auth states them active only for the application itself.
  'for no API in particular, where `azp` is the audience': async (server) => {
    const { machine, person, others } = await obtainTokens(server, { resource: undefined })
    const dialect = { audience: 'azp' }
    return {
      protection: {
        issuer: trustedIssuer(server.issuer, { dialect, introspection: introspectionBy(server.app) }),
        audience: server.app.id,
      },
      accepted: ofOpaqueTokens(server, machine, person),
      refused: {
        'an ID token': { token: others.id, reason: 'algorithm-not-allowed' },
        'a refresh token': { token: others.refresh, reason: 'inactive' },
        'a made-up token': { token: 'made-up', reason: 'inactive' },
        'a revoked token': { token: await revoked(server), reason: 'inactive' },
      },
    }
  },
})

const ofPerson = ['openid', 'offline_access', 'read']

function introspectionBy({ id, secret }: Credentials): IntrospectionOptions {
  return { client: clientSecretBasic(id, secret), cacheFor: '0s' }
}

function ofJwts({ app }: BetterAuth, machine: string, person: string): Row['accepted'] {
  const known = { kind: 'jwt', clientId: app.id } as const
  return {
    machine: {
      token: machine,
      seen: { ...known, subject: app.id, subjectType: 'client', audience: [api] },
      scopes: ['read'],
    },
    person: { token: person, seen: { ...known, subjectType: 'resource-owner' }, scopes: ofPerson },
  }
}

/** The response about a machine names no subject. */
function ofOpaqueTokens({ app }: BetterAuth, machine: string, person: string): Row['accepted'] {
  const known = { kind: 'opaque', clientId: app.id } as const
  return {
    machine: { token: machine, seen: { ...known, subject: undefined, subjectType: 'unknown' }, scopes: ['read'] },
    person: { token: person, seen: { ...known, subjectType: 'resource-owner' }, scopes: ofPerson },
  }
}

async function obtainTokens(server: BetterAuth, { resource }: { resource: string | undefined } = { resource: api }) {
  const [alice, aliceElsewhere] = [await server.logIn(), await server.logIn()]
  const scope = ofPerson.join(' ')
  const app = await openApplication(server.issuer, { ...server.app, scope, cookies: alice.cookies })
  const elsewhere = await openApplication(server.issuer, { ...server.app, scope, cookies: aliceElsewhere.cookies })
  const { access, id, refresh } = await app.byAuthorizationCode(resource)
  const { access: loggedOut } = await elsewhere.byAuthorizationCode(resource)
  await aliceElsewhere.logOut()
  const forOtherApi = await app.byClientCredentials(otherApi)
  return {
    machine: await app.byClientCredentials(resource),
    person: access,
    others: { id, refresh, loggedOut, forOtherApi },
  }
}

async function revoked(server: BetterAuth): Promise<string> {
  const app = await openApplication(server.issuer, server.app)
  const token = await app.byClientCredentials(api)
  await app.revoke(token)
  return token
}
