import type { AccessTokenClaims } from '../access-token.ts'
import { describe, expectOptions, invalidOption } from '../lib/invalid-option.ts'
import { isPlainObject } from '../lib/record.ts'
import { type ClaimPath, expectPath, expectPaths, type PathNames } from './claim-path.ts'

/** The header of a JWT (RFC 7515 §4). It is empty for an introspection response. */
export type TokenHeader = Readonly<Record<string, unknown>>

/**
 * Where and how an issuer writes what the validator reads from its tokens and its introspection responses. The functions
 * get frozen claims, at the validation of a token. Their errors are failures (500).
 */
export interface Dialect {
  /**
   * The claim that says for whom a token is: a string or an array of strings. It must name the `audience` of the issuer,
   * compared exactly. Another claim than `aud` accepts tokens whose `aud` names another API or none. Default: `'aud'`
   * (RFC 9068 §2.2).
   */
  readonly audience?: ClaimPath | undefined
  /**
   * The claims with the id of the client, in order of preference. Does NOT check that the client is known. Default:
   * `['client_id', 'azp']`.
   */
  readonly clientId?: string | readonly ClaimPath[] | undefined
  /**
   * The claims that contain scopes or roles. The token has the scopes of all of them. A claim is an array, a string with
   * spaces or commas (in `scope` and `scp` only with spaces), or an object. The names of an object are the scopes,
   * except names with the value `false` or `null`. Or a function of the claims that returns at most 1,000 scopes.
   * Another claim than `scope` can grant more than the default. Default: `scope`, and only as a string with spaces (RFC
   * 9068 §2.2.3).
   */
  readonly scopes?: string | readonly ClaimPath[] | ((claims: AccessTokenClaims) => readonly string[]) | undefined
  /**
   * Whether the client itself is the subject. It decides about `subjectType`: always the same, or by a function that
   * returns `undefined` for an unknown subject. It accepts no further token. A guard of yours that checks `subjectType`
   * depends on it. Default: `true` when `sub` equals the client id, unknown when one of them is absent, and otherwise
   * `false`.
   */
  readonly isClient?: boolean | 'unknown' | ((claims: AccessTokenClaims) => boolean | undefined) | undefined
  /**
   * The positive mark of access tokens: claims and their values, such as `{ token_use: 'access' }`, `{ typ: ['Bearer',
   * 'DPoP'] }` or `{ sid: /^session_/ }`. All these claims must have one of their values. Or a function of the claims
   * and the header. The mark decides alone: it also accepts a token whose header or claims state another kind, such as
   * one with a `nonce`. Only `profile` demands `typ: at+jwt` beside it. A mark that every token has accepts
   * ID tokens and refresh tokens too. Default: the list of the library.
   */
  readonly isAccessToken?: IsAccessToken | AccessTokenMark | undefined
}

/** Whether the claims and the header are those of an access token. The JWT header is empty for an opaque token. */
export type IsAccessToken = (claims: AccessTokenClaims, header: TokenHeader) => boolean

/** Claim paths and their values. An expression matches a text. */
export type AccessTokenMark = Readonly<Record<string, MarkValue | readonly MarkValue[]>>

type MarkValue = string | number | boolean | RegExp

/** The checked options. */
export interface DialectSettings {
  readonly audience: PathNames
  readonly clientId: readonly PathNames[]
  readonly scopes: ScopeSources
  readonly isClient: ((claims: AccessTokenClaims) => boolean | undefined) | undefined
  readonly isAccessToken: IsAccessToken | MarkSettings | undefined
}

/** `'default'` is that of RFC 9068 §2.2.3, where an array grants nothing. */
export type ScopeSources = 'default' | readonly PathNames[] | ((claims: AccessTokenClaims) => readonly string[])

/** The claims of a mark and their accepted values. */
type MarkSettings = readonly { readonly path: PathNames; readonly values: readonly unknown[] }[]

/** The members of a dialect. */
export const dialectOptionNames: readonly string[] = ['audience', 'clientId', 'scopes', 'isClient', 'isAccessToken']

/**
 * Checks the option `dialect` of an issuer.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'`.
 */
export function expectDialect(given: Dialect = {}): DialectSettings {
  const options = expectOptions(given, 'the `dialect` of trustedIssuer', dialectOptionNames)
  const { audience = 'aud', clientId = ['client_id', 'azp'], scopes, isClient, isAccessToken } = options
  return Object.freeze({
    audience: expectAudience(audience),
    clientId: expectPaths(clientId, 'dialect: { clientId }'),
    scopes: expectScopeSources(scopes),
    isClient: isClient === undefined ? undefined : expectIsClient(isClient),
    isAccessToken: isAccessToken === undefined ? undefined : expectIsAccessToken(isAccessToken),
  })
}

function expectScopeSources(scopes: Dialect['scopes']): ScopeSources {
  if (scopes === undefined) {
    return 'default'
  }
  return typeof scopes === 'function' ? scopes : expectPaths(scopes, 'dialect: { scopes }')
}

/** A word or a boolean becomes a function, so that one form is left. */
function expectIsClient(isClient: NonNullable<Dialect['isClient']>): DialectSettings['isClient'] {
  if (typeof isClient === 'function') {
    return isClient
  }
  if (isClient !== 'unknown' && typeof isClient !== 'boolean') {
    throw invalidOption(
      `Expected \`isClient\` to be a function of the claims, true, false or 'unknown', got ${describe(isClient)}`,
    )
  }
  return () => (isClient === 'unknown' ? undefined : isClient)
}

/** A list of claims that each could be the audience is no path, and would refuse every token. */
function expectAudience(audience: unknown): PathNames {
  const path = expectPath(audience, 'dialect: { audience }')
  if (path.length > 1 && ['aud', 'azp', 'client_id', 'cid'].includes(path[0] ?? '')) {
    throw invalidOption('Expected `dialect: { audience }` to be the path of one claim, got several claims')
  }
  return path
}

function expectIsAccessToken(option: unknown): IsAccessToken | MarkSettings {
  if (typeof option === 'function') {
    return option as IsAccessToken
  }
  const marks = isPlainObject(option) ? Object.entries(option) : []
  // An empty object would accept every token.
  if (marks.length === 0) {
    throw invalidOption(
      `Expected \`isAccessToken\` to be a function, or a claim and its value such as { token_use: 'access' }, got ${describe(option)}`,
    )
  }
  return Object.freeze(
    marks.map(([name, value]) => ({ path: expectPath(name, 'isAccessToken'), values: expectValues(name, value) })),
  )
}

function expectValues(name: string, value: unknown): readonly unknown[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (values.length === 0 || !values.every(isMarkValue)) {
    throw invalidOption(
      `Expected the value of \`${name.slice(0, 100)}\` in \`isAccessToken\` to be a string, a number, a boolean or a regular expression without the flags g and y, or an array of these`,
    )
  }
  return Object.freeze([...values])
}

/** With the flags `g` and `y`, an expression has a state that one token would leave to the next. */
function isMarkValue(value: unknown): boolean {
  return value instanceof RegExp
    ? !value.global && !value.sticky
    : ['string', 'number', 'boolean'].includes(typeof value)
}
