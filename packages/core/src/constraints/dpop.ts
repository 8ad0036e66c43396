// Fake timers of a test replace the global functions.
import type { Findings } from '../diagnostics/findings.ts'
import { withDeadline } from '../lib/deadline.ts'
import { startPatientTimer } from '../lib/patient-timer.ts'
import { describe } from '../lib/invalid-option.ts'
import { hash } from '../lib/recent-node.ts'
import { invalidProof, invalidToken, Refusal } from '../responses/refusal.ts'
import { Unavailable, UpstreamError } from '../responses/unavailable.ts'
import type { DpopSettings } from './dpop-options.ts'
import { createVerifyProof, maxProofAge, type ProofContext, type VerifiedProof } from './dpop-proof.ts'
import type { ReplayStore } from './replay-store.ts'
import type { KnownOrigins } from './origins.ts'

/** Verifies that the sender of a token has the key to which it is bound (RFC 9449). */
export interface VerifyDpop extends Pick<DpopSettings, 'mode'> {
  /**
   * `jkt` is the thumbprint in the token. The proof is used up when everything else is good.
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

/** Milliseconds. A proof is stored for so much longer than it can be used, because clocks of a fleet differ. */
const replayMargin = 10_000
/** Milliseconds. A store that takes longer has failed. */
const replayDeadline = 1000

export function createVerifyDpop(settings: DpopSettings, origins: KnownOrigins): VerifyDpop {
  const { mode, nonces, replay } = settings
  const verifyProof = createVerifyProof(settings.algorithms, origins)

  function verifyNonce({ nonce }: VerifiedProof, { now, findings }: DpopContext): void {
    const state = nonces?.verify(nonce, now) ?? 'fresh'
    if (nonces !== undefined && state !== 'fresh') {
      findings.nonce = nonces.create(now)
    }
    if (state === 'invalid') {
      throw new Refusal({ code: 'use_dpop_nonce', reason: nonce === undefined ? 'no-nonce' : 'wrong-nonce' })
    }
  }

  return {
    mode,
    verify: async (jkt, context) => {
      const proof = await verifyProof(context)
      if (proof.jkt !== jkt) {
        throw invalidToken('wrong-proof-key', ['cnf'])
      }
      verifyNonce(proof, context)
      await useUp(replay, proof, context)
    },
  }
}

/** The proofs that requests have used, so that two validators with one store can authenticate the same request. */
const usedProofs = new WeakMap<ReplayStore, WeakMap<object, string>>()

/** A proof is used once (RFC 9449 §11.1). A store that cannot know it accepts nothing. */
async function useUp(store: ReplayStore, proof: VerifiedProof, { request, now, issuer }: DpopContext): Promise<void> {
  const used = usedProofs.get(store) ?? new WeakMap<object, string>()
  usedProofs.set(store, used)
  const carrier = typeof request.native === 'object' && request.native !== null ? request.native : request
  if (used.get(carrier) === proof.text) {
    return
  }
  const key = `${proof.jkt}.${hash('sha256', JSON.stringify([proof.jti, proof.target]), 'base64url')}`
  const time = proof.iat * 1000 + maxProofAge - now + replayMargin
  if (!(await remember(store, key, time, issuer))) {
    throw invalidProof('replayed-proof')
  }
  used.set(carrier, proof.text)
}

async function remember(store: ReplayStore, key: string, time: number, issuer: string): Promise<boolean> {
  const deadline = new AbortController()
  const cancel = startPatientTimer(replayDeadline, () => deadline.abort())
  try {
    const isNew: unknown = await withDeadline(
      store.remember(key, Math.ceil(time)),
      deadline.signal,
      () => new Error('The replay store did not respond in time'),
    )
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
