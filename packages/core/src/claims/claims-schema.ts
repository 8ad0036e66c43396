import type { AccessToken } from '../access-token.ts'
import { describe, invalidOption } from '../lib/invalid-option.ts'
import { asRecord } from '../lib/record.ts'
import type { SchemaIssue, StandardSchema } from '../lib/standard-schema.ts'
import { callApplication } from '../responses/error-response.ts'
import { invalidToken } from '../responses/refusal.ts'
import { withTypedClaims } from '../request-token.ts'
import { formatPath } from './claim-path.ts'

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
    const result = expectResult(await callApplication(() => schema['~standard'].validate(token.claims)))
    if (result.issues !== undefined) {
      throw invalidToken('wrong-claims', pathsOf(result.issues))
    }
    return withTypedClaims(token, result.value)
  }
}

/** Checks the option `claims`. */
export function expectSchema<Claims>(schema: StandardSchema<Claims> | undefined): StandardSchema<Claims> | undefined {
  if (schema === undefined) {
    return undefined
  }
  // The schemas of some libraries are functions.
  const standard = typeof schema === 'function' || typeof schema === 'object' ? schema?.['~standard'] : undefined
  const { version, validate } = asRecord(standard)
  if (version !== 1 || typeof validate !== 'function') {
    throw invalidOption(
      `Expected \`claims\` to be a Standard Schema, such as one of zod 3.24, valibot 1 or arktype 2, got ${describe(schema)}`,
    )
  }
  return schema
}

/** A result without value and issues is a failure. The issues of arktype are an array that is also the result. */
function expectResult<Result>(result: Result): Result {
  const { issues }: { issues?: unknown } = Object(result)
  const isRefused = Array.isArray(issues) && issues.length > 0
  if (!isRefused && (issues !== undefined || !('value' in Object(result)))) {
    throw new TypeError('Expected the schema of `claims` to return a value or issues')
  }
  return result
}

const maxPaths = 10

/** Such as `tenant`, `address.lines[0]` or `["https://api.example/tenant"].id`. An empty path means all claims. */
function pathsOf(issues: readonly SchemaIssue[]): readonly string[] {
  return [
    ...new Set(
      issues
        .slice(0, maxPaths)
        .map(({ path = [] }) => formatPath(path.map((step) => (typeof step === 'object' ? step.key : step)))),
    ),
  ]
}
