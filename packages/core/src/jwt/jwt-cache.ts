import { LRUCache } from 'lru-cache'
import { createHitCounter, type HitCounter } from '../cache/cache-stats.ts'
import type { CacheHealth } from '../diagnostics/health.ts'
import { hash } from '../lib/recent-node.ts'
import { roughSize } from '../lib/rough-size.ts'
import type { ValidatedToken } from '../validated-token.ts'

/** A validated JWT, and what its validity depends on. */
export interface CachedJwt {
  readonly token: ValidatedToken
  /** The identity of the key that verified its signature. */
  readonly key: string
  /** The settings of the issuer at that time. */
  readonly settings: object
}

/** The validated JWTs of one validator, by the SHA-256 of the token. It is bounded in bytes. */
export interface JwtCache extends Pick<HitCounter, 'note'> {
  readonly get: (text: string) => CachedJwt | undefined
  /** Stores a token when it comes for the second time. */
  readonly set: (text: string, entry: CachedJwt) => void
  readonly delete: (text: string) => void
  readonly health: () => CacheHealth
}

const maxSize = 64 * 1024 * 1024
const entrySize = 512
/** Marks, about as many as the cache has room for tokens. A cached token without a mark is validated again once. */
const maxSeen = 50_000

const keyOf = (text: string): string => hash('sha256', text, 'latin1')
/** 30 bits of the signature, which are random and cost no hash. V8 would intern a string that is looked up in a `Map`. */
function markOf(text: string): number {
  let mark = 0
  for (let at = text.length - 6; at < text.length - 1; at += 1) {
    mark = (mark << 6) ^ text.charCodeAt(at)
  }
  return mark
}

/** With `mode: 'off'`, the cache stays empty and counts nothing. */
export function createJwtCache(mode: 'memory' | 'off'): JwtCache {
  const { note, counts } = createHitCounter('jwt')
  // With a maximum number of entries, an LRUCache would allocate that many slots at once.
  const entries = new LRUCache<string, CachedJwt>({ maxSize })
  /** The marks of tokens that were validated. To store a token that comes only once costs more than it saves. */
  const seen = new LRUCache<number, true>({ maxSize: maxSeen })

  return {
    get: (text) => (seen.has(markOf(text)) ? entries.get(keyOf(text)) : undefined),
    set: (text, entry) => {
      const mark = markOf(text)
      if (mode === 'memory' && seen.has(mark)) {
        const { claims, granted } = entry.token
        entries.set(keyOf(text), entry, { size: entrySize + roughSize(claims) + roughSize([...granted().scopes]) })
      } else if (mode === 'memory') {
        seen.set(mark, true, { size: 1 })
      }
    },
    delete: (text) => void entries.delete(keyOf(text)),
    note: mode === 'memory' ? note : () => undefined,
    health: () => ({ ...counts(), entries: entries.size, bytes: entries.calculatedSize }),
  }
}
