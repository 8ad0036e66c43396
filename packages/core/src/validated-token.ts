import { inspect, type InspectOptions } from 'node:util'
import type { AccessToken, AccessTokenClaims, CommonMembers, Confirmation } from './access-token.ts'
import { isRecord } from './lib/record.ts'

/**
 * The statements of a token whose signature or introspection response is good. Step 4 still validates its claims, on
 * every request. The caches store this and no decision.
 * All requests with one token share it. It is frozen but for its set, of which each request gets a copy. It does not
 * contain the token string.
 */
export interface ValidatedToken extends Omit<CommonMembers, keyof Sender | 'raw' | keyof Granted>, TokenFacts {
  readonly claims: AccessTokenClaims
  readonly exp: number | undefined
  readonly nbf: number | undefined
  readonly iat: number | undefined
  readonly cnf: unknown
}

/** The parts of a validated token that its validation adds to its claims. */
export interface TokenFacts extends Statements {
  readonly kind: 'jwt' | 'opaque'
  readonly issuer: string
  /** For opaque tokens: the time of the introspection request, in milliseconds. */
  readonly introspectedAt: number | undefined
  readonly policy: ClaimsPolicy
}

/** What the claims of a token say, in the dialect of its issuer. */
export interface Statements extends Pick<CommonMembers, 'clientId' | 'audience'> {
  /** `undefined` when the token states no kind. */
  readonly statedKind: StatedKind | undefined
  /** The rest, read on its first use: functions of the application get no token that step 4 refuses. */
  readonly granted: () => Granted
}

type Granted = Pick<CommonMembers, 'subjectType' | 'scopes'>

/** The kind of token that the header and the claims state. */
export interface StatedKind {
  readonly kind: 'access-token' | 'other'
  /** The claims that state it, or `typ` of the header. Empty for `at+jwt` and for a function of the dialect. */
  readonly by: readonly string[]
}

/** What the issuer's options demand of the claims, on every request. */
export interface ClaimsPolicy {
  readonly audience: readonly string[]
  /** The claim that says for whom a token is. */
  readonly audienceClaim: string
  /** The claims that contain scopes. Empty for a function. */
  readonly scopeClaims: readonly string[]
  readonly missingAudience: 'refuse' | 'trust'
  readonly organizations: 'ignored' | 'enforced'
  /** Whether each token must be bound to a key or a certificate. */
  readonly binding: 'required' | 'optional'
  readonly profile: 'rfc9068' | undefined
  /** Milliseconds, as the next member. */
  readonly maxLifetime: number | undefined
  readonly clockTolerance: number
}

/** Reads the times and the confirmation once, as own members. The claims are frozen, and their types were checked. */
export function createValidatedToken(claims: AccessTokenClaims, facts: TokenFacts): ValidatedToken {
  const claim = <Name extends string>(name: Name): AccessTokenClaims[Name] =>
    Object.hasOwn(claims, name) ? claims[name] : undefined
  return Object.freeze({
    ...facts,
    // An empty text is absent.
    subject: claim('sub') || undefined,
    claims,
    exp: claim('exp'),
    nbf: claim('nbf'),
    iat: claim('iat'),
    cnf: claim('cnf'),
  })
}

/** What the validator verified about the sender of a token, and the headers that its response needs. */
export type Sender = Pick<CommonMembers, 'confirmation' | 'responseHeaders'>

/** The sender of a token that is not bound. */
export const anySender: Sender = Object.freeze({ confirmation: undefined, responseHeaders: Object.freeze({}) })

/** Creates the token of one request. `owner` stands for the validator that validated it. */
export function createAccessToken(
  validated: ValidatedToken,
  { raw, owner, sender = anySender }: { readonly raw: string; readonly owner: object; readonly sender?: Sender },
): AccessToken {
  return new RequestToken(validated, { raw, owner, sender, claims: validated.claims }) as object as AccessToken
}

/** The same token with the claims that a schema returned. They are not frozen. */
export function withTypedClaims<Claims>(token: AccessToken, claims: Claims): AccessToken<Claims> {
  return withClaims(token, claims) as object as AccessToken<Claims>
}

