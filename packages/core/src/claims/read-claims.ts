import type { AccessTokenClaims, CommonMembers } from '../access-token.ts'
import { describe } from '../lib/invalid-option.ts'
import { callApplicationNow } from '../responses/error-response.ts'
import { invalidToken } from '../responses/refusal.ts'
import type { Statements } from '../validated-token.ts'
import { formatPath, type PathNames, valueAt } from './claim-path.ts'
import type { DialectSettings, TokenHeader } from './dialect.ts'
import { createGrantedScopes } from './granted-scopes.ts'
import type { ScopeHierarchy } from './scope-hierarchy.ts'
import { type KindRules, statedKind } from './token-kind.ts'

/**
 * Reads claims whose types were checked. `header` is that of a JWT. The claims must be frozen, because functions of the
 * application get them.
 *
 * @throws Refusal 401 `malformed-claim` for an audience of a wrong type. TypeError for a result of a wrong type.
 */
export type ReadClaims = (claims: AccessTokenClaims, header?: TokenHeader) => Statements

export function createReadClaims(
  dialect: DialectSettings,
  profile: KindRules['profile'],
  hierarchy: ScopeHierarchy,
): ReadClaims {
  const grantedScopes = createGrantedScopes(dialect.scopes, hierarchy)
  const kindRules = { profile, isAccessToken: dialect.isAccessToken }
  return (claims, header) => {
    const clientId = clientIdIn(claims, dialect.clientId)
    return {
      clientId,
      audience: audienceAt(claims, dialect.audience),
      statedKind: statedKind(claims, header, kindRules),
      granted: once(() => ({
        subjectType: subjectTypeOf(claims, clientId, dialect.isClient),
        scopes: grantedScopes(claims),
      })),
    }
  }
}

function clientIdIn(claims: AccessTokenClaims, paths: readonly PathNames[]): string | undefined {
  const values = paths.map((path) => valueAt(claims, path))
  return values.find((value): value is string => typeof value === 'string')
}

function subjectTypeOf(
  claims: AccessTokenClaims,
  clientId: string | undefined,
  isClient: DialectSettings['isClient'],
): CommonMembers['subjectType'] {
  const result: unknown =
    isClient === undefined ? isClientByDefault(claims, clientId) : callApplicationNow(() => isClient(claims))
  if (result === undefined) {
    return 'unknown'
  }
  if (typeof result !== 'boolean') {
    throw new TypeError(
      `Expected \`isClient\` of a dialect to return true, false or undefined, got ${describe(result)}`,
    )
  }
  return result ? 'client' : 'resource-owner'
}

/** Without `sub` or without a client id, there is nothing to compare. */
function isClientByDefault(claims: AccessTokenClaims, clientId: string | undefined): boolean | undefined {
  const sub = valueAt(claims, ['sub'])
  return sub === undefined || clientId === undefined ? undefined : sub === clientId
}

/** Empty texts and an empty array name no audience. */
export function audienceAt(claims: AccessTokenClaims, path: PathNames): readonly string[] {
  const value = valueAt(claims, path) ?? []
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (!texts.every((text) => typeof text === 'string')) {
    throw invalidToken('malformed-claim', [formatPath(path)])
  }
  return Object.freeze(texts.filter((text) => text !== ''))
}

function once<Result extends object>(work: () => Result): () => Result {
  let result: Result | undefined
  return () => (result ??= work())
}
