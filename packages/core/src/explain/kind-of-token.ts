import { own, ownText } from '../lib/record.ts'
import type { FailedToken } from './failed-token.ts'

/** What a token other than an access token for this API seems to be. It continues `this is …`. */
export function foreignKindOf(token: FailedToken): { readonly what: string; readonly why: string } | undefined {
  // A claim can state that this is an access token, by the preset: then it is one, whatever else is in it.
  const { kind, by = [] } = token.genuine?.statedKind ?? {}
  const isAccessToken = kind === 'access-token' && by.length > 0
  return (
    byWord(token.claims) ??
    byType(token.header) ??
    (!isAccessToken && isIdToken(token.claims) ? { what: 'an ID token', why: whyIdToken(token.claims) } : undefined)
  )
}

/** The claims by which issuers name the kind of a token: Cognito and Hydra, Keycloak, others, Descope. */
const wordClaims = ['token_use', 'typ', 'token_type', 'drn']

function byWord(claims: unknown): { readonly what: string; readonly why: string } | undefined {
  for (const name of wordClaims) {
    const word = ownText(claims, name) ?? ''
    const what = kinds.find(([pattern]) => pattern.test(word))?.[1]
    if (what !== undefined) {
      return { what, why: `its \`${name}\` says so` }
    }
  }
  return undefined
}

const kinds: readonly (readonly [RegExp, string])[] = [
  [/^id(_?token)?$/i, 'an ID token'],
  [/^(refresh|offline)|^DSR$/i, 'a refresh token'],
  [/^logout/i, 'a logout token'],
]

function byType(header: unknown): { readonly what: string; readonly why: string } | undefined {
  const what = types.get((ownText(header, 'typ') ?? '').toLowerCase().replace(/^application\//, ''))
  return what === undefined ? undefined : { what, why: 'the `typ` of its header says so' }
}

const types: ReadonlyMap<string, string> = new Map([
  ['logout+jwt', 'a logout token'],
  ['secevent+jwt', 'a security event'],
  ['dpop+jwt', 'a DPoP proof'],
  ['token-introspection+jwt', 'an introspection response'],
  ['id_token+jwt', 'an ID token'],
  ['refresh+jwt', 'a refresh token'],
  ['rt+jwt', 'a refresh token'],
  ['oauth-authz-req+jwt', 'an authorization request'],
  ['client-authentication+jwt', 'a client assertion'],
])

export const claimsOfIdTokens: readonly string[] = ['nonce', 'at_hash', 'c_hash', 's_hash']
const claimsOfAccessTokens = ['scope', 'scp', 'client_id', 'permissions', 'roles', 'realm_access', 'cid', 'uid']
const claimsOfPersons = ['email', 'name', 'preferred_username', 'given_name', 'picture', 'nickname', 'auth_time']

/** A client id is no URL. An ID token names no scopes, and says something about a person. */
function isIdToken(claims: unknown): boolean {
  const has = (name: string): boolean => own(claims, name) !== undefined
  const aud = onlyAudience(claims)
  if (claimsOfAccessTokens.some(has)) {
    return claimsOfIdTokens.slice(1).some(has)
  }
  return (
    claimsOfIdTokens.some(has) || (aud !== undefined && (ownText(claims, 'azp') === aud || claimsOfPersons.some(has)))
  )
}

function whyIdToken(claims: unknown): string {
  return onlyAudience(claims) === undefined
    ? `it has ${claimsOfIdTokens
        .filter((name) => own(claims, name) !== undefined)
        .map((name) => `\`${name}\``)
        .join(' and ')}`
    : 'its audience is the client id'
}

/** The only audience, if it is no URL. */
function onlyAudience(claims: unknown): string | undefined {
  const aud = own(claims, 'aud')
  const [only, ...others] = Array.isArray(aud) ? (aud as readonly unknown[]) : [aud]
  return typeof only === 'string' && others.length === 0 && !only.includes('://') ? only : undefined
}

/** The sentence that says which token to send in place of this one. */
export const sendAccessToken =
  'Send the access token: `access_token` of the token response, not `id_token` or `refresh_token`.'
