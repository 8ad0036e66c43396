import type { IntrospectedClaims } from '../access-token.ts'
import { isRecord } from '../lib/record.ts'
import { isWellTyped } from '../claims/validate-claims.ts'

/** What a server said of a token (RFC 7662 §2.2). Whether it will do for us is judged on every use. */
export type Answer = { readonly active: true; readonly claims: IntrospectedClaims } | { readonly active: false }

/** An answer whose `active` is a boolean and whose registered members have their types; anything else is none. */
export function parseAnswer(document: unknown): Answer | undefined {
  if (!isRecord(document) || typeof document['active'] !== 'boolean') {
    return undefined
  }
  if (!document['active']) {
    return { active: false }
  }
  const claims = withoutNulls(document)
  return isWellTyped(claims) && ['username', 'token_type'].every((name) => isTextOrAbsent(claims[name]))
    ? { active: true, claims }
    : undefined
}

/** The members of RFC 7662 §2.2. */
const registered: ReadonlySet<string> = new Set([
  'scope',
  'client_id',
  'username',
  'token_type',
  'exp',
  'iat',
  'nbf',
  'sub',
  'aud',
  'iss',
  'jti',
])

/** Some servers write what they do not know as null. It is as good as absent, and absence is judged. */
function withoutNulls(document: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(document).filter(([name, value]) => value !== null || !registered.has(name)))
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}
