import type { MaybePromise } from '../lib/maybe-promise.ts'
import { isPlainObject, isRecord, ownMembers } from '../lib/record.ts'

/**
 * A function that adds to each introspection request. It sees neither the token nor the request of the client, because
 * the result is cached for every request. A shared `cache` does not distinguish validators that differ only here.
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

const reserved =
  /^(token|client_(id|secret|assertion(_type)?)|authorization|accept(-encoding)?|content-(type|length)|transfer-encoding|connection|host)$/i

/** The checked result of the function: strings only, and no reserved name. Throws a `TypeError` for anything else. */
export function checkRequestParts(given: unknown): Required<RequestParts> {
  const { headers = {}, parameters = {}, ...others } = ownMembers(given)
  const isObject = given === undefined || isRecord(given)
  if (!isObject || !isPlainObject(headers) || !isPlainObject(parameters) || Object.keys(others).length > 0) {
    throw new TypeError('Expected `parameters` to return { headers, parameters }, two objects with strings')
  }
  for (const [name, value] of [...Object.entries(headers), ...Object.entries(parameters)]) {
    if ((typeof value !== 'string' && value !== undefined) || reserved.test(name)) {
      throw new TypeError(`Expected \`parameters\` to return strings that Tollgate does not send itself, got ${name}`)
    }
  }
  const present = Object.entries(headers).filter(([, value]) => value !== undefined)
  // Our headers are in lower case. Two spellings of one name would be two headers.
  const lowerCase = Object.fromEntries(present.map(([name, value]) => [name.toLowerCase(), value]))
  return { headers: lowerCase, parameters } as Required<RequestParts>
}
