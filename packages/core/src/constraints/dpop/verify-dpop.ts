import { warnOfMisconfiguration } from '../../diagnostics/channels.ts'
import type { Findings } from '../../diagnostics/findings.ts'
import { startPatientTimer } from '../../lib/patient-timer.ts'
import { describe, isInvalidOption } from '../../lib/invalid-option.ts'
import { hash } from '../../lib/recent-node.ts'
import { carriersOf } from '../../request/carriers.ts'
import { invalidProof, invalidToken, Refusal } from '../../responses/refusal.ts'
import { Unavailable, UpstreamError } from '../../responses/unavailable.ts'
import type { DpopSettings } from './dpop-options.ts'
import { createVerifyProof, maxProofAge, type ProofContext, type VerifiedProof } from './proof.ts'
import type { ReplayStore } from '../replay/replay-store.ts'
import type { KnownOrigins } from './origins.ts'

/** Verifies that the sender of a token has the key to which it is bound (RFC 9449). */
export interface VerifyDpop extends Pick<DpopSettings, 'mode'> {
  /**
   * `jkt` is the thumbprint in the token. The proof counts as used only after all other checks have passed.
   *
   * @throws Refusal 401: `invalid_dpop_proof`, `use_dpop_nonce`, or `invalid_token` for another key. Unavailable 503
   * `replay-store`.
   */
  readonly verify: (jkt: string, context: DpopContext) => Promise<void>
}

interface DpopContext extends ProofContext {
  readonly findings: Findings
  readonly issuer: string
}

/** In milliseconds. The store contains a proof for longer than the proof is valid, because clocks of a fleet differ. */
const replayMargin = 10_000
/** In milliseconds. A store that takes longer has failed. */
const replayDeadline = 1000

/** Creates step 5 for tokens that are bound to a key. Does not check that the scheme of the request is DPoP. */
export function createVerifyDpop(settings: DpopSettings, origins: KnownOrigins): VerifyDpop {
  const { mode, nonces, replay } = settings
  const verifyProof = createVerifyProof(settings.algorithms, origins)
  let hasWarned = false

  function verifyNonce({ nonce }: VerifiedProof, { now, findings }: DpopContext): void {
    const state = nonces?.verify(nonce, now) ?? 'fresh'
    if (nonces !== undefined && state !== 'fresh') {
      findings.nonce = nonces.create(now)
    }
    if (state === 'invalid') {
      throw new Refusal({ code: 'use_dpop_nonce', reason: nonce === undefined ? 'no-nonce' : 'wrong-nonce' })
    }
  }

  /** Some frameworks do not print the error. Its message says to set `origin`. */
  function warnAndRethrow(error: unknown, issuer: string): never {
    if (isInvalidOption(error) && !hasWarned) {
      hasWarned = true
      warnOfMisconfiguration({ event: 'unknown-origin', issuer, message: error.message })
    }
    throw error
  }

  return {
    mode,
    verify: async (jkt, context) => {
      const proof = await verifyProof(context).catch((error: unknown) => warnAndRethrow(error, context.issuer))
      if (proof.jkt !== jkt) {
        throw invalidToken('wrong-proof-key', ['cnf'])
      }
      verifyNonce(proof, context)
      await useUp(replay, proof, context)
    },
  }
}

/** A proof that a request has used, or is using now. */
interface Use {
  readonly proof: string
  readonly isNew: Promise<boolean>
}

/** The proofs of requests, so that two validators with one store can authenticate the same request, also at once. */
const usedProofs = new WeakMap<ReplayStore, WeakMap<object, Use>>()

/**
 * Uses up the proof, because it counts once (RFC 9449 §11.1). When the store cannot know whether the proof is new, the
 * result is 503, and never an accepted proof.
 */
async function useUp(store: ReplayStore, proof: VerifiedProof, { request, now, issuer }: DpopContext): Promise<void> {
  const uses = usedProofs.get(store) ?? new WeakMap<object, Use>()
  usedProofs.set(store, uses)
  const carriers = carriersOf(request)
  const known = carriers.map((carrier) => uses.get(carrier)).find((use) => use?.proof === proof.proof)
  const use = known ?? { proof: proof.proof, isNew: storeProof(store, proof, now, issuer) }
  carriers.forEach((carrier) => uses.set(carrier, use))
  let isNew: boolean
  try {
    isNew = await use.isNew
  } catch (error) {
    // A later call for the same request asks the store again.
    carriers.forEach((carrier) => uses.delete(carrier))
    throw error
  }
  if (!isNew) {
    throw invalidProof('replayed-proof')
  }
}

function storeProof(store: ReplayStore, proof: VerifiedProof, now: number, issuer: string): Promise<boolean> {
  const key = `${proof.jkt}.${hash('sha256', JSON.stringify([proof.jti, proof.target]), 'base64url')}`
  const ttl = proof.iat * 1000 + maxProofAge - now + replayMargin
  return remember(store, key, ttl, issuer)
}

async function remember(store: ReplayStore, key: string, ttl: number, issuer: string): Promise<boolean> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const cancel = startPatientTimer(replayDeadline, () => reject(new Error('The replay store did not respond in time')))
  try {
    const isNew: unknown = await Promise.race([store.remember(key, Math.ceil(ttl)), late])
    if (typeof isNew !== 'boolean') {
      throw new TypeError(`Expected \`remember\` of the replay store to return a boolean, got ${describe(isNew)}`)
    }
    return isNew
  } catch (cause) {
    const message = 'The replay store cannot say whether the proof was used before'
    throw new Unavailable(issuer, new UpstreamError({ reason: 'replay-store', message, cause }))
  } finally {
    cancel()
  }
}
