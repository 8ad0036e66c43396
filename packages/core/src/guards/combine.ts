import type { AccessToken } from '../access-token.ts'
import { invalidOption } from '../lib/invalid-option.ts'
import { shared } from '../lib/shared-state.ts'
import { Refusal } from '../responses/refusal.ts'
import {
  createGuard,
  createTokenGuard,
  type Demands,
  expectGuards,
  type Guard,
  type GuardResult,
  stages,
} from './guard.ts'
import { mergeDemands } from './merge-demands.ts'
import { expectSameOrganizationDemand } from './organization.ts'

/**
 * Accepts a token that all these guards accept. They run in the order of `stages`, and the first refusal is the result.
 * Their demands become one challenge.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for a value that is no guard, or without a guard.
 */
export function allOf(...guards: readonly Guard[]): Guard {
  expectSome(guards)
  return combineGuards(guards)
}

const partsOf = shared('parts of guards', () => new WeakMap<Guard, readonly Guard[]>())

/** The same for the guards of a route, which can have none. */
export function combineGuards(guards: readonly Guard[]): Guard {
  const [only = acceptAll, ...others] = expectGuards(guards)
  if (others.length === 0) {
    return only
  }
  const parts = inOrder(guards.flatMap((guard) => partsOf.get(guard) ?? [guard]))
  const guard = createCombination(
    mergeDemands(guards, 'all'),
    parts,
    (result) => result !== 'pass',
    () => 'pass',
  )
  partsOf.set(guard, parts)
  return guard
}

const acceptAll = createTokenGuard({ demands: {}, stage: 'claims', check: () => 'pass' })

/**
 * Accepts a token that at least one of these guards accepts. Otherwise the result is the refusal for a missing scope,
 * or else one with a remedy, or else the first refusal. The challenge names the scopes of all guards.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for a value that is no guard, without a guard, or for `active`.
 *   The validator meets the demand of `active` before it knows which guard accepts.
 */
export function anyOf(...guards: readonly Guard[]): Guard {
  expectSome(guards)
  const parts = inOrder(expectGuards(guards))
  if (guards.some(({ demands }) => demands.activeWithin !== undefined)) {
    throw invalidOption('Expected no active(…) inside anyOf(…): put it beside, protect(active(…), anyOf(…))')
  }
  expectSameOrganizationDemand(guards)
  return createCombination(mergeDemands(guards, 'any'), parts, (result) => result === 'pass', preferredRefusal)
}

/** The result is the first one that is final. When none is, `otherwise` chooses among all results. */
function createCombination(
  demands: Demands,
  parts: readonly Guard[],
  isFinal: (result: GuardResult) => boolean,
  otherwise: (results: readonly GuardResult[]) => GuardResult,
): Guard {
  const checks = parts.map((part) => part.checkNow).filter((check) => check !== undefined)

  function checkNow(token: AccessToken): GuardResult {
    const results = checks.map((check) => check(token))
    return results.find(isFinal) ?? otherwise(results)
  }

  return createGuard({
    demands,
    stage: parts.at(-1)?.stage ?? 'claims',
    check: async (token, context) => {
      const results: GuardResult[] = []
      for (const part of parts) {
        const result = await part.check(token, context)
        if (isFinal(result)) {
          return result
        }
        results.push(result)
      }
      return otherwise(results)
    },
    // A combination waits when one of its parts waits.
    checkNow: checks.length === parts.length ? checkNow : undefined,
  })
}

/** A client can react to a missing scope, and to a remedy, because it can get a token with more rights. */
function preferredRefusal(results: readonly GuardResult[]): Refusal {
  const refused = results.filter((result) => result !== 'pass')
  return (
    refused.find(({ reason }) => reason === 'missing-scope') ??
    refused.find(({ code }) => code === 'insufficient_authorization') ??
    refused[0] ??
    new Refusal({ reason: 'missing-scope' })
  )
}

/** `allOf()` would open a route, and `anyOf()` would close it. */
function expectSome(guards: readonly Guard[]): void {
  if (guards.length === 0) {
    throw invalidOption('Expected at least one guard, got none')
  }
}

function inOrder(guards: readonly Guard[]): readonly Guard[] {
  return guards.toSorted((one, other) => stages.indexOf(one.stage) - stages.indexOf(other.stage))
}
