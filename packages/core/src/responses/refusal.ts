import type { AccessToken } from '../access-token.ts'
import { expectText, invalidOption } from '../lib/invalid-option.ts'
import { type ChallengeContext, formatChallenges } from './challenge.ts'
import { type GraphqlExtensions, graphqlExtensions } from './graphql-extensions.ts'
import type { PassedOverKey } from './passed-over-key.ts'
import type { RefusalReason } from './refusal-reasons.ts'

/**
 * The error codes of RFC 6750 §3.1, RFC 9449 §12.2 and RFC 9470 §3. `insufficient_authorization` is a draft's, and comes only
 * from `authorizationDetails` with a `remedy`.
 */
export type RefusalCode =
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'insufficient_user_authentication'
  | 'insufficient_authorization'

/** What a `Refusal` consists of. Only `reason` is required. */
export interface RefusalInit {
  /** The registered code. It determines the status. Default: `'insufficient_scope'`, which is 403. */
  readonly code?: RefusalCode | undefined
  /** A stable id of the cause. It is never sent to the client. */
  readonly reason: RefusalReason
  /** The claims that caused the refusal. They are never sent to the client. Default: none. */
  readonly claimPaths?: readonly string[] | undefined
  /** Published keys that the token can mean and that are not used. The client never gets them. Default: none. */
  readonly passedOver?: readonly PassedOverKey[] | undefined
}

const statusOf: Readonly<Record<RefusalCode, 400 | 401 | 403>> = {
  invalid_request: 400,
  invalid_token: 401,
  insufficient_scope: 403,
  invalid_dpop_proof: 401,
  use_dpop_nonce: 401,
  insufficient_user_authentication: 401,
  insufficient_authorization: 401,
}

/** Fixed sentences, by code or reason. Other reasons have the sentence of their code, so that the wire says no more. */
const descriptions: ReadonlyMap<string, string> = new Map(
  Object.entries({
    invalid_request: 'The credentials of the request are malformed',
    invalid_token: 'The access token is not valid',
    insufficient_scope: 'The access token does not permit this request',
    invalid_dpop_proof: 'The DPoP proof is not valid',
    use_dpop_nonce: 'The DPoP proof needs a nonce of this server',
    insufficient_user_authentication: 'A stronger or more recent authentication is required',
    insufficient_authorization: 'The access token lacks required authorization details',
    expired: 'The access token has expired',
    'wrong-audience': 'The access token is meant for another audience',
    'missing-scope': 'The access token lacks a required scope',
    'malformed-message': 'The message of the request is malformed',
  }),
)

const noContext: ChallengeContext = { realm: 'api', scopes: [], schemes: [{ name: 'Bearer', isAttempted: true }] }

const noCredentials = 'The request carries no credentials'

const brand = Symbol.for('tollgate.Refusal')

