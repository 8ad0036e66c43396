import type { AccessToken, AsIssued } from './access-token.ts'
import type { HttpRequest } from './http-request.ts'
import type { Guard } from './guards/guard.ts'
import { judgingOf } from './judging.ts'
import { createNotes } from './notes.ts'
import { isPreflight } from './preflight.ts'
import { Refusal } from './refusal.ts'
import { type Soon, whenThere, withFailures } from './soon.ts'
import type { Validator } from './validator.ts'

/** What stands between a framework's requests and the validator: it remembers each request's verdict, so that two layers of protection judge it once. */
export interface Gate<Request extends object, Claims = AsIssued> {
  /** The token of the request, judged, by the guard too; without credentials a refusal. `undefined` for a preflight that is to pass. */
  readonly admit: (request: Request, guard: Guard) => Soon<AccessToken<Claims> | undefined>
  /** The same, but `undefined` without credentials: absent ones pass, bad ones never. */
  readonly admitOptional: (request: Request, guard: Guard) => Soon<AccessToken<Claims> | undefined>
  /** The token that a request was admitted with; a `TypeError` when it passed no protection that demands one. */
  readonly tokenOf: (request: Request) => AccessToken<Claims>
  /** The same, or `undefined` when it was admitted without credentials; a `TypeError` when it passed no protection at all. */
  readonly optionalTokenOf: (request: Request) => AccessToken<Claims> | undefined
}

export interface GateOptions<Request, Claims> {
  readonly validator: Validator<Claims>
  readonly toHttpRequest: (request: Request) => HttpRequest
  readonly preflights: 'judge' | 'pass'
}

/** What has become of a request so far. */
interface Visit<Claims> {
  /** `undefined` before it is judged, and when it had no credentials: a layer further in may yet bring some, such as a parser of form bodies. */
  judgement: Judgement<Claims> | undefined
  admitted: { readonly token: AccessToken<Claims> | undefined } | undefined
}

interface Judgement<Claims> {
  readonly http: HttpRequest
  readonly verdict: Soon<AccessToken<Claims> | undefined>
}

export function createGate<Request extends object, Claims>({
  validator,
  toHttpRequest,
  preflights,
}: GateOptions<Request, Claims>): Gate<Request, Claims> {
  const { judge, authorize } = judgingOf(validator)
  const visits = createNotes<Request, Visit<Claims>>()

  function visitOf(request: Request): Visit<Claims> {
    const known = visits.of(request)
    if (known !== undefined) {
      return known
    }
    const visit: Visit<Claims> = { judgement: undefined, admitted: undefined }
    visits.set(request, visit)
    return visit
  }

  function judgementIn(visit: Visit<Claims>, request: Request): Judgement<Claims> {
    if (visit.judgement === undefined) {
      const http = toHttpRequest(request)
      visit.judgement = { http, verdict: withFailures(() => judge(http), rejected) }
    }
    return visit.judgement
  }

  function admit(request: Request, guard: Guard): Soon<AccessToken<Claims> | undefined> {
    const visit = visitOf(request)
    if (preflights === 'pass' && isPreflight(toHttpRequest(request))) {
      visit.admitted = { token: undefined }
      return undefined
    }
    const started = judgementIn(visit, request)
    return whenThere(started.verdict, (token) => letIn(visit, started, token, guard))
  }

  function letIn(
    visit: Visit<Claims>,
    started: Judgement<Claims>,
    token: AccessToken<Claims> | undefined,
    guard: Guard,
  ): Soon<AccessToken<Claims>> {
    const authorized = withFailures(
      () => authorize(token, started.http, guard),
      (error) => {
        if (error instanceof Refusal && error.code === 'invalid_token' && error.reason === 'inactive') {
          goBy(visit, started, rejected(error))
        }
        throw error
      },
    )
    return whenThere(authorized, (current) => {
      goBy(visit, started, current)
      visit.admitted = { token: current }
      return current
    })
  }

  function admitOptional(request: Request, guard: Guard): Soon<AccessToken<Claims> | undefined> {
    const visit = visitOf(request)
    return whenThere(judgementIn(visit, request).verdict, (token) => {
      if (token !== undefined) {
        return admit(request, guard)
      }
      visit.judgement = undefined
      visit.admitted = { token }
      return undefined
    })
  }

  function optionalTokenOf(request: Request): AccessToken<Claims> | undefined {
    const admitted = visits.of(request)?.admitted
    if (admitted === undefined) {
      throw new TypeError(
        'No token is known of this: no protect() stands before the handler that asks, or what it passed is not the request (req, ctx, request) that this protection has seen',
      )
    }
    return admitted.token
  }

  function tokenOf(request: Request): AccessToken<Claims> {
    const found = optionalTokenOf(request)
    if (found === undefined) {
      throw new TypeError(
        'This request has no token: its route is optional, or it is a preflight that passes; protect.optional.auth(…) gives undefined then',
      )
    }
    return found
  }

  return { admit, admitOptional, tokenOf, optionalTokenOf }
}

/** A guard may have had the token judged anew: further layers go by that, unless another has come first. */
function goBy<Claims>(visit: Visit<Claims>, started: Judgement<Claims>, verdict: Judgement<Claims>['verdict']): void {
  if (visit.judgement === started && verdict !== started.verdict) {
    visit.judgement = { ...started, verdict }
  }
}

/** For layers that may ask; nobody need. */
function rejected(reason: unknown): Promise<never> {
  const rejection = Promise.reject(reason)
  rejection.catch(isToldByAdmit)
  return rejection
}

function isToldByAdmit(): void {}
