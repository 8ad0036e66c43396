import { randomBytes } from 'node:crypto'
import { type Clock, expectClock, systemClock } from '../../lib/clock.ts'
import { expectOptions } from '../../lib/invalid-option.ts'
import { hash } from '../../lib/recent-node.ts'
import { createExpiringDigests, type ExpiringDigests } from './expiring-digests.ts'
import { maxReplayKey, type ReplayStore } from './replay-store.ts'

/** The options of `memoryReplayStore`. */
export interface MemoryReplayStoreOptions {
  /** Milliseconds since the epoch. Give it the clock of the validator. Default: `Date.now`. */
  readonly clock?: Clock | undefined
}

const maxKeys = 500_000
const maxKeysOfThumbprint = 100_000
const millisecondsPerSecond = 1000

/**
 * The DPoP proofs that clients have used, in the memory of one process. Its validators can share it. Another process
 * accepts the same proof again, and so does this one after a restart, until the proof is too old. Use
 * `redisReplayStore` of `@tollgate/redis` for several processes.
 *
 * The store has room for 500,000 live keys, and for 100,000 of one thumbprint, so that one client cannot block the
 * others. If each key lives for 70 s, that is 7,000 requests a second, and 1,400 of one client. Without room, the store
 * rejects a new key, and never drops a live one. Then these proofs get 503 until older ones expire. Five clients, or one
 * with five keys and a token for each, can fill the store for all.
 *
 * A key takes about 100 bytes when its client has many, and 185 when each client has one: at most 95 MB in all. This
 * does not depend on the length of the key. A key of more than 128 characters is rejected. A key expires up to 1 s late, and never
 * early. The store removes at most 1,000 expired keys in one call. Until then, they count for their thumbprint.
 *
 * If the clock is set back to a time before the end of a key that was removed, the store cannot know whether another key is new.
 * It rejects such keys until the clock is there again.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function memoryReplayStore(options: MemoryReplayStoreOptions = {}): ReplayStore {
  const { clock = systemClock } = expectOptions(options, 'the options of memoryReplayStore', ['clock'])
  const now = expectClock(clock)
  const digestOf = createDigest()
  const known = createExpiringDigests(thumbprintPart)

  return {
    remember: async (key, ttl) => {
      const time = now()
      const end = Math.ceil((time + Math.max(ttl, 1)) / millisecondsPerSecond)
      // A key without an end would stay for ever.
      if (key.length > maxReplayKey || !Number.isFinite(end)) {
        throw new RangeError(`Expected a key of at most ${maxReplayKey} characters, and a time in milliseconds`)
      }
      const seconds = Math.floor(time / millisecondsPerSecond)
      known.expire(seconds)
      const digest = digestOf(key)
      if (known.has(digest, seconds)) {
        return false
      }
      expectSpace(known, digest, seconds)
      known.add(digest, end)
      return true
    },
  }
}

function expectSpace(known: ExpiringDigests, digest: string, seconds: number): void {
  if (seconds < known.removedUntil()) {
    throw failure('clock-set-back', 'The clock was set back, so that keys may be missing')
  }
  if (known.size() >= maxKeys) {
    throw failure('full', 'The store knows as many keys as it can')
  }
  if (known.countLike(digest) >= maxKeysOfThumbprint) {
    throw failure('full-for-thumbprint', 'The store knows as many keys of this thumbprint as it can')
  }
}

/** The code is published on diagnostics channels. */
function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

/** The part of a digest that is equal for the keys of one thumbprint. */
const thumbprintPart = 8

/**
 * Digests of 16 bytes, one a character: 8 for the thumbprint, and 8 for the key. A client cannot look for keys with equal
 * digests, because each store has a salt of its own. By chance, one of 10^14 new keys has the digest of one of 100,000
 * others. It is refused like a replay.
 */
function createDigest(): (key: string) => string {
  const salt = randomBytes(16).toString('hex')
  const bytes = Buffer.alloc(2 * thumbprintPart)

  return (key) => {
    const [thumbprint = ''] = key.split('.', 1)
    for (const [index, text] of [thumbprint, key].entries()) {
      bytes.write(hash('sha256', salt + text, 'latin1'), index * thumbprintPart, thumbprintPart, 'latin1')
    }
    // Two short strings joined by `+` would take three times the memory.
    return bytes.toString('latin1')
  }
}
