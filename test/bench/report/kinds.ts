import { httpContenders } from '../contenders/http.ts'
import { jwtContenders } from '../contenders/jwt.ts'

/** Ours; somebody else's; or a floor, which is what can at best be had, or what is written by hand from `node:crypto`. */
export type Kind = 'ours' | 'peer' | 'floor'

const kinds = { tollgate: 'ours', peer: 'peer', floor: 'floor', idle: 'floor', bare: 'floor' } as const
const byName = new Map<string, Kind>([...jwtContenders, ...httpContenders].map(({ name, role }) => [name, kinds[role]]))

/** What a contender of this name is. */
export function kindOf(contender: string): Kind {
  const kind = byName.get(contender)
  if (kind === undefined) {
    throw new Error(`Nobody is called ${contender}`)
  }
  return kind
}
