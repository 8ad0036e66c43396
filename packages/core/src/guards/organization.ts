import type { AccessToken } from '../access-token.ts'
import { isForApi, isForOrganization, organizationPrefix } from '../claims/organization.ts'
import { describe, expectOneOf, expectOptions, expectText, invalidOption } from '../lib/invalid-option.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { own } from '../lib/record.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { callApplication } from '../responses/error-response.ts'
import { invalidToken, Refusal } from '../responses/refusal.ts'
import { policyOf } from '../validated-token.ts'
import { createGuard, createTokenGuard, type Guard, type GuardResult } from './guard.ts'

export interface OrganizationOptions {
  /**
   * The id of the organization, or a function of the request that returns it. The function gets `undefined` for a token
   * without a request. A result of `undefined` names no organization, which is 403.
   */
  readonly id: string | ((request: HttpRequest | undefined) => MaybePromise<string | undefined>)
  /**
   * `'api'`: a token for this API within the organization: the API is in `aud`, and `organization_id` is the id.
   * `'organization'`: a token for the organization itself: `urn:logto:organization:<id>` is in `aud`.
   */
  readonly kind: 'api' | 'organization'
}

/**
 * Accepts a token of this organization (Logto). The token of another organization is 403, and one with another audience
 * is 401. The issuer needs `organizations: 'enforced'`, which `logto(…)` sets. Then all other routes refuse the tokens
 * of organizations. It does not check roles: add `scopes(…)`.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function organization(options: OrganizationOptions): Guard {
  const { id, kind } = expectOptions(options, 'the options of organization', ['id', 'kind'])
  const isOf = checks[expectOneOf(kind, 'kind', ['api', 'organization'])]
  if (typeof id !== 'function') {
    const text = expectText(id, 'id')
    const check = (token: AccessToken): GuardResult => isOf(token, text)
    return createTokenGuard({ demands: { organization: true }, stage: 'audience', check })
  }
  return createGuard({
    demands: { organization: true },
    stage: 'audience',
    check: async (token, { request }) => isOf(token, expectId(await callApplication(() => id(request)))),
    checkNow: undefined,
  })
}

/** The guards of a route. Where an issuer enforces organizations, a route without the guard refuses their tokens. */
export function withOrganizationRule(guards: readonly Guard[], isEnforced: boolean): readonly Guard[] {
  const isDemanded = guards.some(({ demands }) => demands.organization === true)
  return isEnforced && !isDemanded ? [refuseOrganizations, ...guards] : guards
}

/** Leaves the rule to a later check of the same request. */
export const deferOrganization: Guard = createTokenGuard({
  demands: { organization: true },
  stage: 'audience',
  check: () => 'pass',
})

/** In `anyOf`, a part without the guard would accept the tokens of every organization. */
export function expectSameOrganizationDemand(guards: readonly Guard[]): void {
  const demanding = guards.filter(({ demands }) => demands.organization === true)
  if (demanding.length > 0 && demanding.length < guards.length) {
    throw invalidOption('Expected organization(…) in each part of anyOf(…), or in none of them')
  }
}

const refuseOrganizations = createTokenGuard({
  demands: { organization: true },
  stage: 'audience',
  check: (token) => {
    const policy = policyOf(token)
    if (policy.organizations === 'ignored') {
      return 'pass'
    }
    if (!isForApi(token.audience, policy)) {
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
    const isSame = id !== undefined && organizationIdOf(token) === id
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

function expectId(id: unknown): string | undefined {
  if (id !== undefined && (typeof id !== 'string' || id === '')) {
    throw new TypeError(
      `Expected the \`id\` of organization(…) to be a non-empty string or undefined, got ${describe(id)}`,
    )
  }
  return id
}
