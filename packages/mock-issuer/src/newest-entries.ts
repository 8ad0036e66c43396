/** The number of tokens, requests or assertions that the issuer stores. A long test therefore needs no more memory. */
export const maxEntries = 10_000

/** Deletes the oldest entries beyond `maxEntries`. */
export function deleteOldest(entries: Map<string, unknown> | Set<string>): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= maxEntries) {
      return
    }
    entries.delete(oldest)
  }
}
