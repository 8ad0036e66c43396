// Fake timers of a test replace the global functions.
import { performance } from 'node:perf_hooks'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
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

/** Milliseconds for which a check can block the process. */
const maxBlock = 5
/** Reading the clock takes time, too. */
const leasesPerLook = 20

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
  let isChecking = false
  /** Whether a revocation has come since the beginning of the last check. */
  let isStale = false
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

  /** The first check of a token calculates the hashes of its claims. Requests go on meanwhile. */
  async function checkAll(): Promise<void> {
    let busy = 0
    let begun = performance.now()
    let count = 0
    for (const lease of open) {
      void lease.checkRevocations()
      count += 1
      if (count % leasesPerLook === 0 && performance.now() - begun > maxBlock) {
        busy += performance.now() - begun
        // oxlint-disable-next-line no-await-in-loop -- other work runs in between
        await turn()
        begun = performance.now()
      }
    }
    wait = Math.max(minWait, (busy + performance.now() - begun) / maxShare)
  }

  /** Checks until no revocation has come since the beginning of the last check. */
  async function checkUntilCurrent(): Promise<void> {
    while (isStale && open.size > 0) {
      // oxlint-disable-next-line no-await-in-loop -- one check at a time
      await sleep(wait, undefined, { ref: false })
      isStale = false
      // oxlint-disable-next-line no-await-in-loop -- one check at a time
      await checkAll()
    }
    isChecking = false
  }

  function scheduleCheck(): void {
    isStale = true
    if (open.size > 0 && !isChecking) {
      isChecking = true
      checkUntilCurrent().catch(reportBug)
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
