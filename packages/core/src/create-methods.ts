import type { AccessToken } from './access-token.ts'
import type { Findings } from './diagnostics/findings.ts'
import type { Outcomes } from './diagnostics/outcomes.ts'
import type { Explainer } from './explain/explain.ts'
import { expectIntrospecting } from './guards/active.ts'
import { combineGuards } from './guards/combine.ts'
import { isDeferred } from './guards/deferred.ts'
import { expectDpopOn } from './guards/dpop-bound.ts'
import type { Guard } from './guards/guard.ts'
import { expectEnforced, withOrganizationRule } from './guards/organization.ts'
import type { IssuerRegistry } from './issuers/issuer-registry.ts'
import { parseToken } from './issuers/token-format.ts'
import { expectText } from './lib/invalid-option.ts'
import { shared } from './lib/shared-state.ts'
import type { Lifecycle, OpenState } from './lifecycle.ts'
import type { ValidatorSettings } from './options.ts'
import type { HttpRequest } from './request/http-request.ts'
import { type AnyRequest, toHttpRequest } from './request/to-http-request.ts'
import { acceptancesOf, noteAcceptance, rootOf } from './request-token.ts'
import type { ServedMetadata } from './resource/served-metadata.ts'
import type { ValidatorRevocations } from './revocation/validator-revocations.ts'
import { isErrorResponse, toResponse } from './responses/error-response.ts'
import type { Pipeline } from './pipeline.ts'
import type { Validator } from './validator-methods.ts'

interface ValidatorParts<Claims> {
  readonly settings: ValidatorSettings<Claims>
  readonly issuers: IssuerRegistry
  readonly revocations: Pick<ValidatorRevocations, 'revoke'>
  readonly pipeline: Pipeline<Claims>
  readonly lifecycle: Lifecycle & OpenState
  readonly metadata: ServedMetadata
  readonly outcomes: Outcomes
  readonly explainer: Explainer
}

/** The object is frozen, because the fast path would not call a method that the application replaced. */
export function createMethods<Claims>(parts: ValidatorParts<Claims>): Validator<Claims> {
  const { settings, issuers, pipeline, outcomes, explainer } = parts
  const { isOpen: _isOpen, expectOpen, ...lifecycle } = parts.lifecycle

  const combined = new WeakSet<Guard>()
  // An `issuer` function may return any issuer.
  const isEnforced =
    issuers.listed.length === 0 || issuers.listed.some(({ organizations }) => organizations === 'enforced')

  function combine(...guards: readonly Guard[]): Guard {
    const guard = create(guards)
    note(guard)
    return guard
  }

  function create(guards: readonly Guard[]): Guard {
    const [only] = guards
    if (only !== undefined && guards.length === 1 && combined.has(only)) {
      return only
    }
    const guard = combineGuards(withOrganizationRule(guards, isEnforced))
    expectIntrospecting(guard, issuers.listed)
    expectEnforced(
      guards.filter((one) => !isDeferred(one)),
      isEnforced,
    )
    expectDpopOn(guard, settings.dpop.mode)
    return guard
  }

  /** The metadata has its scopes from now on. */
  function note(guard: Guard): void {
    if (!combined.has(guard)) {
      parts.metadata.noteDemands(guard.demands)
      combined.add(guard)
    }
  }

  function run<Result>(
    operation: 'authenticate' | 'authorize',
    given: AnyRequest | undefined,
    guards: readonly Guard[],
    work: (guard: Guard, findings: Findings) => Promise<Result>,
  ): Promise<Result> {
    const prepare = (): Guard => {
      expectOpen()
      return create(guards)
    }
    return outcomes.report(operation, given, prepare, work)
  }

  /** Step 6. A lease of the token needs to know what accepted it. */
  async function authorize(
    token: AccessToken<Claims> | undefined,
    request: HttpRequest | undefined,
    guard: Guard,
  ): Promise<AccessToken<Claims>> {
    const authorized = await pipeline.authorize(token, request, guard)
    // A guard of one request can name a scope that the request chose. A stranger must not write into the metadata.
    note(guard)
    const earlier = token === undefined || rootOf(authorized) === rootOf(token) ? [] : acceptancesOf(token)
    for (const acceptance of [...earlier, { guard, request }]) {
      noteAcceptance(authorized, acceptance)
    }
    return authorized
  }

  const methods: Validator<Claims> = {
    ...lifecycle,
    formBody: settings.formBody,
    combine,
    authenticate: (given, ...guards) =>
      run('authenticate', given, guards, async (guard, findings) => {
        const request = toHttpRequest(given)
        const token = await pipeline.authenticate(request, findings)
        return authorize(token && outcomes.publishAccepted(token), request, guard)
      }),
    authenticateOptional: (given, ...guards) =>
      run('authenticate', given, guards, async (guard, findings) => {
        const request = toHttpRequest(given)
        const token = await pipeline.authenticate(request, findings)
        const accepted = token && outcomes.publishAccepted(token)
        // The adapters authorize the token later, once for each layer, with the guards of that layer.
        const isUnguarded = guards.length === 0 && !isEnforced
        return accepted && !guards.some(isDeferred) && !isUnguarded ? authorize(accepted, request, guard) : accepted
      }),
    validate: (token, ...guards) =>
      run('authenticate', undefined, guards, async (guard, findings) => {
        findings.argument = token
        const valid = await pipeline.validate(token, findings)
        return authorize(valid && outcomes.publishAccepted(valid), undefined, guard)
      }),
    authorize: (token, given, ...guards) =>
      run('authorize', given, guards, (guard) => authorize(token, toHttpRequest(given), guard)),
    metadata: parts.metadata.serve,
    explain: explainer.explain,
    respond,
    revoke: parts.revocations.revoke,
    evict: async (token) => issuers.evict(parseToken(expectText(token, 'token'))),
  }
  ownMethods.add(methodOf(methods, 'authenticate')).add(methodOf(methods, 'authenticateOptional'))
  return Object.freeze(methods)
}

const ownMethods = shared('methods of validators', () => new WeakSet<object>())

/** Whether a validator, or a wrapper around one, has the method of a validator itself. */
export function hasOwnMethod(validator: object, name: CheckedMethod): boolean {
  return ownMethods.has(methodOf(validator, name))
}

type CheckedMethod = 'authenticate' | 'authenticateOptional'

function methodOf(validator: object, name: CheckedMethod): object {
  return Reflect.get(validator, name) as object
}

function respond(error: unknown): Response {
  if (isErrorResponse(error)) {
    return toResponse(error)
  }
  throw error
}
