/** Ours; somebody else's; or a floor, which is what can at best be had, or what is written by hand from `node:crypto`. */
export type Kind = 'ours' | 'peer' | 'floor'

/** What a contender is, by its name. */
export function kindOf(contender: string): Kind {
  if (/tollgate/i.test(contender)) {
    return 'ours'
  }
  return /^no work$|node:crypto|WebCrypto|SHA-256|bare$/.test(contender) ? 'floor' : 'peer'
}
