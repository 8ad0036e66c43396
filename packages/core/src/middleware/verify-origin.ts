import { reportFor } from '../create-validator.ts'
import { verifyAllowedOrigin } from '../request/allowed-origins.ts'
import type { HttpRequest } from '../request/http-request.ts'
import type { Validator } from '../validator-methods.ts'

/**
 * Refuses a request of a page whose origin is not in the list, as `verifyAllowedOrigin` does. The refusal is published
 * and explained as those of the validator are. `undefined` lists nothing and refuses nothing.
 *
 * @throws Refusal 403 `cross-origin`.
 */
export async function verifyOrigin(
  validator: Pick<Validator, 'close'>,
  request: HttpRequest,
  origins: readonly string[] | undefined,
): Promise<void> {
  if (origins !== undefined) {
    await reportFor(validator)(request, async () => verifyAllowedOrigin(request, origins))
  }
}
