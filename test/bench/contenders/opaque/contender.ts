/** Whom to ask, and as whom. */
export interface OpaqueSetting {
  readonly issuer: string
  readonly endpoint: string
  readonly audience: string
  readonly clientId: string
  readonly clientSecret: string
}

/** Throws, or rejects, for a token that is not active. */
export type Verify = (token: string) => unknown

/** A way to have opaque tokens introspected (RFC 7662). */
export interface OpaqueContender {
  readonly name: string
  /** Whether it keeps answers; the others are given fewer requests where each takes long. */
  readonly remembers: boolean
  readonly start: (setting: OpaqueSetting) => Promise<Verify>
}
