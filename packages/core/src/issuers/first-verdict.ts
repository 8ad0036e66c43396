import type { AccessToken } from '../access-token.ts'
import { invalidToken, Refusal } from '../responses/refusal.ts'
import type { Soon } from '../soon.ts'
import type { Issuer } from './issuer.ts'
import type { PresentedToken } from './token-format.ts'

/**
 * Asks one issuer after the other until one knows the token. When none does and one could not be asked, that is the
 * answer: nobody can say that the token is bad.
 */
export function firstVerdict(issuers: readonly Issuer[], presented: PresentedToken): Soon<AccessToken> {
  const [first] = issuers
  return first !== undefined && issuers.length === 1 ? first.validate(presented) : askInTurn(issuers, presented)
}

async function askInTurn(issuers: readonly Issuer[], presented: PresentedToken): Promise<AccessToken> {
  let failure: { readonly error: unknown } | undefined
  let refusal = invalidToken('inactive')
  for (const issuer of issuers) {
    try {
      return await issuer.validate(presented)
    } catch (error) {
      if (!(error instanceof Refusal)) {
        failure ??= { error }
      } else if (error.reason === 'untrusted-issuer') {
        // A server that answers for its neighbour, who may be next.
        refusal = error
      } else if (error.reason !== 'inactive') {
        throw error
      }
    }
  }
  throw failure === undefined ? refusal : failure.error
}
