import { maxProofAge, maxProofLead, maxProofLength } from '../constraints/dpop/proof.ts'
import { originsOf } from '../constraints/dpop/target-uri.ts'
import { parseJwt } from '../jwt/parse-jwt.ts'
import { own, ownText } from '../lib/record.ts'
import { undefinedIfError } from '../lib/undefined-if-error.ts'
import { headerLines } from '../request/header-lines.ts'
import type { Cause } from './explanation.ts'
import type { FailedToken } from './failed-token.ts'
import { showClaims, showDuration, showExpected, showText, showTime, typeOf } from './show.ts'

const library = 'Create proofs with a library of the client, such as openid-client or oauth4webapi.'

export const noProof = (): Cause => ({
  problem: 'the token comes under the scheme DPoP, and the request has no header `DPoP`',
  fix: `Send a proof with each request. ${library} A proxy in between may remove the header.`,
})

export const repeatedProof = (): Cause => ({
  problem: 'the request has the header `DPoP` more than once',
  fix: 'Send one proof. A proxy or an HTTP client may add a second one.',
})

export function malformedProof(token: FailedToken): Cause {
  const proof = proofOf(token)
  if (proof === undefined) {
    return { problem: 'the proof is no signed JWT of at most 8 KiB', fix: library }
  }
  const isText = (name: string): boolean => (ownText(proof.claims, name) ?? '') !== ''
  const faulty = ['jti', 'htm', 'htu', 'ath'].filter((name) => !isText(name))
  const names = typeof own(proof.claims, 'iat') === 'number' ? faulty : [...faulty, 'iat']
  return names.length === 0
    ? { problem: 'the proof has `crit` or `b64` in its header, and no extension is understood', fix: library }
    : { problem: `the proof has no ${showClaims(names)} of the right type`, fix: library }
}

export const wrongProofType = (token: FailedToken): Cause => ({
  problem: 'the JWT in the header `DPoP` is no proof',
  expected: '`typ: dpop+jwt` in its header',
  received: showOr(ownText(proofOf(token)?.header, 'typ')),
  fix: library,
})

export const proofAlgorithm = (token: FailedToken): Cause => ({
  problem: 'the algorithm of the proof is not allowed',
  expected: token.settings.dpop.algorithms.join(' or '),
  received: showOr(ownText(proofOf(token)?.header, 'alg')),
  fix: 'Create the key of the client for one of these algorithms, or add it to `algorithms` of `dpop`.',
})

export const proofKey = (): Cause => ({
  problem:
    'the header of the proof has no public key in `jwk`, or one that contains private members or does not fit `alg`',
  fix: `Put the public key alone into \`jwk\`. ${library}`,
})

export const proofSignature = (): Cause => ({
  problem: 'the signature of the proof does not fit the key in its `jwk`',
  fix: library,
})

export const proofMethod = (token: FailedToken): Cause => ({
  problem: 'the proof is for another method',
  expected: token.request?.method,
  received: showOr(ownText(proofOf(token)?.claims, 'htm')),
  fix: 'The client must create the proof for the method of the request, in upper case.',
})

/** `proof-uri`. The credentials and the query of `htu` are not shown. */
export function proofUri(token: FailedToken): Cause {
  const { request, settings } = token
  const [path = ''] = (request?.url ?? '').replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/, 1)
  const origins = request && undefinedIfError(() => originsOf(request, settings.origins))
  return {
    problem: 'the proof is for another URL',
    expected: origins && showExpected(origins.map((origin) => `${origin}${path}`)),
    received: showOr(showable(ownText(proofOf(token)?.claims, 'htu'))),
    fix: 'If the clients call this server under another origin, set `origin`, or the trusted proxies of the framework. Otherwise the client must put the URL of the request into `htu`.',
  }
}

export function proofTime(token: FailedToken): Cause {
  const iat = own(proofOf(token)?.claims, 'iat')
  const age = typeof iat === 'number' ? token.now / 1000 - iat : undefined
  const [maxAge, maxLead] = [maxProofAge / 1000, maxProofLead / 1000]
  return {
    problem:
      age === undefined || (age <= maxAge && age >= -maxLead)
        ? 'the `exp` or `nbf` of the proof says that it is not in force'
        : age > 0
          ? `the proof is ${showDuration(age)} old, and at most ${maxAge} s are accepted`
          : `the proof was created ${showDuration(age)} in the future, and at most ${maxLead} s are accepted`,
    expected: `the time of this server, ${showTime(Math.round(token.now / 1000))}`,
    received: typeof iat === 'number' ? showTime(iat) : typeOf(iat),
    fix: 'The client must create a proof for each request, and its clock must be right.',
  }
}

export const proofToken = (): Cause => ({
  problem: 'the `ath` of the proof is not the hash of this access token',
  fix: `The proof must be for the token in \`Authorization\`: base64url of its SHA-256, without padding. ${library}`,
})

export const wrongProofKey = (): Cause => ({
  problem: 'the proof is good, but the token is bound to another key',
  fix: 'The client must sign proofs with the key with which it got this token. If it has a new key, it needs a new token.',
})

/** `no-nonce` and `wrong-nonce`. */
export const proofNonce = ({ refusal }: FailedToken): Cause => ({
  problem:
    refusal.reason === 'no-nonce'
      ? 'the proof has no `nonce`, which every proof needs here'
      : 'the `nonce` of the proof has expired, or another server created it',
  fix: 'Nothing is wrong: the client repeats the request with the `DPoP-Nonce` of this response. If every request fails, all processes need the same `secrets` in `dpop`.',
})

export const replayedProof = (): Cause => ({
  problem: 'the proof was used before',
  fix: 'The client must create a proof for each request, also when it repeats one.',
})

function proofOf({ request }: FailedToken): ReturnType<typeof parseJwt> {
  const [line = ''] = request === undefined ? [] : headerLines(request.headers, 'dpop')
  return line.length > maxProofLength ? undefined : parseJwt(line)
}

function showable(uri: string | undefined): string | undefined {
  return uri?.split(/[?#]/, 1)[0]?.replace(/^([a-z\d+.-]*:[/\\]+)?[^/\\]*@/i, '$1…@')
}

function showOr(text: string | undefined): string {
  return text === undefined ? 'nothing' : showText(text)
}
