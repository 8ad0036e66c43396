import type { MaybePromise } from '../lib/maybe-promise.ts'
import { isRecord, ownMembers } from '../lib/record.ts'

/**
 * A function that adds to each introspection request. It sees neither the token nor the request of the client, because the result is
 * cached for every request. A shared `cache` does not distinguish validators that differ only in this function.
 */
export type RequestParameters = (call: {
  readonly issuer: string
  readonly endpoint: string
}) => MaybePromise<RequestParts>

/** Headers and form parameters. One that Tollgate sends itself is a failure (500). */
export interface RequestParts {
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Form parameters. `token_type_hint: undefined` omits the hint. */
  readonly parameters?: Readonly<Record<string, string | undefined>> | undefined
}

const reserved: ReadonlySet<string> = new Set([
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

/** The checked result of the function: strings only, and no reserved name. Throws a `TypeError` for anything else. */
export function checkRequestParts(given: unknown): Required<RequestParts> {
  const { headers = {}, parameters = {}, ...others } = ownMembers(given)
  const isObject = given === undefined || isRecord(given)
  if (!isObject || !isPlainObject(headers) || !isPlainObject(parameters) || Object.keys(others).length > 0) {
    throw new TypeError('Expected `parameters` to return { headers, parameters }, two objects with strings')
  }
  for (const [name, value] of [...Object.entries(headers), ...Object.entries(parameters)]) {
    if (typeof value !== 'string' && value !== undefined) {
      throw new TypeError(`Expected \`parameters\` to return strings only, got another value for ${name}`)
    }
    if (reserved.has(name.toLowerCase())) {
      throw new TypeError(`Expected \`parameters\` not to return ${name}, because Tollgate sends it itself`)
    }
  }
  const present = Object.entries(headers).filter(([, value]) => value !== undefined)
  return {
    headers: Object.fromEntries(present) as Record<string, string>,
    parameters: parameters as Record<string, string | undefined>,
  }
}

/** A `Headers` or a `URLSearchParams` has no own members, and would add nothing. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null)
}
