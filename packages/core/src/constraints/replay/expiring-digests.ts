/** Digests that expire, counted by their first part. All times are in seconds. */
export interface ExpiringDigests {
  /** Removes digests whose end has come: at most 1,000 in one call, so that no request waits for long. */
  readonly expire: (now: number) => void
  /** Whether it is there, and its end has not come. */
  readonly has: (digest: string, now: number) => boolean
  /** Adds one that is not there, or has expired. Its end must be later than now. */
  readonly add: (digest: string, end: number) => void
  readonly size: () => number
  /** The number of digests with the same first part. It includes expired ones that have not been removed. */
  readonly countLike: (digest: string) => number
  /** The latest end of all that were removed. */
  readonly removedUntil: () => number
}

const maxRemovals = 1000

/**
 * `firstPart` is the length of the first part, in characters. The work of a call does not depend on the number of digests.
 * There is one bucket for each second in which some end.
 */
export function createExpiringDigests(firstPart: number): ExpiringDigests {
  const ends = new Map<string, number>()
  const counts = new Map<string, number>()
  const buckets = new Map<number, string[]>()
  /** The last time for which nothing is left to remove. */
  let cleanAt = Number.NaN
  let removedUntil = 0

  function count(digest: string, change: 1 | -1): void {
    const part = digest.slice(0, firstPart)
    const changed = (counts.get(part) ?? 0) + change
    if (changed > 0) {
      counts.set(part, changed)
    } else {
      counts.delete(part)
    }
  }

  /** A digest that was added again after its end is in a later bucket as well. */
  function remove(digest: string, end: number): void {
    if (ends.get(digest) === end) {
      ends.delete(digest)
      count(digest, -1)
      removedUntil = Math.max(removedUntil, end)
    }
  }

  /** Returns the number of digests that it took out of the bucket. */
  function empty(end: number, digests: string[], max: number): number {
    const taken = digests.splice(Math.max(digests.length - max, 0))
    taken.forEach((digest) => remove(digest, end))
    if (digests.length === 0) {
      buckets.delete(end)
    }
    return taken.length
  }

  return {
    expire: (now) => {
      if (now === cleanAt) {
        return
      }
      let left = maxRemovals
      for (const [end, digests] of buckets) {
        left -= end <= now ? empty(end, digests, left) : 0
        if (left === 0) {
          return
        }
      }
      cleanAt = now
    },
    has: (digest, now) => (ends.get(digest) ?? now) > now,
    add: (digest, end) => {
      const former = ends.get(digest)
      if (former !== undefined) {
        remove(digest, former)
      }
      ends.set(digest, end)
      count(digest, 1)
      const bucket = buckets.get(end)
      if (bucket === undefined) {
        buckets.set(end, [digest])
      } else {
        bucket.push(digest)
      }
    },
    size: () => ends.size,
    countLike: (digest) => counts.get(digest.slice(0, firstPart)) ?? 0,
    removedUntil: () => removedUntil,
  }
}
