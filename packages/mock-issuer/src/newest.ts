/** How much of a long test is remembered. */
export const most = 10_000

/** Forgets the oldest entries beyond 10,000, so that a long test does not grow. */
export function keepNewest(entries: Map<string, unknown> | Set<string>): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= most) {
      return
    }
    entries.delete(oldest)
  }
}
