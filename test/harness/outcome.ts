import { parseChallenges } from './challenges.ts'
import type { Received } from './send.ts'

/** The expected-result codes of the conformance checklist: each stands for a status, a challenge, and a header. */
export type Outcome = 'OK' | 'C0' | 'E-REQ' | 'E-TOK' | 'E-SCOPE' | 'E-UP' | '500' | '502'

const byError: Readonly<Record<string, Outcome>> = {
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

/** Which of the codes an answer is; throws when it is none, so that a half-right answer passes no test. */
export function outcomeOf(received: Received, handled: number): Outcome {
  const { status, headers, challenges } = received
  expect(handled === (status === 200 ? 1 : 0), `the handler ran ${handled} times`, received)
  if (status === 200) {
    expect(challenges.length === 0, 'a challenge with a good answer', received)
    return 'OK'
  }
  if (status >= 500) {
    expect(challenges.length === 0, 'a challenge without a verdict', received)
    return fault(received)
  }
  expect(headers['cache-control'] === 'no-store', 'a refusal that may be stored', received)
  return refusal(received)
}

function fault(received: Received): Outcome {
  const { status, headers } = received
  if (status === 503) {
    expect(Number(headers['retry-after']) >= 1, 'a 503 without Retry-After', received)
    return 'E-UP'
  }
  expect(status === 500 || status === 502, 'an unlisted status', received)
  return status === 500 ? '500' : '502'
}

function refusal(received: Received): Outcome {
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
  const outcome = byError[`${received.status} ${error}`]
  const body: unknown = received.body === '' ? { error, error_description: description } : JSON.parse(received.body)
  expect(
    JSON.stringify(body) === JSON.stringify({ error, error_description: description }),
    'a body of its own',
    received,
  )
  if (outcome === undefined) {
    throw new Error(`an unlisted error: ${received.status} ${error}`)
  }
  return outcome
}

function expect(isSo: boolean, what: string, received: Received): void {
  if (!isSo) {
    throw new Error(`${what}: ${received.status} ${received.challenges.join(' | ')} ${received.body}`)
  }
}
