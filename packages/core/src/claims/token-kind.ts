import type { AccessTokenClaims } from '../access-token.ts'
import { describe } from '../lib/invalid-option.ts'
import type { StatedKind } from '../validated-token.ts'
import { callApplicationNow } from '../responses/error-response.ts'
import { valueAt } from './claim-path.ts'
import type { DialectSettings, TokenHeader } from './dialect.ts'

/** Claims of ID tokens, logout tokens, security events and introspection responses. */
const claimsOfOtherKinds = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events', 'token_introspection']

/** What decides about the kind of a token besides its claims. */
export interface KindRules extends Pick<DialectSettings, 'isAccessToken'> {
  readonly profile: 'rfc9068' | undefined
}

/**
 * The kind that a token states, by one list for JWTs and introspection responses (RFC 8725 §3.11). `undefined` when it
 * states none. `header` is `undefined` for an introspection response.
 *
 * The profile demands `typ: at+jwt` of every JWT. With `isAccessToken` in the dialect, nothing else decides.
 */
export function statedKind(
  claims: AccessTokenClaims,
  header: TokenHeader | undefined,
  { isAccessToken, profile }: KindRules,
): StatedKind | undefined {
  const type = mediaType(valueAt(header, ['typ']))
  if (profile !== undefined && header !== undefined && type !== typeOfAccessTokens) {
    return { kind: 'other', by: ['typ'] }
  }
  return isAccessToken === undefined
    ? kindByList(claims, type, header === undefined)
    : kindByMark(claims, header ?? noHeader, isAccessToken)
}

const typeOfAccessTokens = 'application/at+jwt'
const noHeader: TokenHeader = Object.freeze({})

/**
 * A claim that says "ID token", "refresh token" or the like decides first. Then `typ: at+jwt`. A header with `JWT` or
 * without `typ` says nothing, and any other `typ` states another kind. Then come the claims that only other kinds have.
 */
function kindByList(claims: AccessTokenClaims, type: string | undefined, isResponse: boolean): StatedKind | undefined {
  const words = wordsIn(claims, isResponse)
  if (words?.kind === 'other') {
    return words
  }
  if (type !== undefined && type !== 'application/jwt') {
    return type === typeOfAccessTokens ? { kind: 'access-token', by: [] } : { kind: 'other', by: ['typ'] }
  }
  // Keycloak before 25 put the `nonce` of the login into access tokens too, which state their kind.
  const ofOthers = claimsOfOtherKinds.filter((name) => !isEmpty(valueAt(claims, [name])))
  const deciding = words === undefined ? ofOthers : ofOthers.filter((name) => name !== 'nonce')
  return deciding.length > 0 ? { kind: 'other', by: deciding } : words
}

/** The mark for a response about a JWT, whose own claims state its kind: only words about another kind count. */
export function statesNoOtherKind(claims: AccessTokenClaims): boolean {
  return wordsIn(claims, true)?.kind !== 'other'
}

/** The full media type of a `typ`. A type without a slash is short for `application/` (RFC 7515 §4.1.9). */
export function mediaType(typ: unknown): string | undefined {
  if (typ === undefined) {
    return undefined
  }
  const name = typeof typ === 'string' ? typ.toLowerCase() : ''
  return name.includes('/') ? name : `application/${name}`
}

function kindByMark(
  claims: AccessTokenClaims,
  header: TokenHeader,
  mark: NonNullable<DialectSettings['isAccessToken']>,
): StatedKind {
  if (typeof mark !== 'function') {
    const wrong = mark.filter(({ path, values }) => !hasValue(valueAt(claims, path), values))
    const by = (wrong.length === 0 ? mark : wrong).map(({ path }) => path.join('.'))
    return { kind: wrong.length === 0 ? 'access-token' : 'other', by }
  }
  const result: unknown = callApplicationNow(() => mark(claims, header))
  // A promise would be truthy.
  if (typeof result !== 'boolean') {
    throw new TypeError(`Expected \`isAccessToken\` of a dialect to return true or false, got ${describe(result)}`)
  }
  return { kind: result ? 'access-token' : 'other', by: [] }
}

function hasValue(claim: unknown, values: readonly unknown[]): boolean {
  return values.some((value) =>
    value instanceof RegExp ? typeof claim === 'string' && value.test(claim) : value === claim,
  )
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0)
}

/** Words of access tokens. `Bearer` and `DPoP` are the token types of RFC 6749 §5.1 and RFC 9449 §5. */
const wordsOfAccessTokens: ReadonlySet<string> = new Set([
  'access',
  'access_token',
  'bearer',
  'dpop',
  'urn:ietf:params:oauth:token-type:access_token',
])

const wordOfOtherKind = /^(id|refresh|offline|logout)/i

/**
 * The kind that the claims state by a word: in `token_use` (Cognito, Hydra), `typ` (Keycloak) or `token_type`. In an
 * introspection response, `token_type` is registered (RFC 7662 §2.2), and an unknown type is another kind.
 */
function wordsIn(claims: AccessTokenClaims, isResponse: boolean): StatedKind | undefined {
  const statements = ['token_use', 'typ', 'token_type'].flatMap((name) => {
    const word = valueAt(claims, [name])
    return typeof word === 'string' ? [{ name, word: word.toLowerCase() }] : []
  })
  const ofAccessTokens = statements.filter(({ word }) => wordsOfAccessTokens.has(word))
  const ofOthers = statements.filter(
    (one) =>
      wordOfOtherKind.test(one.word) || (isResponse && one.name === 'token_type' && !ofAccessTokens.includes(one)),
  )
  if (ofOthers.length > 0) {
    return { kind: 'other', by: ofOthers.map(({ name }) => name) }
  }
  return ofAccessTokens.length === 0 ? undefined : { kind: 'access-token', by: ofAccessTokens.map(({ name }) => name) }
}
