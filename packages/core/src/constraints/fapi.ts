import { invalidOption } from '../lib/invalid-option.ts'

/** The algorithms of FAPI 2.0 §5.4.1. Both names of Ed25519 are in use (RFC 9864). */
export const fapiAlgorithms: readonly string[] = Object.freeze(['ES256', 'PS256', 'EdDSA', 'Ed25519'])

/** Checks the algorithms of an issuer, and sets those of the profile. */
export function withFapiAlgorithms<
  Options extends { readonly algorithms?: readonly string[] | undefined; readonly secret?: unknown },
>(options: Options): Options {
  if (options.secret !== undefined) {
    throw invalidOption("Expected no `secret` with `profile: 'fapi2'`, which demands signatures by keys")
  }
  expectFapiAlgorithms(options.algorithms ?? [], '`algorithms`')
  return { ...options, algorithms: options.algorithms ?? fapiAlgorithms }
}

/** The options of a validator that the profile concerns. */
interface FapiContext {
  readonly formBody?: unknown
  readonly credentials?: unknown
  readonly revocations?: unknown
  readonly dpop: { readonly mode: string; readonly algorithms: readonly string[] }
  readonly mtls: { readonly mode: string }
}

/** Checks a validator that trusts these issuers with `profile: 'fapi2'` (FAPI 2.0 §5.3.4). */
export function expectFapi(
  { formBody, credentials = 'authorization', dpop, mtls, revocations }: FapiContext,
  issuers: readonly { readonly url: string; readonly introspects: boolean }[],
): void {
  if (issuers.length === 0) {
    return
  }
  if (formBody === 'accepted' || [credentials].flat().some((source) => source !== 'authorization')) {
    throw invalidOption(
      "Expected neither `formBody` nor `credentials` with `profile: 'fapi2'`, because it accepts tokens in `Authorization` only",
    )
  }
  if (dpop.mode === 'off' && mtls.mode === 'off') {
    throw invalidOption(
      "Expected `dpop` or `mtls` to be on with `profile: 'fapi2'`, because it accepts tokens that are bound to a key or a certificate only",
    )
  }
  if (dpop.mode !== 'off') {
    expectFapiAlgorithms(dpop.algorithms, '`algorithms` of `dpop`')
  }
  const unrevocable = issuers.find(({ introspects }) => !introspects && revocations === undefined)
  if (unrevocable !== undefined) {
    process.emitWarning(
      `The tokens of ${unrevocable.url} cannot be revoked before they expire, though its profile is FAPI 2.0: give it \`introspection\`, and its routes active({ within }), or give the validator \`revocations\``,
      { type: 'TollgateWarning', code: 'TOLLGATE_FAPI_REVOCATION' },
    )
  }
}

function expectFapiAlgorithms(algorithms: unknown, what: string): void {
  if (Array.isArray(algorithms) && !algorithms.every((algorithm) => fapiAlgorithms.includes(algorithm))) {
    throw invalidOption(`Expected each of ${what} to be one of ${fapiAlgorithms.join(', ')} with \`profile: 'fapi2'\``)
  }
}
