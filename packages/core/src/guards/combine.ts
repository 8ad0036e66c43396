import type { AccessToken } from '../access-token.ts'
import { invalidOption } from '../lib/invalid-option.ts'
import type { Refusal } from '../responses/refusal.ts'
import {
  createGuard,
  createTokenGuard,
  type Demands,
  expectGuards,
  type Guard,
  type GuardResult,
  missingScope,
  stages,
} from './guard.ts'

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

const partsOf = new WeakMap<Guard, readonly Guard[]>()

/** The same for the guards of a route, which can have none. */
export function combineGuards(guards: readonly Guard[]): Guard {
  const [only = noGuards, ...others] = expectGuards(guards)
  if (others.length === 0) {
    return only
  }
  const parts = inOrder(guards.flatMap((guard) => partsOf.get(guard) ?? [guard]))
  const guard = createGuard({
    demands: mergeDemands(guards),
    stage: parts.at(-1)?.stage ?? 'claims',
    check: async (token, context) => {
      for (const part of parts) {
        const result = await part.check(token, context)
        if (result !== 'pass') {
          return result
        }
      }
      return 'pass'
    },
    checkNow: withoutWaiting(
      parts,
      (token, checks) => checks.map((check) => check(token)).find((result) => result !== 'pass') ?? 'pass',
    ),
  })
  partsOf.set(guard, parts)
  return guard
}

const noGuards = createTokenGuard({ demands: {}, stage: 'claims', check: () => 'pass' })

/**
 * Accepts a token that at least one of these guards accepts. Otherwise the result is the refusal for a missing scope,
 * or else the first refusal. The challenge names the scopes of all guards.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for a value that is no guard, without a guard, or for `active`,
 * because the validator meets that demand before it knows which guard accepts.
 */
export function anyOf(...guards: readonly Guard[]): Guard {
  expectSome(guards)
  const parts = inOrder(expectGuards(guards))
  const demands = mergeDemands(guards)
  if (demands.activeWithin !== undefined) {
    throw invalidOption('Expected no active(…) inside anyOf(…): put it beside, protect(active(…), anyOf(…))')
  }
  return createGuard({
    demands,
    stage: parts.at(-1)?.stage ?? 'claims',
    check: async (token, context) => {
      const refused: Refusal[] = []
      for (const part of parts) {
        const result = await part.check(token, context)
        if (result === 'pass') {
          return result
        }
        refused.push(result)
      }
      return preferredRefusal(refused)
    },
    checkNow: withoutWaiting(parts, (token, checks) => {
      const results = checks.map((check) => check(token))
      const refused = results.filter((result) => result !== 'pass')
      return refused.length < results.length ? 'pass' : preferredRefusal(refused)
    }),
  })
}

type CheckNow = NonNullable<Guard['checkNow']>

/** A combination waits when one of its parts waits. */
function withoutWaiting(
  parts: readonly Guard[],
  combine: (token: AccessToken, checks: readonly CheckNow[]) => GuardResult,
): CheckNow | undefined {
  const checks = parts.map(({ checkNow }) => checkNow).filter((check) => check !== undefined)
  return checks.length === parts.length ? (token) => combine(token, checks) : undefined
}

/** A client can react to a missing scope, because it can get a token with more scopes. */
function preferredRefusal(refused: readonly Refusal[]): Refusal {
  return refused.find(({ reason }) => reason === 'missing-scope') ?? refused[0] ?? missingScope()
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

function mergeDemands(guards: readonly Guard[]): Demands {
  const scopes = [...new Set(guards.flatMap(({ demands }) => demands.scopes ?? []))]
  const ages = guards.flatMap(({ demands }) => demands.activeWithin ?? [])
  return {
    ...(scopes.length === 0 ? {} : { scopes: Object.freeze(scopes) }),
    ...(ages.length === 0 ? {} : { activeWithin: Math.min(...ages) }),
  }
}
