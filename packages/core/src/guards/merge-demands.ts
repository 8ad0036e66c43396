import { invalidOption } from '../lib/invalid-option.ts'
import { mergeRemedies } from './authorization-remedy.ts'
import type { Demands, Guard } from './guard.ts'
import { demandsOrganization } from './organization.ts'

/**
 * The demands of several guards, of which a token needs all or any. The challenge of the route shows them.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` when no `acr` could satisfy all guards.
 */
export function mergeDemands(guards: readonly Guard[], needed: 'all' | 'any'): Demands {
  const scopes = [...new Set(guards.flatMap(({ demands }) => demands.scopes ?? []))]
  const keptScopes = [...new Set(guards.flatMap(({ demands }) => demands.keptScopes ?? []))]
  const ages = guards.flatMap(({ demands }) => demands.activeWithin ?? [])
  const maxAges = guards.flatMap(({ demands }) => demands.maxAge ?? [])
  const isDpop = ({ demands }: Guard): boolean => demands.dpop === true
  const acr = mergeAcr(guards, needed)
  const details = [...new Set(guards.flatMap(({ demands }) => demands.authorizationDetails ?? []))]
  const remedy = mergeRemedies(
    guards.flatMap(({ demands }) => demands.remedy ?? []),
    needed,
  )
  return {
    ...(scopes.length === 0 ? {} : { scopes: Object.freeze(scopes) }),
    ...(keptScopes.length === 0 ? {} : { keptScopes: Object.freeze(keptScopes) }),
    ...(ages.length === 0 ? {} : { activeWithin: Math.min(...ages) }),
    ...(guards.some(demandsOrganization) ? { organization: true } : {}),
    // Beside a part without the demand, tokens under Bearer are accepted.
    ...((needed === 'all' ? guards.some(isDpop) : guards.every(isDpop)) ? { dpop: true } : {}),
    ...(acr.length === 0 ? {} : { acr: Object.freeze(acr) }),
    ...(maxAges.length === 0 ? {} : { maxAge: needed === 'all' ? Math.min(...maxAges) : Math.max(...maxAges) }),
    ...(details.length === 0 ? {} : { authorizationDetails: Object.freeze(details) }),
    ...(remedy === undefined ? {} : { remedy }),
  }
}

function mergeAcr(guards: readonly Guard[], needed: 'all' | 'any'): readonly string[] {
  const lists = guards.flatMap(({ demands }) => (demands.acr === undefined ? [] : [demands.acr]))
  const [first = []] = lists
  if (needed === 'any') {
    return [...new Set(lists.flat())]
  }
  const common = first.filter((one) => lists.every((list) => list.includes(one)))
  if (common.length === 0 && lists.length > 0) {
    throw invalidOption(
      'Expected the guards stepUp(…) of one route to have an `acr` in common, because a token has only one',
    )
  }
  return common
}
