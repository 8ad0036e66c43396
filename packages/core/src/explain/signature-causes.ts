import { own, ownText } from '../lib/record.ts'
import type { Refusal } from '../responses/refusal.ts'
import type { Cause } from './explanation.ts'
import { settingsOf } from '../issuers/trusted-issuer.ts'
import { algorithmsOf, type FailedToken } from './failed-token.ts'
import { foreignKindOf, sendAccessToken } from './kind-of-token.ts'

/** The algorithms of RFC 7518 §3.1, RFC 8037 and RFC 9864. Any other text of a token is not shown. */
const knownAlgorithms = /^(none|(HS|RS|ES|PS)(256|384|512)|EdDSA|Ed25519|Ed448|ES256K|ML-DSA-(44|65|87))$/

/** `algorithm-not-allowed`. */
export function algorithmNotAllowed(token: FailedToken): Cause {
  const alg = ownText(token.header, 'alg') ?? ''
  const accepted = algorithmsOf(token)
  const expected =
    accepted && `\`alg\` ${accepted.length > 4 ? `${accepted.slice(0, 4).join(', ')} and others` : accepted.join(', ')}`
  const received = `\`alg\` ${knownAlgorithms.test(alg) ? alg : 'of another name'}`
  const kind = foreignKindOf(token)
  if (kind !== undefined) {
    return { problem: `this is ${kind.what}: ${kind.why}`, expected, received, fix: sendAccessToken }
  }
  if (accepted?.every((one) => one.startsWith('HS')) === true && !alg.startsWith('HS')) {
    return {
      problem: 'the issuer signs with a key pair, and it is trusted by a shared secret',
      expected,
      received,
      fix: 'Remove `secret` from trustedIssuer: then Tollgate finds the public keys by itself.',
    }
  }
  if (alg.startsWith('HS') && isOfSupabase(token)) {
    return {
      problem: 'the project of Supabase still signs with its legacy secret (HMAC)',
      expected,
      received,
      fix: 'In Supabase, rotate to a signing key under JWT Keys. Or set `secret` in supabase(…) to the legacy secret.',
    }
  }
  if (alg === 'none') {
    return { problem: 'the token is not signed', expected, received, fix: 'Send a token that the issuer has signed.' }
  }
  if (alg.startsWith('HS') && accepted?.some((one) => one.startsWith('HS')) !== true) {
    return {
      problem: 'the token is signed with a shared secret (HMAC), and the issuer is trusted by its public keys',
      expected,
      received,
      fix: 'Configure the issuer to sign with RS256 or ES256. Only if it cannot, set `secret` in trustedIssuer.',
    }
  }
  return {
    problem: 'the issuer signed the token with an algorithm that is not accepted',
    expected,
    received,
    fix: `Add it to \`algorithms\` in trustedIssuer, if this issuer is meant to use it.`,
  }
}

function isOfSupabase({ issuer }: FailedToken): boolean {
  return issuer !== undefined && issuer.url.endsWith('.supabase.co/auth/v1')
}

/** `critical-header`. */
export function criticalHeader(): Cause {
  return {
    problem: 'the header of the token has `crit` or `b64`, which Tollgate does not support',
    fix: 'Configure the issuer to sign plain JWTs.',
  }
}

/** `unknown-key`. */
export function unknownKey({ refusal, issuer }: FailedToken): Cause {
  return (
    passedOver(refusal) ?? {
      problem: '`kid` of the token names no key that the issuer publishes',
      fix:
        issuer === undefined
          ? 'Get a new token. If it has the same fault, check where the keys of this issuer come from.'
          : 'Get a new token: the issuer may have changed its keys. Otherwise another server with the same `iss` issued it, or `keys` is the key set of another issuer.',
    }
  )
}

/** `bad-signature`. */
export function badSignature(token: FailedToken): Cause {
  if (own(token.header, 'nonce') !== undefined) {
    return {
      problem: 'this is a token for Microsoft Graph: its header has a `nonce`, and only Graph can verify its signature',
      fix: 'Request a token with a scope of your API, such as `api://<id>/.default`, in place of one of Graph.',
    }
  }
  const isSecret = ownText(token.header, 'alg')?.startsWith('HS') === true
  return (
    passedOver(token.refusal) ??
    (isSecret
      ? {
          problem: 'the signature does not fit the shared secret',
          fix: "Check that `secret` is the one of this environment, without a line break. If the issuer shows it in base64, write `Buffer.from(text, 'base64')`.",
        }
      : wrongKey(token))
  )
}

function wrongKey({ header, issuer }: FailedToken): Cause {
  const changed = 'Compare the token with what the issuer returned: it has been changed or cut off.'
  if (issuer !== undefined && settingsOf(issuer).keys.from === 'inline') {
    return {
      problem: 'the signature does not fit the keys in the option `keys`',
      fix: `${changed} Or \`keys\` are those of another environment, or from before the issuer replaced its keys.`,
    }
  }
  return own(header, 'kid') === undefined
    ? {
        problem: 'the token names no key (`kid`), and its signature fits none of the keys of the issuer',
        fix: `${changed} Or it comes from another server with the same \`iss\`.`,
      }
    : {
        problem: 'the signature does not fit the key that the token names',
        fix: `${changed} Or it comes from another server with the same \`iss\` and \`kid\`.`,
      }
}

/** The key of the token is published, and cannot be used. */
function passedOver({ passedOver: keys }: Refusal): Cause | undefined {
  const [key] = keys
  return (
    key && {
      problem: `the issuer publishes a key that the token can mean, and that cannot be used: ${key.message}`,
      fix:
        key.reason === 'private-material'
          ? 'Publish the public part of the key alone. If a private key was published, replace it at once.'
          : 'Correct the key set of the issuer, or give its keys to `keys` in trustedIssuer.',
    }
  )
}
