import { inspect, type InspectOptions } from 'node:util'
import type { AccessToken, CommonMembers } from './access-token.ts'
import { isRecord } from './lib/record.ts'
import type { ClaimsPolicy, ValidatedToken } from './validated-token.ts'

/** The validator that validated a token. Validators are compared by their identity. */
export interface TokenOwner {
  /** The identifier of its resource (RFC 8707). `undefined` without one. */
  readonly resource: string | undefined
  /** The URL of the metadata of its resource. `undefined` unless clients can get it. */
  readonly resourceMetadataUrl: () => string | undefined
}

/** What the validator verified about the sender of a token, and the headers that its response needs. */
export type Sender = Pick<CommonMembers, 'confirmation' | 'responseHeaders'>

/** The sender of a token that is not bound. */
export const anySender: Sender = Object.freeze({ confirmation: undefined, responseHeaders: Object.freeze({}) })

/** Creates the token of one request. `owner` stands for the validator that validated it. */
export function createAccessToken(
  validated: ValidatedToken,
  { raw, owner, sender = anySender }: { readonly raw: string; readonly owner: TokenOwner; readonly sender?: Sender },
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

/** Stands for the validator that created the token. Throws a `TypeError` for any other object. */
export function ownerOf(token: object): TokenOwner {
  return partsOf(token).origin.owner
}

/** What accepted a token: a guard, for a request. The guard is not typed, because guards are built on tokens. */
export interface Acceptance {
  readonly guard: object
  readonly request: object | undefined
}

/** An application can authorize any number of messages with one token. Only the first acceptances count. */
const maxAcceptances = 100

/** Notes what accepted a token. */
export function noteAcceptance(token: object, acceptance: Acceptance): void {
  const acceptances = acceptancesOf(token)
  const isKnown = acceptances.some(({ guard, request }) => guard === acceptance.guard && request === acceptance.request)
  if (!isKnown && acceptances.length < maxAcceptances) {
    acceptances.push(acceptance)
  }
}

/** What accepted a token and its copies, in this order. */
export function acceptancesOf(token: object): Acceptance[] {
  return partsOf(rootOf(token)).acceptances
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
  readonly acceptances: Acceptance[]
}

interface Origin {
  readonly raw: string
  readonly owner: TokenOwner
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
  readonly #acceptances: Acceptance[] = []

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
    return { validated: this.#validated, origin: this.#origin, acceptances: this.#acceptances }
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
