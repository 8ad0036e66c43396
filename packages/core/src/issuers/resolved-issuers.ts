import { LRUCache } from 'lru-cache'
import type { IntrospectionCaches } from '../introspection/introspection-cache.ts'
import type { ResponseCache } from '../introspection/response-cache.ts'
import { createIssuer, type Issuer, type IssuerContext } from './issuer.ts'
import { isTrustedIssuer, settingsOf, type TrustedIssuer, trustedIssuer } from './trusted-issuer.ts'

/** An issuer at run time, and a rough estimate of its bytes. */
export interface ResolvedIssuer {
  readonly issuer: Issuer
  readonly bytes: number
}

/** The issuers that belong to the results of an `issuer` function. One result has one issuer. */
export interface ResolvedIssuers {
  /**
   * The issuer of a result. `undefined` for a stranger.
   *
   * @throws TypeError for a result of another type. The error of `trustedIssuer` for a name that it rejects.
   */
  readonly of: (result: unknown, iss: string) => ResolvedIssuer | undefined
  /** Records the issuer of a result that depends on its request, because no other cache contains it. */
  readonly note: (resolved: ResolvedIssuer) => void
  /** The issuers that `note` recorded lately. */
  readonly noted: () => readonly Issuer[]
}

const kibi = 1024
const mebi = 1024 * kibi
/** An issuer without its name and its configured keys. Measured: 2.7 KiB, and 10 KiB with introspection. */
const issuerBytes = { plain: 4 * kibi, introspecting: 12 * kibi }
/** 12,000 issuers that the function named by their URL, and 1,300 issuers with introspection. */
const bounds = { byUrl: { maxSize: 48 * mebi }, noted: { maxSize: 16 * mebi } }

export function createResolvedIssuers(context: IssuerContext): ResolvedIssuers {
  /** An issuer lives as long as the application uses its `TrustedIssuer`. */
  const built = new WeakMap<TrustedIssuer, ResolvedIssuer>()
  const byUrl = new LRUCache<string, TrustedIssuer>(bounds.byUrl)
  const noted = new LRUCache<Issuer, true>(bounds.noted)
  let serial = 0

  function build(trusted: TrustedIssuer): ResolvedIssuer {
    serial += 1
    const { keys, introspection } = settingsOf(trusted)
    // Issuers that differ only in their `parameters` would otherwise share the responses of their servers.
    const caches =
      introspection?.parameters === undefined ? context.caches : unsharedCaches(context.caches, `${serial}`)
    const issuer = createIssuer(trusted, { ...context, caches }, 'resolved')
    const keySet = 'keys' in keys ? keys.keys : keys.seed
    const base = introspection === undefined ? issuerBytes.plain : issuerBytes.introspecting
    const resolved = { issuer, bytes: base + 2 * trusted.url.length + (keySet?.bytes ?? 0) }
    built.set(trusted, resolved)
    return resolved
  }

  /** The same object for the same URL, because the settings of a cached token are compared by identity. */
  function trustedAt(url: string): TrustedIssuer {
    const trusted = byUrl.get(url) ?? trustedIssuer(url)
    byUrl.set(url, trusted, { size: issuerBytes.plain + 4 * url.length })
    return trusted
  }

  /** An issuer with another name than the `iss` counts as a stranger, so that its keys are never used for this token. */
  function trustedOf(result: unknown, iss: string): TrustedIssuer | undefined {
    if (result === undefined || result === null || result === false) {
      return undefined
    }
    if (typeof result === 'string') {
      return result === iss ? trustedAt(iss) : undefined
    }
    if (!isTrustedIssuer(result)) {
      throw new TypeError(
        'Expected the `issuer` function to return trustedIssuer(iss, options), the URL of the issuer, or undefined',
      )
    }
    return result.url === iss ? result : undefined
  }

  return {
    of: (result, iss) => {
      const trusted = trustedOf(result, iss)
      return trusted && (built.get(trusted) ?? build(trusted))
    },
    note: ({ issuer, bytes }) => void noted.set(issuer, true, { size: bytes }),
    noted: () => [...noted.keys()],
  }
}

/** The caches of one issuer: its keys are its own, and no other process can use its results. */
function unsharedCaches(caches: IntrospectionCaches, prefix: string): IntrospectionCaches {
  const { responses } = caches
  const keyOf = (key: string): string => `${prefix} ${key}`
  const own: ResponseCache = {
    ...responses,
    get: (key) => responses.get(keyOf(key)),
    set: (key, result) => responses.set(keyOf(key), result),
    delete: (key) => responses.delete(keyOf(key)),
    wasActive: (key) => responses.wasActive(keyOf(key)),
  }
  return { ...caches, responses: own, shared: undefined }
}
