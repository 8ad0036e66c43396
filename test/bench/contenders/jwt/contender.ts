import type { Algorithm, Setting } from '../../world/world.ts'

/** Given an `Authorization` header, in one piece as a server has it: returns, or resolves, for a token that it accepts; throws, or rejects, for any other. */
export type Verify = (authorization: string) => unknown

/** For those who take the token by itself. */
export function tokenIn(authorization: string): string {
  return authorization.slice('Bearer '.length)
}

/** Whoever judges JWTs. */
export interface JwtContender {
  readonly name: string
  /** Those that it can verify. */
  readonly algorithms: readonly Algorithm[]
  /** `floor`: it verifies the signature and does nothing else. `idle`: not even that. */
  readonly role: 'tollgate' | 'peer' | 'floor' | 'idle'
  /** The URL of the module that exports it, for a process that loads nothing else. */
  readonly module: string
  readonly start: (setting: Setting) => Promise<Verify>
}
