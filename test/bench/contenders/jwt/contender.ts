import type { Algorithm } from '../../world/world.ts'

/** Whose tokens are to be accepted. */
export interface JwtSetting {
  readonly issuer: string
  readonly jwksUri: string
  readonly audience: string
  readonly algorithm: Algorithm
}

/** Returns, or resolves, for a token that it accepts; throws, or rejects, for any other. */
export type Verify = (token: string) => unknown

/** Whoever judges JWTs. Middlewares are given the token as a server gives it: in a header. */
export interface JwtContender {
  readonly name: string
  /** Those that it can verify. */
  readonly algorithms: readonly Algorithm[]
  /** `floor`: it verifies the signature and does nothing else. `idle`: not even that. */
  readonly role: 'tollgate' | 'peer' | 'floor' | 'idle'
  /** The URL of the module that exports it, for a process that loads nothing else. */
  readonly module: string
  readonly start: (setting: JwtSetting) => Promise<Verify>
}
