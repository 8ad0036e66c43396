import { claimName, elementsIn, isDetail, malformedMember, maxDetails } from '../claims/authorization-details.ts'
import { own, ownText } from '../lib/record.ts'
import type { Cause } from './explanation.ts'
import type { FailedToken } from './failed-token.ts'
import { showClaims, showExpected, showNames, typeOf } from './show.ts'

/** `missing-authorization-details`. Of the token, only the types and the paths of its elements are shown. */
export function missingAuthorizationDetails(token: FailedToken): Cause {
  const { refusal, claims, authorizationDetails: demanded } = token
  const claim = own(claims, claimName)
  const expected = demanded.length === 0 ? undefined : `an element of the type ${showExpected(demanded)}`
  if (!Array.isArray(claim) || claim.length > maxDetails) {
    return { expected, ...unusable(claim) }
  }
  if (refusal.claimPaths.some((path) => path !== claimName)) {
    return {
      problem: `no element of \`${claimName}\` permits the whole call by itself: see ${showClaims(refusal.claimPaths)}`,
      fix: 'The client must request one element that permits the whole call. The rights of several elements do not add up.',
    }
  }
  const elements = elementsIn(claims)
  const index = elements.findIndex((element) => !isDetail(element))
  return index === -1 ? { expected, ...withoutType(elements) } : { expected, ...unsound(elements[index], index) }
}

type Part = Omit<Cause, 'expected'>

/** Some authorization servers give the details to introspection alone (RFC 9396 §9). */
function unusable(claim: unknown): Part {
  const isMissing = claim === undefined || claim === null
  return {
    problem: isMissing ? `the token has no \`${claimName}\`` : `\`${claimName}\` of the token is not usable`,
    received: Array.isArray(claim) ? `${claim.length} elements, and at most ${maxDetails} count` : typeOf(claim),
    fix: isMissing
      ? "The client must request them, and the issuer must write them into the token. If it gives them to introspection alone, set `formats: 'opaque'`."
      : 'The issuer must write an array of objects, each with a `type`.',
  }
}

function withoutType(elements: readonly unknown[]): Part {
  return {
    problem: `\`${claimName}\` of the token has no element of a demanded type`,
    received: elements.length === 0 ? 'no element' : showNames(elements.map((element) => ownText(element, 'type'))),
    fix: 'The client must request the type. Types are compared exactly.',
  }
}

function unsound(element: unknown, index: number): Part {
  const member = (ownText(element, 'type') ? malformedMember(element) : undefined) ?? 'type'
  const expects = member === 'type' || member === 'identifier' ? 'a text' : 'an array of texts'
  return {
    problem: `\`${claimName}[${index}].${member}\` is not ${expects}, so that its element grants nothing`,
    received: own(element, member) === '' ? 'an empty text' : typeOf(own(element, member)),
    fix: 'The issuer must write the members of RFC 9396 §2.2 with their types.',
  }
}
