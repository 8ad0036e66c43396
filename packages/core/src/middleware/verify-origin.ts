import { reportFor } from '../create-validator.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { isOfAllowedOrigin } from '../request/same-origin.ts'
import { Refusal } from '../responses/refusal.ts'
import type { Validator } from '../validator-methods.ts'

/**
 * Refuses a request of a page whose origin is not in the list. The validator publishes and explains the refusal as its
 * own. Without a list, no request is refused.
 *
 * @throws Refusal 403 `cross-origin`.
 */
export async function verifyOrigin(
  validator: Pick<Validator, 'close'>,
  request: HttpRequest,
  origins: readonly string[] | undefined,
): Promise<void> {
  if (origins !== undefined && !isOfAllowedOrigin(request, origins)) {
    await reportFor(validator)(request, () => Promise.reject(new Refusal({ reason: 'cross-origin' })))
  }
}
