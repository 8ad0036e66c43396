import { asymmetricAlgorithms, type KeySet, parseDocument, readKeySet, own } from '@tollgate/core/adapter'
import { describeFailure, type Fetched, fetchOnce, isFailure } from './fetch.ts'
import { attempt, describeResult, endpointIn, type FoundMetadata } from './metadata.ts'
import type { CheckReport } from './report.ts'

/** Fetches the key set, and reads it as the library does. `known` is the URL that the library fetched. */
export async function checkKeys(
  issuer: string,
  metadata: FoundMetadata,
  known: string | undefined,
): Promise<readonly CheckReport[]> {
  const url = known ?? endpointIn(metadata, issuer, 'jwks_uri')
  if (typeof url !== 'string') {
    return [
      { check: 'keys', state: 'skipped', found: url?.message ?? 'no metadata names a key set' },
      checkAlgorithms(metadata, undefined),
    ]
  }
  const response = await fetchOnce(url)
  if (isFailure(response) || response.status !== 200) {
    const found = `${url}: ${isFailure(response) ? describeFailure(response) : describeResult(response)}`
    const fix = 'Check the URL in `jwks_uri`, and open it with curl from this machine.'
    return [{ check: 'keys', state: 'failed', found, fix }, checkAlgorithms(metadata, undefined)]
  }
  const set = keySetIn(response)
  if (set instanceof Error) {
    const fix = 'Configure the issuer to publish a JWK Set (RFC 7517 §5) there.'
    return [{ check: 'keys', state: 'failed', found: set.message, fix }, checkAlgorithms(metadata, undefined)]
  }
  return [describeKeys(response, set.of(issuer)), checkAlgorithms(metadata, set.of(issuer))]
}

function keySetIn({ body, url }: Fetched): KeySet | Error {
  const parsed = parseDocument(body)
  return 'value' in parsed ? attempt(() => readKeySet(parsed.value, url)) : new Error(`${url} sent no valid JSON`)
}

function describeKeys(response: Fetched, keys: KeySet): CheckReport {
  const count = countIn(response)
  const passedOver = keys
    .passedOver()
    .map(({ kid, message }) => `${kid === undefined ? 'a key without `kid`' : `key "${kid}"`}: ${message}`)
  const rest = passedOver.length === 0 ? '' : ` Tollgate passes over ${passedOver.join('; ')}.`
  const found = `${count} ${count === 1 ? 'key' : 'keys'} at ${response.url}. ${describeFreshness(response)}${rest}`
  return keys.isUsable
    ? { check: 'keys', state: passedOver.length === 0 ? 'passed' : 'warning', found }
    : {
        check: 'keys',
        state: 'failed',
        found,
        fix: 'Configure the issuer to publish its signing keys, or set `keys` in trustedIssuer.',
      }
}

function countIn({ body }: Fetched): number {
  const parsed = parseDocument(body)
  const keys = 'value' in parsed ? own(parsed.value, 'keys') : undefined
  return Array.isArray(keys) ? keys.length : 0
}

function describeFreshness({ headers }: Fetched): string {
  const control = headers['cache-control'] ?? ''
  const seconds = /max-age=(\d{1,9})/.exec(control)?.[1]
  if (seconds !== undefined && !/no-store|no-cache/.test(control)) {
    const used = Math.min(3600, Math.max(60, Number(seconds)))
    return `They are fresh for ${seconds} s${used === Number(seconds) ? '' : `, and Tollgate caches them for ${used} s`}.`
  }
  if (/no-store|no-cache/.test(control)) {
    return headers.etag === undefined
      ? 'Caching is not allowed: Tollgate fetches them about once a minute.'
      : 'They have an ETag, so that Tollgate revalidates them.'
  }
  return 'No header says how long they are fresh: Tollgate caches them for 10 minutes.'
}

function checkAlgorithms({ document }: FoundMetadata, keys: KeySet | undefined): CheckReport {
  const fit = asymmetricAlgorithms.filter(
    (alg) => keys !== undefined && keys.fitting({ alg, kid: undefined }).length > 0,
  )
  const stated = own(document, 'id_token_signing_alg_values_supported')
  const names = Array.isArray(stated) ? stated.filter((name) => typeof name === 'string') : []
  if (names.length > 0 && names.every((name) => name.startsWith('HS'))) {
    return {
      check: 'algorithms',
      state: 'failed',
      found: 'the issuer signs with a shared secret (HMAC) only',
      fix: 'Configure the issuer to sign with RS256 or ES256. Only if it cannot, set `secret` in trustedIssuer.',
    }
  }
  return fit.length === 0
    ? { check: 'algorithms', state: 'skipped', found: 'no usable key' }
    : { check: 'algorithms', state: 'passed', found: `the keys fit ${fit.join(', ')}` }
}
