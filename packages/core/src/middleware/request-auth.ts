import type { AccessToken, RawClaims } from '../access-token.ts'
import type { HttpRequest } from '../request/http-request.ts'
import type { Guard } from '../guards/guard.ts'
import { judgingOf } from '../judging.ts'
import { createNotes } from '../notes.ts'
import { isPreflight } from '../request/preflight.ts'
import { Refusal } from '../responses/refusal.ts'
import { type Soon, whenThere, withFailures } from '../soon.ts'
import type { Validator } from '../validator.ts'

/** What stands between a framework's requests and the validator: it remembers each request's verdict, so that two layers of protection judge it once. */
export interface RequestAuth<Request extends object, Claims = RawClaims> {
  /** The token of the request, judged, by the guard too; without credentials a refusal. `undefined` for a preflight that is to pass. */
  readonly admit: (request: Request, guard: Guard) => Soon<AccessToken<Claims> | undefined>
  /** The same, but `undefined` without credentials: absent ones pass, bad ones never. */
  readonly admitOptional: (request: Request, guard: Guard) => Soon<AccessToken<Claims> | undefined>
  /** The token that a request was admitted with; a `TypeError` when it passed no protection that demands one. */
  readonly tokenOf: (request: Request) => AccessToken<Claims>
  /** The same, or `undefined` when it was admitted without credentials; a `TypeError` when it passed no protection at all. */
  readonly optionalTokenOf: (request: Request) => AccessToken<Claims> | undefined
}

export interface RequestAuthOptions<Request, Claims> {
  readonly validator: Validator<Claims>
  readonly toHttpRequest: (request: Request) => HttpRequest
  readonly preflights: 'authenticate' | 'skip'
}

/** What has become of a request so far. */
class Visit<Claims> {
  /** As it was when it was judged, or is when it is about to be. */
  http: HttpRequest
  /** `undefined` before it is judged, and when it had no credentials: a layer further in may yet bring some, such as a parser of form bodies. */
  verdict: Verdict<Claims> = undefined
  isAdmitted = false
  /** What it was admitted with. */
  token: AccessToken<Claims> | undefined = undefined

  constructor(http: HttpRequest) {
    this.http = http
  }
}

type Verdict<Claims> = Soon<AccessToken<Claims> | undefined>

export function createRequestAuth<Request extends object, Claims>({
  validator,
  toHttpRequest,
  preflights,
}: RequestAuthOptions<Request, Claims>): RequestAuth<Request, Claims> {
  const { judge, authorize } = judgingOf(validator)
  const visits = createNotes<Request, Visit<Claims>>()

  function visitOf(request: Request): Visit<Claims> {
    const known = visits.of(request)
    if (known?.verdict !== undefined) {
      return known
    }
    const http = toHttpRequest(request)
    if (known !== undefined) {
      known.http = http
      return known
    }
    const visit = new Visit<Claims>(http)
    visits.set(request, visit)
    return visit
  }

  function judgeOnce(visit: Visit<Claims>): Verdict<Claims> {
    const { http } = visit
    return (visit.verdict ??= withFailures(() => judge(http), rejected))
  }

  function admit(request: Request, guard: Guard): Soon<AccessToken<Claims> | undefined> {
    const visit = visitOf(request)
    // As it is now: what was a preflight when an outer layer judged it may be something else by now.
    if (preflights === 'skip' && isPreflight(toHttpRequest(request))) {
      return letOn(visit, undefined)
    }
    const started = judgeOnce(visit)
    const { http } = visit
    return whenThere(started, (token) => letIn(visit, { started, http }, token, guard))
  }

  function letIn(
    visit: Visit<Claims>,
    { started, http }: { readonly started: Verdict<Claims>; readonly http: HttpRequest },
    token: AccessToken<Claims> | undefined,
    guard: Guard,
  ): Soon<AccessToken<Claims> | undefined> {
    const authorized = withFailures(
      () => authorize(token, http, guard),
      (error) => {
        if (error instanceof Refusal && error.code === 'invalid_token' && error.reason === 'inactive') {
          goBy(visit, started, rejected(error))
        }
        throw error
      },
    )
    return whenThere(authorized, (current) => {
      goBy(visit, started, current)
      return letOn(visit, current)
    })
  }

  function admitOptional(request: Request, guard: Guard): Soon<AccessToken<Claims> | undefined> {
    const visit = visitOf(request)
    const started = judgeOnce(visit)
    return whenThere(started, (token) => {
      if (token !== undefined) {
        return admit(request, guard)
      }
      goBy(visit, started, undefined)
      return letOn(visit, undefined)
    })
  }

  function optionalTokenOf(request: Request): AccessToken<Claims> | undefined {
    const visit = visits.of(request)
    if (visit?.isAdmitted !== true) {
      throw new TypeError(
        'No token is known of this: no protect() stands before the handler that asks, or what it passed is not the request (req, ctx, request) that this protection has seen',
      )
    }
    return visit.token
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

function letOn<Claims>(visit: Visit<Claims>, token: AccessToken<Claims> | undefined): typeof token {
  visit.isAdmitted = true
  visit.token = token
  return token
}

/** A guard may have had the token judged anew: further layers go by that, unless another has come first. */
function goBy<Claims>(visit: Visit<Claims>, started: Verdict<Claims>, verdict: Verdict<Claims>): void {
  if (visit.verdict === started) {
    visit.verdict = verdict
  }
}

/** For layers that may ask; nobody need. */
function rejected(reason: unknown): Promise<never> {
  const rejection = Promise.reject(reason)
  rejection.catch(isToldByAdmit)
  return rejection
}

function isToldByAdmit(): void {}
