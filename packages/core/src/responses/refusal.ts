import { formatChallenge } from './challenge.ts'
import { expectText, invalidOption } from '../lib/invalid-option.ts'

/** The error codes that a challenge may carry (RFC 6750 §3.1). */
export type RefusalCode = 'invalid_request' | 'invalid_token' | 'insufficient_scope'

/** The reasons that are the library's own, every one of them. A guard may refuse for others. */
export const refusalReasons = [
  'no-credentials',
  'malformed-credentials',
  'repeated-credentials',
  'token-too-large',
  'malformed-token',
  'untrusted-issuer',
  'algorithm-not-allowed',
  'critical-header',
  'unknown-key',
  'bad-signature',
  'wrong-token-type',
  'missing-claim',
  'malformed-claim',
  'expired',
  'not-yet-valid',
  'issued-in-the-future',
  'lifetime-too-long',
  'wrong-audience',
  'sender-constrained',
  'inactive',
  'missing-audience',
  'unknown-prefix',
  'wrong-claims',
  'missing-scope',
] as const

/** Why a request was refused, as a stable id: for logs, metrics and tests, never sent to the client. A guard may have reasons of its own. */
export type RefusalReason = (typeof refusalReasons)[number] | (string & {})

export interface RefusalInit {
  /** The registered code, which decides the status. Default: `'insufficient_scope'`, 403. */
  readonly code?: RefusalCode | undefined
  /** A stable id of the cause, for you; never sent to the client. */
  readonly reason: RefusalReason
  /** Which claims it is about, for you as well. Default: none. */
  readonly claimPaths?: readonly string[] | undefined
}

/** What a refusal needs to know in order to become a challenge. */
export interface ChallengeContext {
  readonly realm: string
  /** The scopes that the route demands, all of them. */
  readonly scopes: readonly string[]
}

const statusOf: Readonly<Record<RefusalCode, 400 | 401 | 403>> = {
  invalid_request: 400,
  invalid_token: 401,
  insufficient_scope: 403,
}

/** Fixed sentences: no token, claim, key id or library message reaches the wire, and only these tell more than their code does. */
const descriptionOf: Readonly<Record<string, string>> = {
  invalid_request: 'The credentials of the request are malformed',
  invalid_token: 'The access token is not valid',
  insufficient_scope: 'The access token does not permit this request',
  expired: 'The access token has expired',
  'wrong-audience': 'The access token is meant for another audience',
  'missing-scope': 'The access token lacks a required scope',
}

/**
 * The request is refused, and the fault is the client's: `status`, and the `headers` with the challenge that
 * RFC 6750 §3 asks for. `code` is the registered error code, absent when no credentials were presented at all;
 * `reason` is our own finer id, which is for you and never goes on the wire.
 *
 * A guard of yours refuses by returning `new Refusal({ reason: 'not-the-owner' })`, which is 403 `insufficient_scope`; the
 * challenge is added by the validator, which knows the realm and what the route demands.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for a code that is none, or without a reason.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: RefusalCode | undefined
  readonly reason: RefusalReason
  /**
   * Where the claims are that the schema of `claims` does not accept, such as `tenant` or `address.lines[0]`; `''` is all of them. At most ten, each cut at
   * 200 characters; names come out of the token, values never, and nothing of it is sent to the client.
   */
  readonly claimPaths: readonly string[]
  readonly status: 400 | 401 | 403
  /** The same as `status`, under the name that some frameworks look for. */
  readonly statusCode: 400 | 401 | 403
  /** The message may be shown to the client: it is one of a few fixed sentences. */
  readonly expose = true
  readonly #context: ChallengeContext
  #headers: Readonly<Record<string, string>> | undefined

  constructor(init: RefusalInit, context: ChallengeContext = { realm: 'api', scopes: [] }) {
    const { code, reason, claimPaths } = expectInit(init)
    super(describeRefusal(code, reason))
    this.code = code
    this.reason = reason
    this.claimPaths = claimPaths
    this.status = code === undefined ? 401 : statusOf[code]
    this.statusCode = this.status
    this.#context = context
    // An answer to a request is no accident: there is nothing to trace. Frameworks may show it, so that the reason is not in it.
    Object.defineProperty(this, 'stack', { value: `${this.name}: ${this.message}`, enumerable: false })
  }

  /** The headers of the answer: the challenge, and that no cache keeps it. Layers of an app that answers errors may put others in their place. */
  get headers(): Readonly<Record<string, string>> {
    this.#headers ??= { 'WWW-Authenticate': challenge(this, this.#context), 'Cache-Control': 'no-store' }
    return this.#headers
  }

  set headers(headers: Readonly<Record<string, string>>) {
    this.#headers = headers
  }

  /** The small JSON body that goes with the answer; empty, like the challenge, when no credentials were presented (RFC 6750 §3.1). */
  get body(): Readonly<Record<string, string>> {
    return this.code === undefined ? {} : { error: this.code, error_description: this.message }
  }

  /** The same refusal with the challenge of a route. */
  challengedBy(context: ChallengeContext): Refusal {
    return new Refusal(this, context)
  }
}

/** The refusal of a token, whatever is wrong with it (RFC 6750 §3.1). */
export function invalidToken(reason: RefusalReason, claimPaths?: readonly string[]): Refusal {
  return new Refusal({ code: 'invalid_token', reason, claimPaths })
}

/** The refusal of credentials that are no well-formed token (RFC 6750 §3.1). */
export function invalidRequest(reason: RefusalReason): Refusal {
  return new Refusal({ code: 'invalid_request', reason })
}

/** The one refusal without a code: there was nothing to refuse. */
const withoutCode: RefusalReason = 'no-credentials'

function expectInit(init: RefusalInit): Pick<Refusal, 'code' | 'reason' | 'claimPaths'> {
  const { code = 'insufficient_scope', reason, claimPaths = [] } = init
  if (!Object.hasOwn(statusOf, code)) {
    throw invalidOption(`Expected the \`code\` of a Refusal to be one of ${Object.keys(statusOf).join(', ')}`)
  }
  expectText(reason, 'reason')
  if (!Array.isArray(claimPaths)) {
    throw invalidOption('Expected the `claimPaths` of a Refusal to be an array of strings')
  }
  return { code: reason === withoutCode ? undefined : code, reason, claimPaths: Object.freeze([...claimPaths]) }
}

function describeRefusal(code: RefusalCode | undefined, reason: string): string {
  if (code === undefined) {
    return 'The request carries no credentials'
  }
  const own = Object.hasOwn(descriptionOf, reason) ? descriptionOf[reason] : undefined
  return own ?? descriptionOf[code] ?? code
}

/** The scopes are told to whom they help: the client without a token, and the one whose token lacks some of them. */
function challenge(refusal: Refusal, { realm, scopes }: ChallengeContext): string {
  const tellsScopes = scopes.length > 0 && (refusal.code === undefined || refusal.reason === 'missing-scope')
  return formatChallenge('Bearer', {
    realm,
    error: refusal.code,
    error_description: refusal.code === undefined ? undefined : refusal.message,
    scope: tellsScopes ? scopes.join(' ') : undefined,
  })
}
