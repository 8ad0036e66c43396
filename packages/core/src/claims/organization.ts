import type { ClaimsPolicy } from '../validated-token.ts'

/** The beginning of the audience of an organization's token, by Logto. Its id follows. */
export const organizationPrefix = 'urn:logto:organization:'

/** Whether a token names the API itself, and not only an organization. */
export function isForApi(audience: readonly string[], policy: ClaimsPolicy): boolean {
  return policy.audience.some((expected) => audience.includes(expected))
}

/** Whether a token names an organization in its audience. */
export function isForOrganization(audience: readonly string[]): boolean {
  return audience.some((name) => name.startsWith(organizationPrefix))
}
