import { type Challenge, parseChallenges } from './challenges.ts'
import type { Received } from './send.ts'

/**
 * The expected-result codes of the conformance checklist. Each stands for a status, the challenges, and headers. Unless
 * there is exactly one challenge of the usual scheme, the schemes follow. A question mark says that a challenge has no
 * error: `E-TOK Bearer DPoP?`.
 */
export type ResultCode = 'OK' | 'E-UP' | '500' | '502' | Refused | `${Refused} ${string}`

type Refused = 'C0' | 'E-REQ' | 'E-TOK' | 'E-SCOPE' | 'E-PROOF' | 'E-NONCE' | 'E-STEP' | 'E-RAR'

const byError: Readonly<Record<string, Refused>> = {
  '400 invalid_request': 'E-REQ',
  '401 invalid_token': 'E-TOK',
  '403 insufficient_scope': 'E-SCOPE',
  '401 invalid_dpop_proof': 'E-PROOF',
  '401 use_dpop_nonce': 'E-NONCE',
  '401 insufficient_user_authentication': 'E-STEP',
  '401 insufficient_authorization': 'E-RAR',
}

const descriptions = new Set([
  undefined,
  'The credentials of the request are malformed',
  'The access token is not valid',
  'The access token does not permit this request',
  'The access token has expired',
  'The access token is meant for another audience',
  'The access token lacks a required scope',
  'The message of the request is malformed',
  'The DPoP proof is not valid',
  'The DPoP proof needs a nonce of this server',
  'A stronger or more recent authentication is required',
  'The access token lacks required authorization details',
])

/** The code of a response. A response that is right in part has no code, and is an error. */
export function resultCodeOf(received: Received, handled: number): ResultCode {
  const { status, headers, challenges } = received
  expect(handled === (status === 200 ? 1 : 0), `the handler ran ${handled} times`, received)
  if (status === 200) {
    expect(challenges.length === 0, 'a challenge with a good response', received)
    return 'OK'
  }
  if (status >= 500) {
    expect(challenges.length === 0, 'a challenge with a failure', received)
    return failure(received)
  }
  expect(headers['cache-control'] === 'no-store', 'a refusal that may be stored', received)
  return refusal(received)
}

function failure(received: Received): ResultCode {
  const { status, headers } = received
  if (status === 503) {
    expect(Number(headers['retry-after']) >= 1, 'a 503 without Retry-After', received)
    return 'E-UP'
  }
  expect(status === 500 || status === 502, 'an unlisted status', received)
  return status === 500 ? '500' : '502'
}

function refusal(received: Received): ResultCode {
  const challenges = parseChallenges(received.challenges)
  expect(challenges.length > 0, 'no challenge', received)
  challenges.forEach((challenge) => expectSound(challenge, received))
  const errors = new Set(challenges.map(({ parameters }) => parameters['error']))
  errors.delete(undefined)
  expect(errors.size <= 1, 'several errors', received)
  const [error] = errors
  const code = error === undefined ? 'C0' : byError[`${received.status} ${error}`]
  if (code === undefined) {
    throw new Error(`an unlisted error: ${received.status} ${error}`)
  }
  expectBody(challenges, error, received)
  expectNonce(code, received)
  const hasMark = ({ parameters }: Challenge): boolean => error !== undefined && parameters['error'] === undefined
  const schemes = challenges.map((challenge) => `${challenge.scheme}${hasMark(challenge) ? '?' : ''}`).join(' ')
  const usual = code === 'E-PROOF' || code === 'E-NONCE' ? 'DPoP' : 'Bearer'
  return schemes === usual ? code : `${code} ${schemes}`
}

function expectSound({ scheme, parameters }: Challenge, received: Received): void {
  const { realm, error, error_description: description, error_uri: uri, algs } = parameters
  expect(scheme === 'Bearer' || scheme === 'DPoP', 'another scheme', received)
  expect(realm !== undefined && uri === undefined && descriptions.has(description), 'an unlisted parameter', received)
  expect((error === undefined) === (description === undefined), 'a description without an error', received)
  expect((algs !== undefined) === (scheme === 'DPoP'), 'no `algs`, or `algs` of Bearer', received)
}

function expectBody(challenges: readonly Challenge[], error: string | undefined, received: Received): void {
  const { parameters } = challenges.find((challenge) => challenge.parameters['error'] !== undefined) ?? {}
  const expected = error === undefined ? {} : { error, error_description: parameters?.['error_description'] }
  expect(received.status === 401 || error !== undefined, 'no credentials without 401', received)
  const isEmpty = received.body === '' && error !== undefined
  expect(isEmpty || received.body === JSON.stringify(expected), 'a body of its own', received)
}

/** Exactly one nonce, of the characters of RFC 9449 §8.1, and readable for pages of another origin. */
function expectNonce(code: Refused, received: Received): void {
  const { 'dpop-nonce': nonce, 'access-control-expose-headers': exposed = '' } = received.headers
  expect(code !== 'E-NONCE' || nonce !== undefined, 'no nonce', received)
  const isSound = typeof nonce === 'string' && /^[\x21\x23-\x5B\x5D-\x7E]+$/.test(nonce) && !nonce.includes(',')
  expect(nonce === undefined || isSound, 'several nonces, or a malformed one', received)
  expect(nonce === undefined || /DPoP-Nonce/i.test(exposed), 'a nonce that pages cannot read', received)
}

function expect(isSo: boolean, what: string, received: Received): void {
  if (!isSo) {
    throw new Error(`${what}: ${received.status} ${received.challenges.join(' | ')} ${received.body}`)
  }
}
