import { describe, invalidOption } from '../lib/invalid-option.ts'
import { asRecord, isObject } from '../lib/record.ts'
import type { SchemaIssue, StandardSchema } from '../lib/standard-schema.ts'
import { callApplication } from '../responses/error-response.ts'
import { formatPath } from './claim-path.ts'

/** Whether a value is a Standard Schema 1. The schemas of some libraries are functions. */
export function isSchema(value: unknown): value is StandardSchema {
  const standard = isObject(value) ? (value as Partial<StandardSchema>)['~standard'] : undefined
  const { version, validate } = asRecord(standard)
  return version === 1 && typeof validate === 'function'
}

/** Checks an option that is a schema. */
export function expectSchema<Output>(schema: StandardSchema<Output>, name: string): StandardSchema<Output> {
  if (!isSchema(schema)) {
    throw invalidOption(
      `Expected \`${name}\` to be a Standard Schema, such as one of zod 3.24, valibot 1 or arktype 2, got ${describe(schema)}`,
    )
  }
  return schema
}

/** The output, or the issues. An error of the schema is a failure (500). */
export async function runSchema<Output>(
  schema: StandardSchema<Output>,
  value: unknown,
  name: string,
): Promise<SchemaOutcome<Output>> {
  return expectResult(await callApplication(() => schema['~standard'].validate(value)), name)
}

type SchemaOutcome<Output> = Awaited<ReturnType<StandardSchema<Output>['~standard']['validate']>>

/** A result without value and issues is a failure. The issues of arktype are an array that is also the result. */
function expectResult<Result>(result: Result, name: string): Result {
  const { issues }: { issues?: unknown } = Object(result)
  const isRefused = Array.isArray(issues) && issues.length > 0
  if (!isRefused && (issues !== undefined || !('value' in Object(result)))) {
    throw new TypeError(`Expected the schema of \`${name}\` to return a value or issues`)
  }
  return result
}

/** The maximum number of paths in a refusal. */
export const maxPaths = 10

/**
 * The paths of the first issues, behind `prefix`. Such as `tenant`, `address.lines[0]` or
 * `["https://api.example/tenant"].id`. An empty path means all claims.
 */
export function pathsOf(issues: readonly SchemaIssue[], prefix: readonly PropertyKey[] = []): readonly string[] {
  return issues
    .slice(0, maxPaths)
    .map(({ path = [] }) =>
      formatPath([...prefix, ...path.map((step) => (typeof step === 'object' ? step.key : step))]),
    )
}
