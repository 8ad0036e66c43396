import { parseChallenges } from './challenges.ts'
import type { Received } from './send.ts'

/** The expected-result codes of the conformance checklist. Each stands for a status, a challenge, and a header. */
export type ResultCode = 'OK' | 'C0' | 'E-REQ' | 'E-TOK' | 'E-SCOPE' | 'E-UP' | '500' | '502'

const byError: Readonly<Record<string, ResultCode>> = {
  '400 invalid_request': 'E-REQ',
  '401 invalid_token': 'E-TOK',
  '403 insufficient_scope': 'E-SCOPE',
}

const descriptions = new Set([
  undefined,
  'The credentials of the request are malformed',
  'The access token is not valid',
  'The access token does not permit this request',
  'The access token has expired',
  'The access token is meant for another audience',
  'The access token lacks a required scope',
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
  const [challenge, ...others] = parseChallenges(received.challenges)
  expect(challenge?.scheme === 'Bearer' && others.length === 0, 'not exactly one Bearer challenge', received)
  const { realm, error, error_description: description, error_uri: uri } = challenge?.parameters ?? {}
  expect(realm !== undefined && uri === undefined && descriptions.has(description), 'an unlisted parameter', received)
  if (error === undefined) {
    expect(
      received.status === 401 && description === undefined && received.body === '{}',
      'error information for no credentials',
      received,
    )
    return 'C0'
  }
  const code = byError[`${received.status} ${error}`]
  const body: unknown = received.body === '' ? { error, error_description: description } : JSON.parse(received.body)
  expect(
    JSON.stringify(body) === JSON.stringify({ error, error_description: description }),
    'a body of its own',
    received,
  )
  if (code === undefined) {
    throw new Error(`an unlisted error: ${received.status} ${error}`)
  }
  return code
}

function expect(isSo: boolean, what: string, received: Received): void {
  if (!isSo) {
    throw new Error(`${what}: ${received.status} ${received.challenges.join(' | ')} ${received.body}`)
  }
}
