import type { AccessToken } from '../access-token.ts'
import { callUserFunction } from '../responses/error-response.ts'
import { describe, invalidOption } from '../lib/invalid-option.ts'
import { withClaims } from '../judged-token.ts'
import { asRecord } from '../lib/record.ts'
import { invalidToken } from '../responses/refusal.ts'
import { type Soon, whenThere } from '../soon.ts'
import type { SchemaIssue, StandardSchema } from '../lib/standard-schema.ts'

/** Puts the claims of a token to the schema: what handlers see is what it makes of them. */
export type ReadClaims<Claims> = (token: AccessToken) => Soon<AccessToken<Claims>>

/**
 * The claims by a schema; what does not fit is 401 `invalid_token`, and the refusal tells the paths of the claims, never a
 * value or a message of the schema, which may hold one. What the schema throws is a failure (500).
 */
export function createReadClaims<Claims>(schema: StandardSchema<Claims> | undefined): ReadClaims<Claims> {
  if (schema === undefined) {
    // Without a schema `Claims` is `RawClaims`.
    return (token) => token as AccessToken<Claims>
  }
  return (token) =>
    whenThere(
      callUserFunction(() => schema['~standard'].validate(token.claims)),
      (answer) => {
        const result = expectResult(answer)
        if (result.issues !== undefined) {
          throw invalidToken('wrong-claims', pathsOf(result.issues))
        }
        return withClaims(token, result.value)
      },
    )
}

export function expectSchema<Claims>(schema: StandardSchema<Claims> | undefined): StandardSchema<Claims> | undefined {
  if (schema === undefined) {
    return undefined
  }
  // The schemas of some libraries are functions.
  const standard = typeof schema === 'function' || typeof schema === 'object' ? schema?.['~standard'] : undefined
  const { version, validate } = asRecord(standard)
  if (version !== 1 || typeof validate !== 'function') {
    throw invalidOption(
      `Expected \`claims\` to be a schema that speaks Standard Schema, as those of zod 3.24, valibot 1 and arktype 2 do, got ${describe(schema)}`,
    )
  }
  return schema
}

/** Neither an answer that says nothing nor both at once may let anybody through. The issues of arktype are themselves the answer, as an array. */
function expectResult<Claims>(
  result: Awaited<ReturnType<StandardSchema<Claims>['~standard']['validate']>>,
): typeof result {
  const { issues }: { issues?: unknown } = Object(result)
  const isRefused = Array.isArray(issues) && issues.length > 0
  if (!isRefused && (issues !== undefined || !('value' in Object(result)))) {
    throw new TypeError('Expected the schema of `claims` to answer with a value, or with the issues that it has')
  }
  return result
}

const mostPaths = 10
const longestPath = 200

/** Such as `tenant`, `address.lines[0]` or `["https://api.example/tenant"].id`; an empty one is the claims as a whole. */
function pathsOf(issues: readonly SchemaIssue[]): readonly string[] {
  return [...new Set(issues.slice(0, mostPaths).map(({ path = [] }) => formatPath(path)))]
}

function formatPath(path: NonNullable<SchemaIssue['path']>): string {
  const steps = path.map((step) => formatKey(typeof step === 'object' ? step.key : step))
  return steps.join('').replace(/^\./, '').slice(0, longestPath)
}

/** Quoted, and thereby without control characters, unless it is plain: the names of claims are not ours. */
function formatKey(key: PropertyKey): string {
  if (typeof key === 'number') {
    return `[${key}]`
  }
  const name = String(key)
  return /^[\w-]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name).replaceAll(/[^\x20-\x7E]/g, escape)}]`
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
