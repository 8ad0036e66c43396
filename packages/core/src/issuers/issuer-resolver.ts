import { warnOfMisconfiguration } from '../diagnostics/channels.ts'
import { withDeadline } from '../lib/deadline.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { callApplication } from '../responses/error-response.ts'
import { type Issuer, type IssuerContext, resolvedLabel } from './issuer.ts'
import { createIssuerResults, type IssuerResults } from './issuer-results.ts'
import { observeRequest, type ObservedRequest } from './observed-request.ts'
import { isRejectedName } from './rejected-name.ts'
import { createResolvedIssuers, type ResolvedIssuer } from './resolved-issuers.ts'
import { isPossibleIssuer, type TrustedIssuer } from './trusted-issuer.ts'

/**
 * Returns the trusted issuer for the unverified `iss` of a token, as a `trustedIssuer` or as its URL, or `undefined` for
 * a stranger. An issuer whose name is not exactly `iss` counts as a stranger. Never return the `iss` of a stranger:
 * everyone can run an issuer.
 *
 * `request` is the request of the token, for tenants by host. It is `undefined` where there is no request: for
 * `validate` and `evict`. If the function reads a member of `request`, its result serves this request only, and the
 * function is called for every request. Then return the same object for a tenant each time, because cached tokens belong
 * to that object. Otherwise the result depends on `iss` alone: it is cached for 10 minutes, and `undefined` for 10
 * seconds. A read after such a result throws a `TypeError`.
 *
 * `iss` is any text of at most 2,048 characters that can name an issuer. A client can make it up, and the host of the
 * request as well. An error of the function is a failure (500), and no refusal. Exception: if `trustedIssuer` rejects
 * exactly this name, the issuer counts as a stranger.
 */
export type ResolveIssuer = (
  iss: string,
  request: HttpRequest | undefined,
) => MaybePromise<TrustedIssuer | string | undefined>

/** The issuers that an `issuer` function returns. */
export interface IssuerResolver {
  /** The issuer for a token of this request. */
  readonly find: (iss: string, request: HttpRequest | undefined) => Promise<Issuer | undefined>
  /** The cached issuer, if it does not depend on the request. The function is not called. */
  readonly cached: (iss: string, request: HttpRequest | undefined) => Issuer | undefined
  /** The issuers of this name that the function returned lately, for any request. */
  readonly cachedByName: (iss: string) => readonly Issuer[]
  /** The issuers that the function returned lately, one for each name. */
  readonly all: () => readonly Issuer[]
}

/** All bounds together are 256 MiB: these, and those of `resolved-issuers`. */
const maxBytes = { withRequest: 160 * 2 ** 20, withoutRequest: 32 * 2 ** 20 }
const deadline = 5000

export function createIssuerResolver(resolve: ResolveIssuer, context: IssuerContext): IssuerResolver {
  const issuers = createResolvedIssuers(context)
  const withRequest = createIssuerResults(maxBytes.withRequest, context.clock)
  /** The function can return something else when there is no request, although it reads nothing. */
  const withoutRequest = createIssuerResults(maxBytes.withoutRequest, context.clock)
  let hasWarned = false

  const resultsFor = (request: HttpRequest | undefined): IssuerResults =>
    request === undefined ? withoutRequest : withRequest

  async function find(iss: string, request: HttpRequest | undefined): Promise<Issuer | undefined> {
    const results = resultsFor(request)
    const known = results.get(iss)
    const isDecided = known !== undefined || !isPossibleIssuer(iss) || results.isStranger(iss)
    return isDecided ? known : shareCall(iss, request, results)
  }

  /** Shares a pending call while that call reads nothing of its request. */
  async function shareCall(iss: string, request: HttpRequest | undefined, results: IssuerResults) {
    const pending = results.calls.get(iss)
    if (pending?.request.isRead() === false) {
      const issuer = await Promise.race([pending.request.whenRead, pending.issuer])
      if (!pending.request.isRead()) {
        return issuer
      }
    }
    return startCall(iss, observeRequest(request), results)
  }

  async function startCall(iss: string, request: ObservedRequest, results: IssuerResults): Promise<Issuer | undefined> {
    const pending = { request, issuer: resolveFor(iss, request, results) }
    results.calls.set(iss, pending)
    try {
      return await pending.issuer
    } finally {
      if (results.calls.get(iss) === pending) {
        results.calls.delete(iss)
      }
    }
  }

  /** Caches a result only if it depends on `iss` alone. */
  async function resolveFor(iss: string, request: ObservedRequest, results: IssuerResults) {
    const resolved = await callFunction(iss, request.view)
    if (request.isRead()) {
      results.delete(iss)
      if (resolved !== undefined) {
        issuers.note(resolved)
      }
    } else {
      request.seal()
      results.set(iss, resolved)
    }
    return resolved?.issuer
  }

  async function callFunction(iss: string, request: HttpRequest | undefined): Promise<ResolvedIssuer | undefined> {
    try {
      return issuers.of(await callApplication(() => withinDeadline(resolve(iss, request))), iss)
    } catch (error) {
      if (!isRejectedName(error, iss)) {
        throw error
      }
      warnOnce()
      return undefined
    }
  }

  /** Once, and without the name, because strangers make up names. */
  function warnOnce(): void {
    if (!hasWarned) {
      hasWarned = true
      const message =
        'The `issuer` function trusts an issuer whose name trustedIssuer rejects; its tokens are refused. Return undefined for a name that you do not know. Add `keys` for an issuer that you trust and whose name is no URL on https:'
      warnOfMisconfiguration({ event: 'invalid-issuer', issuer: resolvedLabel, message })
    }
  }

  return {
    find,
    cached: (iss, request) => resultsFor(request).get(iss),
    cachedByName: (iss) => {
      const cached = [withRequest.get(iss), withoutRequest.get(iss)].filter((issuer) => issuer !== undefined)
      return [...new Set([...cached, ...issuers.noted().filter(({ url }) => url === iss)])]
    },
    all: () => {
      const all = [...withRequest.issuers(), ...withoutRequest.issuers(), ...issuers.noted()]
      return [...new Map(all.map((issuer) => [issuer.url, issuer])).values()]
    },
  }
}

/** Only a promise has a deadline, because a function that reads the request would start a timer for each request. */
function withinDeadline<Result>(result: MaybePromise<Result>): MaybePromise<Result> {
  const isPending = typeof result === 'object' && result !== null && 'then' in result
  return isPending ? withDeadline(Promise.resolve(result), AbortSignal.timeout(deadline), timeout) : result
}

function timeout(): Error {
  return new Error(`The \`issuer\` function returned nothing within ${deadline} ms`)
}
