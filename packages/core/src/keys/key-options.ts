import type { JSONWebKeySet, JWK } from 'jose'
import { type Duration, expectDeadline } from '../lib/duration.ts'
import { expectOptions } from '../lib/invalid-option.ts'
import { expectMetadata } from '../metadata/metadata-source.ts'
import { expectAlgorithms } from './expect-algorithms.ts'
import type { KeyFunction } from './function-keys.ts'
import { expectKeyOrigin, type KeyOrigin } from './key-origin.ts'

/** The options of an issuer about its keys and its metadata. */
export interface KeyOptions {
  /**
   * The accepted JWS algorithms. The `alg` of a token selects one of them (RFC 8725 §3.1). Default: every asymmetric
   * algorithm of jose that the running Node supports. With `secret`: `['HS256']`.
   */
  readonly algorithms?: readonly string[] | undefined
  /**
   * The URL of its JWK Set, the set itself, one JWK, PEM text, or a function.
   *
   * PEM text contains one to four public keys or X.509 certificates. Only the key of a certificate counts: the library
   * does NOT check who issued it, nor when it ends. A key of PEM text fits every token, and so does a single JWK
   * without `kid`.
   *
   * A function gets `alg` and `kid` of an unverified token. It returns a JWK, a JWK Set, PEM text or `undefined`. It is
   * called once for each `kid` and `alg`, with `timeouts.keys` as its deadline. Keys are cached for 10 min, so that a
   * removed key is refused after this time. `undefined` refuses the token (401), and is cached for 30 s. So does a set
   * without a key for the header. When 100 calls in a second brought no key, further new key ids are a 503 without a
   * call. An error of the function is a 500.
   *
   * Default: the `jwks_uri` of its metadata.
   */
  readonly keys?: string | URL | JSONWebKeySet | JWK | KeyFunction | undefined
  /**
   * Keys for the time before the first fetch succeeds: a JWK Set, or the path of a file that contains one. They serve
   * for at most one hour. The file is read at start-up. Default: none.
   */
  readonly seed?: JSONWebKeySet | string | URL | undefined
  /**
   * A shared secret for HMAC, at least as long as the hash (RFC 7518 §3.2). A string counts as UTF-8 bytes. An array
   * has at most four secrets, and each of them is accepted, so that a secret can be replaced. Remove the old secret
   * when its last token has expired.
   */
  readonly secret?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined
  /**
   * The URL of the metadata, where the name of the issuer does not lead to it. Only this URL is fetched. Its `issuer`
   * must be identical to the name (RFC 8414 §3.3). Or it is a URL with `{tenantid}` in place of one path segment or
   * host label of the name. With such a document, the library accepts every tenant whose name you configure. The name
   * of the issuer need not be a URL. Default: the well-known URLs of the issuer.
   */
  readonly metadata?: string | URL | undefined
  /**
   * The deadlines of one fetch of keys, to the last byte, and of the whole discovery. From `'1ms'` to `'30s'`. Default:
   * `'5s'` each. A `dispatcher` of your own can end a call earlier.
   */
  readonly timeouts?: { readonly keys?: Duration | undefined; readonly metadata?: Duration | undefined } | undefined
}

export interface KeySettings {
  readonly algorithms: readonly string[]
  readonly keys: KeyOrigin
  readonly metadata: string | undefined
  /** Milliseconds. */
  readonly timeouts: { readonly keys: number; readonly metadata: number }
}

export const keyOptionNames = 'algorithms keys seed secret metadata timeouts'

export function expectKeyOptions(options: KeyOptions): KeySettings {
  const algorithms = expectAlgorithms(options)
  const keys = expectKeyOrigin(options, algorithms)
  return { algorithms, keys, metadata: expectMetadata(options.metadata), timeouts: expectTimeouts(options.timeouts) }
}

function expectTimeouts(timeouts: unknown): KeySettings['timeouts'] {
  if (timeouts === undefined) {
    return { keys: 5000, metadata: 5000 }
  }
  const what = '`timeouts`'
  const { keys = '5s', metadata = '5s' } = expectOptions(timeouts as Readonly<Record<string, unknown>>, what, [
    'keys',
    'metadata',
  ])
  return {
    keys: expectDeadline(keys, 'timeouts.keys', '30s'),
    metadata: expectDeadline(metadata, 'timeouts.metadata', '30s'),
  }
}
