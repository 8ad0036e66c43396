import type { AccessToken } from '../access-token.ts'
import { invalidOption } from '../invalid-option.ts'
import type { Refusal } from '../refusal.ts'
import { createGuard, type Demands, expectGuards, type Guard, type GuardContext, stages } from './guard.ts'

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

  async function check(token: AccessToken, context: GuardContext): Promise<Refusal | undefined> {
    for (const part of parts) {
      const refusal = await part.check(token, context)
      if (refusal !== undefined) {
        return refusal
      }
    }
    return undefined
  }

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

  async function check(token: AccessToken, context: GuardContext): Promise<Refusal | undefined> {
    const refusals: Refusal[] = []
    for (const part of parts) {
      const refusal = await part.check(token, context)
      if (refusal === undefined) {
        return undefined
      }
      refusals.push(refusal)
    }
    return refusals.find(({ reason }) => reason === 'missing-scope') ?? refusals[0]
  }

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

function merge(guards: readonly Guard[]): Demands {
  const scopes = [...new Set(guards.flatMap(({ demands }) => demands.scopes ?? []))]
  return scopes.length === 0 ? {} : { scopes: Object.freeze(scopes) }
}
