import type { AccessToken } from '../access-token.ts'
import { invalidToken, Refusal } from '../refusal.ts'
import type { Issuer } from './issuer.ts'
import type { PresentedToken } from './presented-token.ts'

/**
 * Asks one issuer after the other until one knows the token. When none does and one could not be asked, that is the
 * answer: nobody can say that the token is bad.
 */
export async function firstVerdict(issuers: readonly Issuer[], presented: PresentedToken): Promise<AccessToken> {
  let failure: { readonly error: unknown } | undefined
  for (const issuer of issuers) {
    try {
      return await issuer.validate(presented)
    } catch (error) {
      if (error instanceof Refusal && error.reason !== 'inactive') {
        throw error
      }
      failure ??= error instanceof Refusal ? undefined : { error }
    }
  }
  throw failure === undefined ? invalidToken('inactive') : failure.error
}
