import { isRecord } from '../lib/record.ts'
import type { RequestParts } from './introspection-options.ts'

const ours: ReadonlySet<string> = new Set([
  'token',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'authorization',
  'accept',
  'accept-encoding',
  'content-type',
  'content-length',
  'transfer-encoding',
  'connection',
  'host',
])

/** What the function of the application returned: texts, and none in place of what is sent anyway. */
export function checkRequestParts(given: unknown): RequestParts {
  if (given === undefined) {
    return {}
  }
  const { headers = {}, parameters = {}, ...others } = isRecord(given) ? given : { not: 'a record' }
  if (!isPlainObject(headers) || !isPlainObject(parameters) || Object.keys(others).length > 0) {
    throw new TypeError('Expected `parameters` to return { headers, parameters } with names and texts')
  }
  for (const [name, value] of [...Object.entries(headers), ...Object.entries(parameters)]) {
    if (typeof value !== 'string' && value !== undefined) {
      throw new TypeError(`Expected \`parameters\` to return texts only, got another value for ${name}`)
    }
    if (ours.has(name.toLowerCase())) {
      throw new TypeError(`Expected \`parameters\` to leave ${name} alone, which is set by Tollgate`)
    }
  }
  return { headers: withoutUndefined(headers), parameters: parameters as Record<string, string | undefined> }
}

/** A `Headers` or a `URLSearchParams` has no members of its own, and would add nothing. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null)
}

function withoutUndefined(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
