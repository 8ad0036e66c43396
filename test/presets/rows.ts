import type { AccessToken, TrustedIssuer, TrustedIssuerOptions } from '@tollgate/core'

export type Claims = Readonly<Record<string, unknown>>

/** What an accepted token says. Scopes are in the order of the claims. */
export interface Statement {
  readonly subjectType: AccessToken['subjectType']
  readonly clientId: string | undefined
  readonly scopes: readonly string[]
}

/** A token of a documented shape. The claims are those of the vendor, without times and `iss`. */
export interface Row {
  readonly name: string
  readonly claims: Claims
  /** Default: that of the vendor. */
  readonly header?: Claims
  /** The statement of an accepted token, or the reason of its refusal. */
  readonly expected: Statement | string
  /** The format of the token, or of an introspection response. Default: each that the vendor has. */
  readonly format?: 'jwt' | 'opaque'
}

/** The tokens of one preset. All values are invented, and the shapes are those of the vendor. */
export interface Vendor {
  readonly name: string
  /** The preset with options that lead to the mock issuer. */
  readonly preset: (options: TrustedIssuerOptions) => TrustedIssuer
  readonly audience: string | readonly string[]
  /** The members of the header besides `alg` and `kid`. Default: `typ: 'JWT'`. */
  readonly header?: Claims
  /** Whether the vendor has introspection as the preset supports it. */
  readonly introspects: boolean
  readonly rows: readonly Row[]
}

export function accepted(
  name: string,
  claims: Claims,
  [subjectType, clientId, ...scopes]: readonly [Statement['subjectType'], string | undefined, ...string[]],
  more: Pick<Row, 'header' | 'format'> = {},
): Row {
  return { name, claims, expected: { subjectType, clientId, scopes }, ...more }
}

export function refused(name: string, claims: Claims, reason: string, more: Pick<Row, 'header' | 'format'> = {}): Row {
  return { name, claims, expected: reason, ...more }
}
