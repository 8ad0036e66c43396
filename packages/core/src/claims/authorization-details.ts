import type { AccessToken } from '../access-token.ts'
import { describe } from '../lib/invalid-option.ts'
import { own, ownMembers, ownText } from '../lib/record.ts'
import type { StandardSchema } from '../lib/standard-schema.ts'
import { validatedOf } from '../request-token.ts'
import { isSchema, runSchema } from './run-schema.ts'

/**
 * An element of `authorization_details` (RFC 9396 §2). The members with a type here are those of §2.2. Their types are
 * checked. The type of the element defines all other members, which are `unknown`.
 */
export interface AuthorizationDetail<Type extends string = string> {
  readonly type: Type
  readonly locations?: readonly string[]
  readonly actions?: readonly string[]
  readonly datatypes?: readonly string[]
  readonly identifier?: string
  readonly privileges?: readonly string[]
  readonly [member: string]: unknown
}

/**
 * The authorization details of a token (RFC 9396), of one type or of all. They come from the JWT or from the introspection
 * response, also when a schema in the option `claims` removed them. Each element stands alone: an action of one and a
 * location of another permit nothing.
 *
 * With a schema, the result is a promise of its outputs, for the elements that it accepts. Elements that are no objects
 * with a `type`, or that have a member of RFC 9396 §2.2 of another type, are left out. So is everything, when the claim
 * is no array or has more than 100 elements. It does NOT refuse a token without such elements: the guard
 * `authorizationDetails` does.
 *
 * @throws TypeError for an object that is no token of a validator, and for parameters of other types.
 */
export function authorizationDetailsOf(token: AccessToken<unknown>): readonly AuthorizationDetail[]
export function authorizationDetailsOf<Type extends string>(
  token: AccessToken<unknown>,
  type: Type,
): readonly AuthorizationDetail<Type>[]
export function authorizationDetailsOf<Output>(
  token: AccessToken<unknown>,
  schema: StandardSchema<Output>,
): Promise<readonly Output[]>
export function authorizationDetailsOf<Output>(
  token: AccessToken<unknown>,
  type: string,
  schema: StandardSchema<Output>,
): Promise<readonly Output[]>
export function authorizationDetailsOf(
  token: AccessToken<unknown>,
  ...given: readonly unknown[]
): readonly AuthorizationDetail[] | Promise<readonly unknown[]> {
  const [type, ...others] = typeof given[0] === 'string' ? given : [undefined, ...given]
  const { claims } = validatedOf(token)
  const details = detailsIn(claims, type as string | undefined).map(({ detail }) => detail)
  const [schema] = others
  if (others.length === 0) {
    return Object.freeze(details)
  }
  if (!isSchema(schema)) {
    throw new TypeError(
      `Expected authorizationDetailsOf(…) to get a type or a Standard Schema, got ${describe(schema)}`,
    )
  }
  return outputsOf(schema, details)
}

async function outputsOf(schema: StandardSchema, details: readonly AuthorizationDetail[]): Promise<readonly unknown[]> {
  const outputs: unknown[] = []
  for (const detail of details) {
    const result = await runSchema(schema, detail, 'authorizationDetailsOf')
    if (result.issues === undefined) {
      outputs.push(result.value)
    }
  }
  return Object.freeze(outputs)
}

export const claimName = 'authorization_details'

/** A client chooses the elements. A claim with more of them grants nothing. */
export const maxDetails = 100

/** A sound element, and its place in the claim. */
export interface FoundDetail {
  readonly index: number
  readonly detail: AuthorizationDetail
}

/** The sound elements, of one type or of all. Each is a frozen copy of its own members. */
export function detailsIn(claims: unknown, type?: string): readonly FoundDetail[] {
  return elementsIn(claims).flatMap((element, index) =>
    isDetail(element, type) ? [{ index, detail: copyOf(element) }] : [],
  )
}

/** Whether there is a sound element of this type. */
export function hasDetail(claims: unknown, type: string): boolean {
  return elementsIn(claims).some((element) => isDetail(element, type))
}

/** The elements, sound or not. None for a claim that is no array, or has too many. */
export function elementsIn(claims: unknown): readonly unknown[] {
  const list = own(claims, claimName)
  return Array.isArray(list) && list.length <= maxDetails ? (list as readonly unknown[]) : []
}

/** Whether an element is an object with a type, and its members of RFC 9396 §2.2 have their types. */
export function isDetail(element: unknown, type: string | undefined = ownText(element, 'type')): boolean {
  return own(element, 'type') === type && type !== undefined && type !== '' && malformedMember(element) === undefined
}

/** The first member of RFC 9396 §2.2 that has another type. A text must not pass for an array: both have `includes`. */
export function malformedMember(element: unknown): string | undefined {
  return Object.keys(commonMembers).find((name) => {
    const member = own(element, name) ?? undefined
    return member !== undefined && !commonMembers[name]?.(member)
  })
}

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string')

const commonMembers: Readonly<Record<string, (value: unknown) => boolean>> = {
  locations: isTexts,
  actions: isTexts,
  datatypes: isTexts,
  identifier: (value) => typeof value === 'string',
  privileges: isTexts,
}

/** A member of RFC 9396 §2.2 that is `null` is absent, because some servers write absent members so. */
function copyOf(element: unknown): AuthorizationDetail {
  const members = ownMembers(element) as Record<string, unknown>
  for (const name of Object.keys(commonMembers)) {
    if (members[name] === null) {
      delete members[name]
    }
  }
  return Object.freeze(members) as AuthorizationDetail
}
