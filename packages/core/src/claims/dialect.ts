import type { AccessTokenClaims } from '../access-token.ts'
import { describe, expectFunction, expectOptions, invalidOption } from '../lib/invalid-option.ts'
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
  /** The claims with the id of the client, in order of preference. Default: `['client_id', 'azp']`. */
  readonly clientId?: string | readonly ClaimPath[] | undefined
  /**
   * The claims that contain scopes or roles. The token has the scopes of all of them. A claim is an array, a string with
   * spaces or commas, or an object whose names are the scopes; names with the value `false` or `null` do not count. Or
   * a function of the claims that returns at most 1,000 scopes. Each of them can grant scopes that the default does not
   * grant. Default: `scope`, and only as a string with spaces (RFC 9068 §2.2.3).
   */
  readonly scopes?: string | readonly ClaimPath[] | ((claims: AccessTokenClaims) => readonly string[]) | undefined
  /**
   * Whether the client itself is the subject: `true` and `false` decide about `subjectType`, and `undefined` means that
   * it is unknown. It lets in no token that would otherwise be refused, but an own guard can trust `subjectType`.
   * Default: `true` when `sub` equals the client id, `undefined` when one of them is absent, and `false` otherwise.
   */
  readonly isClient?: ((claims: AccessTokenClaims) => boolean | undefined) | undefined
  /**
   * The positive mark of access tokens: a function, or claims and their values, such as `{ token_use: 'access' }` or `{
   * typ: ['Bearer', 'DPoP'] }`. All claims must have one of their values. Where it is given, it decides alone: it also
   * accepts a token whose header or claims state another kind, such as one with a `nonce`. Only `profile` demands `typ: at+jwt` beside it. A function that returns
   * `true` for every token accepts ID tokens and refresh tokens too. Default: the list of the library.
   */
  readonly isAccessToken?: IsAccessToken | AccessTokenMark | undefined
}

export type IsAccessToken = (claims: AccessTokenClaims, header: TokenHeader) => boolean

/** Claim paths and their values. */
export type AccessTokenMark = Readonly<Record<string, MarkValue | readonly MarkValue[]>>

type MarkValue = string | number | boolean

/** The checked options. */
export interface DialectSettings {
  readonly audience: PathNames
  readonly clientId: readonly PathNames[]
  readonly scopes: ScopeSources
  readonly isClient: Dialect['isClient']
  readonly isAccessToken: IsAccessToken | MarkSettings | undefined
}

/** `'the scope string'` is that of RFC 9068 §2.2.3, where an array grants nothing. */
export type ScopeSources =
  | 'the scope string'
  | readonly PathNames[]
  | ((claims: AccessTokenClaims) => readonly string[])

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
  if (isClient !== undefined) {
    expectFunction(isClient, 'isClient')
  }
  return Object.freeze({
    audience: expectPath(audience, 'dialect: { audience }'),
    clientId: expectPaths(clientId, 'dialect: { clientId }'),
    scopes: expectScopes(scopes),
    isClient,
    isAccessToken: isAccessToken === undefined ? undefined : expectIsAccessToken(isAccessToken),
  })
}

function expectScopes(scopes: Dialect['scopes']): ScopeSources {
  if (scopes === undefined) {
    return 'the scope string'
  }
  return typeof scopes === 'function' ? scopes : expectPaths(scopes, 'dialect: { scopes }')
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
  if (values.length === 0 || !values.every((one) => ['string', 'number', 'boolean'].includes(typeof one))) {
    throw invalidOption(
      `Expected the value of \`${name.slice(0, 100)}\` in \`isAccessToken\` to be a string, a number or a boolean, or an array of these`,
    )
  }
  return Object.freeze([...values])
}
