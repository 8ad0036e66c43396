import type { AccessToken } from '../access-token.ts'
import { invalidOption } from '../lib/invalid-option.ts'
import { Refusal } from '../responses/refusal.ts'
import { type Soon, whenThere } from '../soon.ts'
import {
  createGuard,
  type Demands,
  expectGuards,
  type Guard,
  type CheckContext,
  type Judgement,
  stages,
} from './guard.ts'

const partsOf = new WeakMap<Guard, readonly Guard[]>()

/** Every guard passes. They are judged in the order of `stages`, not as written, and their demands become one challenge. */
export function allOf(...guards: readonly Guard[]): Guard {
  expectSome(guards)
  return together(guards)
}

/** The same for a route, which may well have none. */
export function together(guards: readonly Guard[]): Guard {
  const [only, ...others] = expectGuards(guards)
  if (only !== undefined && others.length === 0) {
    return only
  }
  const parts = inOrder(guards.flatMap((guard) => partsOf.get(guard) ?? [guard]))

  /** When a part has had the token judged anew, all are asked about what it is now. After some rounds a still newer verdict is left to the next request, so that what is returned is what all have passed. */
  function checkFrom(index: number, rounds: number, token: AccessToken, context: CheckContext): Soon<Judgement> {
    const part = parts[index]
    if (part === undefined) {
      return token
    }
    return whenThere(part.check(token, context), (outcome) => {
      if (outcome instanceof Refusal) {
        return outcome
      }
      const isNewer = outcome !== undefined && outcome !== token && rounds < parts.length
      return isNewer ? checkFrom(0, rounds + 1, outcome, context) : checkFrom(index + 1, rounds, token, context)
    })
  }

  const check: Guard['check'] = (token, context) => checkFrom(0, 0, token, context)
  const guard = createGuard({ demands: merge(guards), stage: parts.at(-1)?.stage ?? 'claims', check })
  partsOf.set(guard, parts)
  return guard
}

/**
 * At least one guard passes. When none does, the answer is the refusal that tells the client which scopes would help, if
 * there is one, else that of the first; the challenge names the scopes of all.
 */
export function anyOf(...guards: readonly Guard[]): Guard {
  expectSome(guards)
  const parts = inOrder(expectGuards(guards))
  // Nobody need be asked when another guard passes.
  const cheapFirst = parts.toSorted((one, other) => Number(asks(one)) - Number(asks(other)))

  function checkFrom(
    index: number,
    refusals: readonly Refusal[],
    ...asked: Parameters<Guard['check']>
  ): Soon<Judgement> {
    const part = cheapFirst[index]
    if (part === undefined) {
      return refusals.find(({ reason }) => reason === 'missing-scope') ?? refusals[0]
    }
    return whenThere(part.check(...asked), (outcome) =>
      outcome instanceof Refusal ? checkFrom(index + 1, [...refusals, outcome], ...asked) : outcome,
    )
  }

  const check: Guard['check'] = (token, context) => checkFrom(0, [], token, context)
  return createGuard({ demands: merge(guards), stage: parts.at(-1)?.stage ?? 'claims', check })
}

/** `allOf` of nothing would let everybody through, and `anyOf` nobody: neither can be meant. */
function expectSome(guards: readonly Guard[]): void {
  if (guards.length === 0) {
    throw invalidOption('Expected at least one guard, got none')
  }
}

function inOrder(guards: readonly Guard[]): readonly Guard[] {
  return guards.toSorted((one, other) => stages.indexOf(one.stage) - stages.indexOf(other.stage))
}

function asks({ demands }: Guard): boolean {
  return demands.activeWithin !== undefined
}

function merge(guards: readonly Guard[]): Demands {
  const scopes = [...new Set(guards.flatMap(({ demands }) => demands.scopes ?? []))]
  const ages = guards.flatMap(({ demands }) => demands.activeWithin ?? [])
  return {
    ...(scopes.length === 0 ? {} : { scopes: Object.freeze(scopes) }),
    ...(ages.length === 0 ? {} : { activeWithin: Math.min(...ages) }),
  }
}
