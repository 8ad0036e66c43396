// Fake timers of a test replace the global functions.
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers'
import type { AccessToken } from '../access-token.ts'
import { reportBug } from '../diagnostics/channels.ts'
import type { Clock } from '../lib/clock.ts'
import type { ValidatorRevocations } from '../revocation/validator-revocations.ts'
import { createLease, type OpenLease } from './create-lease.ts'
import { registerLeases } from './lease.ts'
import type { LeaseTokens } from './lease-tokens.ts'

/** Milliseconds between a revocation and the check of all leases. Revocations in between need no check of their own. */
const minWait = 50
/** The checks take at most this part of the time, however many revocations come. */
const maxShare = 1 / 10

/** The leases of one validator. */
export interface Leases {
  /** Ends all leases. */
  readonly close: () => void
}

export function createLeases(
  tokens: LeaseTokens,
  {
    owner,
    revocations,
    clock,
  }: {
    readonly owner: object
    readonly revocations: Pick<ValidatorRevocations, 'onChange'>
    readonly clock: Clock
  },
): Leases {
  const open = new Set<OpenLease>()
  let isWaiting = false
  let isClosed = false
  /** Milliseconds. */
  let wait = minWait

  function create(token: AccessToken): OpenLease {
    const created = createLease(token, { tokens, clock, ended: (lease) => open.delete(lease) })
    if (isClosed) {
      created.end()
    }
    if (!created.signal.aborted) {
      open.add(created)
      // A revocation can have come since the token was validated.
      created.checkRevocations().catch(reportBug)
    }
    return created
  }

  async function checkAll(): Promise<void> {
    const begun = performance.now()
    isWaiting = false
    await Promise.all(Array.from(open, (lease) => lease.checkRevocations()))
    wait = Math.max(minWait, (performance.now() - begun) / maxShare)
  }

  function scheduleCheck(): void {
    if (open.size > 0 && !isWaiting) {
      isWaiting = true
      setTimeout(() => checkAll().catch(reportBug), wait).unref()
    }
  }

  registerLeases(owner, create)
  const stopListening = revocations.onChange(scheduleCheck)
  return {
    close: () => {
      isClosed = true
      stopListening()
      open.forEach((lease) => lease.stop(undefined))
    },
  }
}
