import type { AccessToken } from '../access-token.ts'
import type { StandardSchema } from '../lib/standard-schema.ts'
import { invalidToken } from '../responses/refusal.ts'
import { withTypedClaims } from '../request-token.ts'
import { pathsOf, runSchema } from './run-schema.ts'

/** Validates the claims of a token by the schema of the application. */
export type ApplySchema<Claims> = (token: AccessToken) => Promise<AccessToken<Claims>>

/**
 * Replaces the claims by the output of the schema. Claims that do not fit are 401 `wrong-claims`. The refusal has the
 * paths of the claims. It has no value and no message of the schema, because a message can contain a value. An error of
 * the schema is a failure (500).
 */
export function createApplySchema<Claims>(schema: StandardSchema<Claims> | undefined): ApplySchema<Claims> {
  if (schema === undefined) {
    // Without a schema `Claims` is `RawClaims`.
    return async (token) => token as AccessToken<Claims>
  }
  return async (token) => {
    const result = await runSchema(schema, token.claims, 'claims')
    if (result.issues !== undefined) {
      throw invalidToken('wrong-claims', [...new Set(pathsOf(result.issues))])
    }
    return withTypedClaims(token, result.value)
  }
}
