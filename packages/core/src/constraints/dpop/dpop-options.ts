import { expectOneOf, expectOptions, describe, invalidOption } from '../../lib/invalid-option.ts'
import type { Secrets } from '../../lib/secrets.ts'
import { fapiAlgorithms } from '../fapi.ts'
import { createNonces, type Nonces } from './nonces.ts'
import { expectReplayStore, type ReplayStore } from '../replay/replay-store.ts'
import { memoryReplayStore } from '../replay/memory-replay-store.ts'
import { asymmetricAlgorithms } from '../../keys/algorithms.ts'
import type { Clock } from '../../lib/clock.ts'

/** The option `dpop` of a validator (RFC 9449). */
export interface DpopOptions {
  /**
   * `'accepted'`: a token that is bound to a key is accepted under the scheme DPoP with a proof, and other tokens under
   * Bearer. `'required'`: every token needs to be bound to a key. `'off'`: tokens that are bound to a key are
   * refused. Default: `'off'`.
   */
  readonly mode: 'off' | 'accepted' | 'required'
  /**
   * The algorithms of proofs, which challenges name in `algs`. Default: `ES256`, `PS256`, `EdDSA` and `Ed25519`, as FAPI 2.0
   * allows.
   */
  readonly algorithms?: readonly string[] | undefined
  /**
   * `'required'`: every proof needs a nonce of this server (§9), which lives for 60 s. A client gets one with 401
   * `use_dpop_nonce`, and a newer one after 30 s. Default: `'off'`.
   */
  readonly nonces?: 'off' | 'required' | undefined
  /**
   * The secrets that seal nonces: 1 to 8, of at least 32 bytes each. They need `nonces: 'required'`. All processes behind one address need the same ones. The
   * first one seals, and all of them open. Default: a random secret of this process.
   */
  readonly secrets?: Secrets | undefined
  /**
   * Where used proofs are stored, so that each is used once. Processes behind one address need a store that they
   * share, such as `redisReplayStore`. Default: `memoryReplayStore()`.
   */
  readonly replay?: ReplayStore | undefined
}

/** The checked option. */
export interface DpopSettings {
  readonly mode: 'off' | 'accepted' | 'required'
  readonly algorithms: readonly string[]
  /** `undefined` when proofs need no nonce. */
  readonly nonces: Nonces | undefined
  readonly replay: ReplayStore
}

const names: readonly (keyof DpopOptions)[] = ['mode', 'algorithms', 'nonces', 'secrets', 'replay']

/** Checks the option `dpop`. Without the option, the mode is `fallback`. Throws a `TypeError`. */
export function expectDpop(given: unknown, clock: Clock, fallback: DpopSettings['mode'] = 'off'): DpopSettings {
  const options = expectOptions((given ?? { mode: fallback }) as DpopOptions, 'the option `dpop`', names)
  const { algorithms = fapiAlgorithms, nonces = 'off', secrets, replay } = options
  const mode = expectOneOf(options.mode, 'dpop.mode', ['off', 'accepted', 'required'])
  const areRequired = expectOneOf(nonces, 'dpop.nonces', ['off', 'required']) === 'required'
  if (secrets !== undefined && !areRequired) {
    throw invalidOption("Expected `dpop: { nonces: 'required' }` with `secrets`, which seal nonces")
  }
  return Object.freeze({
    mode,
    algorithms: expectProofAlgorithms(algorithms),
    nonces: areRequired ? createNonces(secrets) : undefined,
    replay: replay === undefined ? memoryReplayStore({ clock }) : expectReplayStore(replay),
  })
}

function expectProofAlgorithms(algorithms: unknown): readonly string[] {
  if (!Array.isArray(algorithms) || algorithms.length === 0) {
    throw invalidOption(
      `Expected \`algorithms\` of \`dpop\` to be an array of at least one, got ${describe(algorithms)}`,
    )
  }
  if (!algorithms.every((algorithm) => asymmetricAlgorithms.includes(algorithm))) {
    throw invalidOption(`Expected each of \`algorithms\` of \`dpop\` to be one of ${asymmetricAlgorithms.join(', ')}`)
  }
  return Object.freeze([...new Set<string>(algorithms)])
}
