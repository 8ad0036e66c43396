import { type AuthorizationDetail, isDetail } from '../claims/authorization-details.ts'
import { deepFreeze } from '../lib/deep-freeze.ts'
import { describe, expectOptions, expectText, invalidOption } from '../lib/invalid-option.ts'
import type { AuthorizationRemedy } from '../responses/challenge.ts'

/** The options of the guard `authorizationDetails`. */
export interface AuthorizationDetailsOptions {
  /**
   * The `authorization_details` that a client must request, to pass. With them, the refusal is 401
   * `insufficient_authorization`, and the parameter `authorization_remediation` of the challenge has them
   * (draft-ietf-oauth-rar-metadata-remediation-00). Everybody with a valid token can read them. They do NOT change what the
   * guard accepts. Default: none, and the refusal is 403 `insufficient_scope`.
   */
  readonly remedy?: readonly AuthorizationDetail[] | undefined
  /**
   * Only with `remedy`: an id by which a client finds a token that it already has (`authorization_reference`). Use one id
   * for all routes with the same remedy. Default: none.
   */
  readonly reference?: string | undefined
}

/** A challenge is a header, and proxies limit headers to a few kilobytes. */
const maxLength = 2048

/** Checks the options. `undefined` without a remedy. */
export function expectRemedy(
  options: AuthorizationDetailsOptions,
  type: string | undefined,
): AuthorizationRemedy | undefined {
  const { remedy, reference } = expectOptions(options, 'the options of authorizationDetails', ['remedy', 'reference'])
  if (remedy === undefined) {
    if (reference !== undefined) {
      throw invalidOption(
        'Expected `remedy` beside `reference` in authorizationDetails(…), because a client needs both',
      )
    }
    return undefined
  }
  const details = expectDetails(remedy)
  if (type !== undefined && !details.some((detail) => detail.type === type)) {
    throw invalidOption(
      'Expected `remedy` of authorizationDetails(…) to have an element of the type that the guard demands, because a client with another one is refused again',
    )
  }
  return Object.freeze({ details, reference: reference === undefined ? undefined : expectText(reference, 'reference') })
}

/** A copy as JSON, because a later change must not reach the wire. */
function expectDetails(remedy: unknown): AuthorizationRemedy['details'] {
  if (!Array.isArray(remedy) || remedy.length === 0 || !remedy.every((detail) => isDetail(detail))) {
    throw invalidOption(
      `Expected \`remedy\` of authorizationDetails(…) to be at least one object with a \`type\`, and with the members of RFC 9396 §2.2, such as [{ type: 'payment_initiation', actions: ['initiate'] }], got ${describe(remedy)}`,
    )
  }
  const text = JSON.stringify(remedy)
  if (text.length > maxLength) {
    throw invalidOption(
      `Expected \`remedy\` of authorizationDetails(…) to take at most ${maxLength} characters of JSON, because it goes into a header`,
    )
  }
  return deepFreeze(JSON.parse(text) as AuthorizationRemedy['details'])
}

/**
 * The remedy of several guards. A token that passes all of them needs the details of all. One guard of `anyOf` is enough,
 * so that the client gets the first remedy. A reference stands for one remedy only.
 */
export function mergeRemedies(
  remedies: readonly AuthorizationRemedy[],
  needed: 'all' | 'any',
): AuthorizationRemedy | undefined {
  const distinct = [...new Map(remedies.map((remedy) => [JSON.stringify(remedy), remedy])).values()]
  const [first] = distinct
  return needed === 'any' || distinct.length < 2
    ? first
    : Object.freeze({ details: Object.freeze(distinct.flatMap(({ details }) => details)), reference: undefined })
}