/**
 * The request is refused because of the client. `status` and `headers` are those of RFC 6750 §3.
 *
 * `code` is the registered error code. It is `undefined` when the request has no credentials. `reason` is a finer id,
 * which stays on the server. A guard of the application refuses with `new Refusal({ reason: 'not-the-owner' })`, which
 * is 403 `insufficient_scope`. The validator adds the challenge of the route.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for an unknown code, or without a reason.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: RefusalCode | undefined
  readonly reason: RefusalReason
  /**
   * The claims that caused the refusal, such as `aud`, or the paths of the claims that the schema in `claims` refused,
   * such as `address.lines[0]`. `''` means all claims. There are at most ten paths of at most 200 characters. They
   * contain names out of the token, and no values.
   */
  readonly claimPaths: readonly string[]
  /** With `unknown-key` and `bad-signature`: published keys that the token can mean, and why they are not used. */
  readonly passedOver: readonly PassedOverKey[]
  readonly status: 400 | 401 | 403
  /** The same as `status`. Some frameworks read this name. */
  readonly statusCode: 400 | 401 | 403
  /** A framework may show the message to the client, because it is a fixed sentence. */
  readonly expose = true
  /**
   * The valid token that a guard refused, for audits. It is not enumerable, so that no log serializes it. `undefined`
   * when no valid token came.
   */
  declare readonly token: AccessToken<unknown> | undefined
  readonly #context: ChallengeContext
  #headers: Readonly<Record<string, string>> | undefined

  constructor(init: RefusalInit, context: ChallengeContext = noContext, token?: AccessToken<unknown>) {
    const { code, reason, claimPaths, passedOver } = expectInit(init)
    super(code === undefined ? noCredentials : (descriptions.get(reason) ?? descriptions.get(code)))
    this.code = code
    this.reason = reason
    this.claimPaths = claimPaths
    this.passedOver = passedOver
    this.status = code === undefined ? 401 : statusOf[code]
    this.statusCode = this.status
    this.#context = context
    // The stack has no trace and no reason, because frameworks may show it to the client.
    Object.defineProperty(this, 'stack', { value: `${this.name}: ${this.message}`, enumerable: false })
    Object.defineProperty(this, brand, { value: true })
    Object.defineProperty(this, 'token', { value: token })
  }

  /**
   * The headers of the response: the challenges, and `Cache-Control: no-store`. With DPoP also `DPoP-Nonce`, if the
   * client needs one, and `Access-Control-Expose-Headers`. An error handler can replace them.
   */
  get headers(): Readonly<Record<string, string>> {
    this.#headers ??= {
      'WWW-Authenticate': this.challenges.join(', '),
      'Cache-Control': 'no-store',
      ...this.#context.headers,
    }
    return this.#headers
  }

  set headers(headers: Readonly<Record<string, string>>) {
    this.#headers = headers
  }

  /** The JSON body of the response. It is empty when the request has no credentials (RFC 6750 §3.1). */
  get body(): Readonly<Record<string, string>> {
    return this.code === undefined ? {} : { error: this.code, error_description: this.message }
  }

  /**
   * For GraphQL: `code`, and `http` with the status and the headers. `GraphQLError` takes them from the error that it
   * wraps, and Apollo Server and Yoga use them for the response.
   */
  get extensions(): GraphqlExtensions {
    return graphqlExtensions(this.status, this.headers)
  }

  /**
   * The challenges in `WWW-Authenticate`. A request without credentials gets one for each scheme of the route. An error
   * is in the challenge of the scheme that the request used (RFC 9449 §7.1). A token that is bound to a key and came
   * under `Bearer` gets a challenge for `DPoP` too.
   */
  get challenges(): readonly string[] {
    return formatChallenges(this, this.#context)
  }
}

/** Whether `error` is a `Refusal`, of this copy of the library or of another. */
export function isRefusal(error: unknown): error is Refusal {
  return typeof error === 'object' && error !== null && Object.hasOwn(error, brand)
}

/** The refusal of a token (RFC 6750 §3.1): 401. */
export function invalidToken(reason: RefusalReason, claimPaths?: readonly string[]): Refusal {
  return new Refusal({ code: 'invalid_token', reason, claimPaths })
}

/** The refusal of a DPoP proof (RFC 9449 §7.1): 401. */
export function invalidProof(reason: RefusalReason): Refusal {
  return new Refusal({ code: 'invalid_dpop_proof', reason })
}

/** The refusal of malformed credentials (RFC 6750 §3.1): 400. */
export function invalidRequest(reason: RefusalReason): Refusal {
  return new Refusal({ code: 'invalid_request', reason })
}

function expectInit(init: RefusalInit): Pick<Refusal, 'code' | 'reason' | 'claimPaths' | 'passedOver'> {
  const { code = 'insufficient_scope', reason, claimPaths = [], passedOver = [] } = init
  if (!Object.hasOwn(statusOf, code)) {
    throw invalidOption(`Expected the \`code\` of a Refusal to be one of ${Object.keys(statusOf).join(', ')}`)
  }
  expectText(reason, 'reason')
  if (!Array.isArray(claimPaths)) {
    throw invalidOption('Expected the `claimPaths` of a Refusal to be an array of strings')
  }
  if (!Array.isArray(passedOver)) {
    throw invalidOption('Expected the `passedOver` of a Refusal to be an array of keys')
  }
  const frozen = { claimPaths: Object.freeze([...claimPaths]), passedOver: Object.freeze([...passedOver]) }
  return { code: reason === 'no-credentials' ? undefined : code, reason, ...frozen }
}
