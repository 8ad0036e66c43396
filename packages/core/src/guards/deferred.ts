import { shared } from '../lib/shared-state.ts'
import { allOf } from './combine.ts'
import { createTokenGuard, type Guard } from './guard.ts'
import { deferOrganization } from './organization.ts'

const deferred = shared('deferred guards', () => new WeakMap<Guard, Guard>())
const isDeferral = shared('guards that defer', () => new WeakSet<Guard>())

/**
 * For the adapters only: a guard that accepts every token. A refusal of the token has the challenges of this guard: its
 * scopes, and DPoP alone with `dpopBound()`. A later `authorize` of the same request runs the guard itself.
 */
export function deferredOf(guard: Guard): Guard {
  const { scopes, dpop } = guard.demands
  if (scopes === undefined && dpop === undefined) {
    return deferOrganization
  }
  const known = deferred.get(guard)
  if (known !== undefined) {
    return known
  }
  const demands = { ...(scopes === undefined ? {} : { scopes }), ...(dpop === undefined ? {} : { dpop }) }
  const deferral = allOf(deferOrganization, createTokenGuard({ demands, stage: 'audience', check: () => 'pass' }))
  deferred.set(guard, deferral)
  isDeferral.add(deferral)
  return deferral
}

/** Whether a later `authorize` runs the guard that this one stands for. */
export function isDeferred(guard: Guard): boolean {
  return guard === deferOrganization || isDeferral.has(guard)
}