/** The same token with the claims that its issuer sent. Throws a `TypeError` unless `owner` created the token. */
export function withRawClaims(token: object, owner: object): AccessToken {
  const { validated, origin } = partsOf(token)
  if (origin.owner !== owner) {
    throw new TypeError('Expected an access token that this validator has validated')
  }
  const isRaw = (token as AccessToken).claims === validated.claims
  return isRaw ? (token as AccessToken) : (withClaims(token, validated.claims) as object as AccessToken)
}

function withClaims(token: object, claims: unknown): RequestToken {
  const { validated, origin } = partsOf(token)
  return new RequestToken(validated, { ...origin, claims, root: origin.root ?? token })
}

/** The demands of its issuer on a token. Throws a `TypeError` for a token that no validator created. */
export function policyOf(token: object): ClaimsPolicy {
  return validatedOf(token).policy
}

/** The statements of a token that a validator created. Throws a `TypeError` for any other object. */
export function validatedOf(token: object): ValidatedToken {
  return partsOf(token).validated
}

/** The first token of a request. Its copies with other claims have the same one. */
export function rootOf(token: object): object {
  return partsOf(token).origin.root ?? token
}

/** A validator of another copy of the library may have created the token. */
function partsOf(token: unknown): Parts {
  const read = isRecord(token) ? (token as Partial<RequestToken>)[parts] : undefined
  if (typeof read !== 'function') {
    throw new TypeError('Expected an access token that a validator has validated')
  }
  return read.call(token as RequestToken)
}

/** Not enumerable, because it is a method. */
const parts = Symbol.for('tollgate.token/1')

interface Parts {
  readonly validated: ValidatedToken
  readonly origin: Origin
}

interface Origin {
  readonly raw: string
  readonly owner: object
  readonly claims: unknown
  readonly sender: Sender
  /** The first token of the request, of which this one is a copy with other claims. */
  readonly root?: object
}

/** Every request has an object of its own, because a handler can change a `Set` or a `Date`. */
class RequestToken {
  declare readonly scopes: ReadonlySet<string>
  declare readonly claims: unknown
  readonly #validated: ValidatedToken
  readonly #origin: Origin

  constructor(validated: ValidatedToken, origin: Origin) {
    const { kind, issuer, subject, clientId, audience, exp, introspectedAt } = validated
    const { subjectType, scopes: granted } = validated.granted()
    const { claims, sender } = origin
    const { confirmation } = sender
    const scopes = Object.defineProperty(new Set(granted), 'includes', includes)
    const expiresAt = exp === undefined ? undefined : toDate(exp * 1000)
    Object.assign(this, { kind, issuer, subject, subjectType, clientId, audience, scopes, expiresAt, claims })
    if (introspectedAt !== undefined) {
      Object.assign(this, { introspectedAt: toDate(introspectedAt) })
    }
    if (confirmation !== undefined) {
      Object.assign(this, { confirmation })
    }
    this.#validated = validated
    this.#origin = origin
    Object.freeze(this)
  }

  [parts](): Parts {
    return { validated: this.#validated, origin: this.#origin }
  }

  raw(): string {
    return this.#origin.raw
  }

  get responseHeaders(): Sender['responseHeaders'] {
    return this.#origin.sender.responseHeaders
  }

  /** The MCP SDK reads `req.auth.token`. */
  get token(): string {
    return this.#origin.raw
  }

  /** Shows the own members only, because `inspect` with `getters` would show the token. */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `AccessToken ${inspect(Object.assign({}, this), options)}`
  }

  toJSON(): object {
    return Object.assign({}, this, { scopes: [...this.scopes] })
  }
}

/** The MCP SDK, and handlers that expect an array of scopes, call it. */
const includes: PropertyDescriptor = {
  value(this: ReadonlySet<string>, scope: string) {
    return this.has(scope)
  },
}

/** A later time becomes the last one that a `Date` can represent. */
function toDate(milliseconds: number): Date {
  return new Date(Math.min(milliseconds, 8.64e15))
}
