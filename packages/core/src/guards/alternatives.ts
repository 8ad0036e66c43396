import { invalidOption } from '../lib/invalid-option.ts'
import type { Guard } from './guard.ts'

/** One way to satisfy guards, as far as scopes and the scheme describe it. */
export interface Alternative {
  /** The token needs all of them. */
  readonly scopes: readonly string[]
  /** The token needs a binding to a key, and comes under the scheme DPoP. */
  readonly isDpop: boolean
}

/** The developer chooses the guards. Their product grows fast. */
const maxAlternatives = 100

/** The ways to satisfy all these guards. Without a guard, every token does. Conditions on claims are not part of it. */
export function alternativesOf(guards: readonly Guard[]): readonly Alternative[] {
  const anyToken: readonly Alternative[] = [{ scopes: [], isDpop: false }]
  return guards.reduce((found, guard) => bothOf(found, alternativesOfOne(guard)), anyToken)
}

function alternativesOfOne({ structure, demands }: Guard): readonly Alternative[] {
  switch (structure.kind) {
    case 'scopes':
      return expectFew(structure.alternatives.map((scopes) => ({ scopes, isDpop: false })))
    case 'all':
      return alternativesOf(structure.parts)
    case 'any':
      return expectFew(structure.parts.flatMap(alternativesOfOne))
    case 'other':
      return [{ scopes: [], isDpop: demands.dpop === true }]
  }
}

function bothOf(some: readonly Alternative[], others: readonly Alternative[]): readonly Alternative[] {
  const pairs = some.flatMap((one) =>
    others.map((other) => ({
      scopes: [...new Set([...one.scopes, ...other.scopes])],
      isDpop: one.isDpop || other.isDpop,
    })),
  )
  return expectFew(pairs)
}

function expectFew(alternatives: readonly Alternative[]): readonly Alternative[] {
  const distinct = alternatives.filter(
    (one, index) =>
      !alternatives.some((other, place) => implies(one, other) && (place < index || !implies(other, one))),
  )
  if (distinct.length > maxAlternatives) {
    throw invalidOption(
      `Expected guards with at most ${maxAlternatives} combinations of scopes, because a document lists each of them: use fewer scopes in anyScope(…) and anyOf(…)`,
    )
  }
  return distinct
}

/** Whether every token that satisfies one alternative satisfies the other. */
function implies(one: Alternative, other: Alternative): boolean {
  return (one.isDpop || !other.isDpop) && other.scopes.every((scope) => one.scopes.includes(scope))
}
