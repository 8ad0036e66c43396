import type { AccessToken } from '../access-token.ts'
import { isForApi, isForOrganization, organizationPrefix } from '../claims/organization.ts'
import { describe, expectOneOf, expectOptions, expectText, invalidOption } from '../lib/invalid-option.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { own } from '../lib/record.ts'
import { shared } from '../lib/shared-state.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { callApplication } from '../responses/error-response.ts'
import { invalidToken, Refusal } from '../responses/refusal.ts'
import { policyOf, rootOf } from '../request-token.ts'
import { createGuard, createTokenGuard, expectGuards, type Guard, type GuardResult } from './guard.ts'

/** The options of the guard `organization`. Both are required. */
export interface OrganizationOptions {
  /**
   * The id of the organization, or a function of the request that returns it. The `url` of the request is its whole path
   * with the query. The function gets `undefined` for a token without a request. A result of `undefined`, `null` or `''`
   * names no organization, which is 403.
   */
  readonly id: string | ((request: HttpRequest | undefined) => MaybePromise<string | null | undefined>)
  /**
   * `'api'`: a token for this API within the organization: the API is in `aud`, and `organization_id` is the id.
   * `'organization'`: a token for the organization itself: `urn:logto:organization:<id>` is in `aud`.
   */
  readonly kind: 'api' | 'organization'
}

/**
 * Accepts a token of this organization (Logto). The token of another organization is 403, and one with another audience
 * is 401. Later layers of the request accept the token too, and a layer in front needs the guard as well. The issuer needs `organizations: 'enforced'`, which `logto(…)` sets. Then all other routes refuse the tokens
 * of organizations. It does NOT check roles: add `scopes(…)`. It does NOT check that the organization exists.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function organization(options: OrganizationOptions): Guard {
  const { id, kind } = expectOptions(options, 'the options of organization', ['id', 'kind'])
  const check = checks[expectOneOf(kind, 'kind', ['api', 'organization'])]
  const isOf = (token: AccessToken, expected: string | undefined): GuardResult => {
    const result = check(token, expected)
    if (result === 'pass') {
      accepted.add(rootOf(token))
    }
    return result
  }
  if (typeof id !== 'function') {
    const text = expectText(id, 'id')
    return createTokenGuard({ demands: { organization: true }, stage: 'audience', check: (token) => isOf(token, text) })
  }
  return createGuard({
    demands: { organization: true },
    stage: 'audience',
    check: async (token, { request }) => isOf(token, expectId(await callApplication(() => id(request)))),
    checkNow: undefined,
  })
}

/** The tokens of requests that a guard `organization` accepted. Later layers of the request do not apply the rule. */
const accepted = shared('tokens of organizations', () => new WeakSet<object>())

/** The guards of a route. Where an issuer enforces organizations, a route without the guard refuses their tokens. */
export function withOrganizationRule(guards: readonly Guard[], isEnforced: boolean): readonly Guard[] {
  const isDemanded = expectGuards(guards).some(demandsOrganization)
  return isEnforced && !isDemanded ? [refuseOrganizations, ...guards] : guards
}

/** For the adapters only. It accepts every organization: a later `authorize` of the same request applies the rule. */
export const deferOrganization: Guard = shared('the guard that defers organizations', () =>
  createTokenGuard({ demands: { organization: true }, stage: 'audience', check: () => 'pass' }),
)

/** Reads the own member only, because an inherited one must not switch the rule off. */
export function demandsOrganization({ demands }: Guard): boolean {
  return own(demands, 'organization') === true
}

/** Checks that an issuer enforces organizations. Otherwise the routes without the guard would accept their tokens. */
export function expectEnforced(guards: readonly Guard[], isEnforced: boolean): void {
  if (!isEnforced && guards.some(demandsOrganization)) {
    throw invalidOption(
      "Expected an issuer with `organizations: 'enforced'`, such as logto(…), because organization(…) decides about its tokens only",
    )
  }
}

/** In `anyOf`, a part without the guard would accept the tokens of every organization. */
export function expectSameOrganizationDemand(guards: readonly Guard[]): void {
  const demanding = guards.filter(demandsOrganization)
  if (demanding.length > 0 && demanding.length < guards.length) {
    throw invalidOption('Expected organization(…) in each part of anyOf(…), or in none of them')
  }
}

const refuseOrganizations = createTokenGuard({
  demands: { organization: true },
  stage: 'audience',
  check: (token) => {
    const policy = policyOf(token)
    if (policy.organizations === 'ignored' || accepted.has(rootOf(token))) {
      return 'pass'
    }
    if (isForOrganization(token.audience) && !isForApi(token.audience, policy)) {
      return invalidToken('wrong-audience', [policy.audienceClaim])
    }
    return organizationIdOf(token) === undefined ? 'pass' : refusal('unexpected-organization', 'organization_id')
  },
})

const checks: Readonly<Record<OrganizationOptions['kind'], (token: AccessToken, id?: string) => GuardResult>> = {
  api: (token, id) => {
    const policy = policyOf(token)
    if (!isForApi(token.audience, policy)) {
      return invalidToken('wrong-audience', [policy.audienceClaim])
    }
    const isSame = policy.organizations === 'enforced' && id !== undefined && organizationIdOf(token) === id
    return isSame ? 'pass' : refusal('wrong-organization', 'organization_id')
  },
  organization: ({ audience }, id) => {
    if (!isForOrganization(audience)) {
      return invalidToken('wrong-audience', ['aud'])
    }
    const isSame = id !== undefined && audience.includes(`${organizationPrefix}${id}`)
    return isSame ? 'pass' : refusal('wrong-organization', 'aud')
  },
}

function organizationIdOf({ claims }: AccessToken): unknown {
  return own(claims, 'organization_id') ?? undefined
}

function refusal(reason: string, claim: string): Refusal {
  return new Refusal({ reason, claimPaths: [claim] })
}

/** An empty path segment and an absent header name no organization. */
function expectId(id: unknown): string | undefined {
  if (id === undefined || id === null || id === '') {
    return undefined
  }
  if (typeof id !== 'string') {
    throw new TypeError(`Expected the \`id\` of organization(…) to be a string, null or undefined, got ${describe(id)}`)
  }
  return id
}
