import type { AccessToken, AsIssued } from './access-token.ts'
import type { HttpRequest } from './http-request.ts'
import type { Guard } from './guards/guard.ts'
import { isPreflight } from './preflight.ts'
import { Refusal } from './refusal.ts'
import type { Validator } from './validator.ts'

/** What stands between a framework's requests and the validator: it remembers each request's verdict, so that two layers of protection judge it once. */
export interface Gate<Request extends object, Claims = AsIssued> {
  /** The token of the request, judged, by the guard too; without credentials a refusal. `undefined` for a preflight that is to pass. */
  readonly admit: (request: Request, guard: Guard) => Promise<AccessToken<Claims> | undefined>
  /** The same, but `undefined` without credentials: absent ones pass, bad ones never. */
  readonly admitOptional: (request: Request, guard: Guard) => Promise<AccessToken<Claims> | undefined>
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

interface Visit<Claims> {
  readonly http: HttpRequest
  readonly verdict: Promise<AccessToken<Claims> | undefined>
}

export function createGate<Request extends object, Claims>({
  validator,
  toHttpRequest,
  preflights,
}: GateOptions<Request, Claims>): Gate<Request, Claims> {
  const visits = new WeakMap<Request, Visit<Claims>>()
  const admitted = new WeakMap<Request, AccessToken<Claims> | undefined>()

  function visit(request: Request): Visit<Claims> {
    const http = toHttpRequest(request)
    const fresh = { http, verdict: validator.authenticateOptional(http) }
    visits.set(request, fresh)
    return fresh
  }

  async function admit(request: Request, guard: Guard): Promise<AccessToken<Claims> | undefined> {
    if (preflights === 'pass' && isPreflight(toHttpRequest(request))) {
      admitted.set(request, undefined)
      return undefined
    }
    const started = visits.get(request) ?? visit(request)
    const token = await validator.authorize(await started.verdict, started.http, guard).catch((error: unknown) => {
      if (error instanceof Refusal && error.code === 'invalid_token' && error.reason === 'inactive') {
        goBy(request, started, Promise.reject(error))
      }
      throw error
    })
    goBy(request, started, Promise.resolve(token))
    admitted.set(request, token)
    return token
  }

  /** A guard may have had the token judged anew: further layers go by that, unless another has come first. */
  function goBy(request: Request, started: Visit<Claims>, verdict: Visit<Claims>['verdict']): void {
    verdict.catch(isToldByAdmit)
    if (visits.get(request) === started) {
      visits.set(request, { ...started, verdict })
    }
  }

  async function admitOptional(request: Request, guard: Guard): Promise<AccessToken<Claims> | undefined> {
    const { verdict } = visits.get(request) ?? visit(request)
    if ((await verdict) !== undefined) {
      return admit(request, guard)
    }
    // A layer further in may yet bring credentials, such as a parser of form bodies: absence is not remembered.
    visits.delete(request)
    admitted.set(request, undefined)
    return undefined
  }

  function optionalTokenOf(request: Request): AccessToken<Claims> | undefined {
    if (!admitted.has(request)) {
      throw new TypeError(
        'No token is known of this: no protect() stands before the handler that asks, or what it passed is not the request (req, ctx, request) that this protection has seen',
      )
    }
    return admitted.get(request)
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

function isToldByAdmit(): void {}
