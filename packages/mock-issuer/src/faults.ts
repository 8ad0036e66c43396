import { validateHeaderName, validateHeaderValue } from 'node:http'
import { type Duration, milliseconds } from './clock.ts'

const endpoints = ['metadata', 'jwks', 'introspection'] as const

/** What can misbehave. */
export type Endpoint = (typeof endpoints)[number]

const namedFaults = ['hang', 'hang-in-body', 'drip', 'cut-off', 'reset', 'nonsense', 'empty', 'huge'] as const

/**
 * `hang` never answers, `hang-in-body` not beyond half of the body; `drip` sends a byte every 100 ms; `cut-off` closes
 * before it sent what it announced, `reset` at once; `nonsense` is a web page, `empty` nothing, `huge` without an end.
 */
export type NamedFault = (typeof namedFaults)[number]

/** The right answer, so much later by the wall clock. */
export interface DelayFault {
  readonly delay: Duration
}

/** Another answer: a string is sent as it is, an object as JSON; `application/json` unless the headers say otherwise. */
export interface AnswerFault {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | object
}

/** What an endpoint does instead of its duty. */
export type Fault = NamedFault | DelayFault | AnswerFault

export interface FaultOptions {
  /** How many requests it lasts. Default: until told otherwise. */
  readonly times?: number
}

/** Which endpoints misbehave at the moment. It does not carry out the faults. */
export interface Faults {
  readonly misbehave: (endpoint: Endpoint, fault: Fault, options?: FaultOptions) => void
  readonly behave: (endpoint?: Endpoint) => void
  /** The fault for one more request. */
  readonly next: (endpoint: Endpoint) => Fault | undefined
}

export function createFaults(): Faults {
  const current = new Map<Endpoint, { readonly fault: Fault; left: number }>()

  return {
    misbehave: (endpoint, fault, { times } = {}) => {
      checkEndpoint(endpoint)
      checkFault(fault)
      checkTimes(times)
      current.set(endpoint, { fault, left: times ?? Infinity })
    },
    behave: (endpoint) => {
      if (endpoint === undefined) {
        current.clear()
      } else {
        checkEndpoint(endpoint)
        current.delete(endpoint)
      }
    },
    next: (endpoint) => {
      const found = current.get(endpoint)
      if (found !== undefined) {
        found.left -= 1
        if (found.left === 0) {
          current.delete(endpoint)
        }
      }
      return found?.fault
    },
  }
}

function checkEndpoint(endpoint: Endpoint): void {
  if (!endpoints.includes(endpoint)) {
    throw new TypeError(`Expected one of the endpoints ${endpoints.join(', ')}`)
  }
}

function checkTimes(times: number | undefined): void {
  if (times !== undefined && !(Number.isSafeInteger(times) && times > 0)) {
    throw new TypeError('Expected `times` to be 1, 2, …; leave it out for a fault that lasts until told otherwise')
  }
}

function checkFault(fault: Fault): void {
  if (typeof fault === 'object' && fault !== null && 'delay' in fault) {
    checkDelay(fault)
  } else if (typeof fault === 'object' && fault !== null && 'status' in fault) {
    checkAnswer(fault)
  } else if (!namedFaults.includes(fault)) {
    throw new TypeError(`Expected one of the faults ${namedFaults.join(', ')}, { delay: '2s' } or { status: 503 }`)
  }
}

function checkDelay({ delay, ...unknown }: DelayFault): void {
  expectNothingElse(unknown, 'delay')
  if (milliseconds(delay) < 0) {
    throw new TypeError("Expected `delay` to go forward, such as '2s'")
  }
}

function checkAnswer({ status, headers = {}, body = '', ...unknown }: AnswerFault): void {
  expectNothingElse(unknown, 'status, headers, body')
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new TypeError('Expected `status` to be a final status of HTTP, 200 to 599')
  }
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  }
  if (typeof body !== 'string' && (typeof body !== 'object' || body === null)) {
    throw new TypeError('Expected `body` to be a string, which is sent as it is, or an object, which is sent as JSON')
  }
}

function expectNothingElse(unknown: object, members: string): void {
  if (Object.keys(unknown).length > 0) {
    throw new TypeError(`Unknown member \`${Object.keys(unknown).join()}\` of a fault; it has ${members}`)
  }
}
