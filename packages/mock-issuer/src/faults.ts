import { validateHeaderName, validateHeaderValue } from 'node:http'
import { type Duration, milliseconds } from './clock.ts'
import { expectOneOf, ownMembers } from './options.ts'

const endpoints = ['metadata', 'jwks', 'introspection'] as const

/** An endpoint that can misbehave. */
export type Endpoint = (typeof endpoints)[number]

const namedFaults = ['hang', 'hang-in-body', 'drip', 'cut-off', 'reset', 'nonsense', 'empty', 'huge'] as const

/**
 * - `hang` never sends a response.
 * - `hang-in-body` stops after half of the body.
 * - `drip` sends one byte of the body every 100 ms.
 * - `cut-off` closes the connection after half of the body.
 * - `reset` closes the connection at once.
 * - `nonsense` sends a web page with status 200.
 * - `empty` sends status 200 without a body.
 * - `huge` sends a body without an end.
 */
export type NamedFault = (typeof namedFaults)[number]

/** Sends the right response later. The delay is real time: the issuer's clock does not change it. */
export interface DelayFault {
  readonly delay: Duration
}

/** Sends this response instead. */
export interface ResponseFault {
  readonly status: number
  /** Default: `content-type: application/json` if there is a body. */
  readonly headers?: Readonly<Record<string, string>>
  /** A string is sent unchanged, an object as JSON. Default: an empty body. */
  readonly body?: string | object
}

/** The behaviour of an endpoint instead of the right response. */
export type Fault = NamedFault | DelayFault | ResponseFault

/** The options of `misbehave`. */
export interface FaultOptions {
  /** The number of requests with the fault. Default: all requests until `behave` or the next `misbehave`. */
  readonly times?: number
}

/** The current fault of each endpoint. It only counts: `misbehave` of misbehaviour.ts sends the faults. */
export interface Faults {
  readonly misbehave: (endpoint: Endpoint, fault: Fault, options?: FaultOptions) => void
  readonly behave: (endpoint?: Endpoint) => void
  /** Returns the fault for one request, and counts the request. */
  readonly next: (endpoint: Endpoint) => Fault | undefined
}

export function createFaults(): Faults {
  const current = new Map<Endpoint, { readonly fault: Fault; left: number }>()

  return {
    misbehave: (endpoint, fault, options = {}) => {
      expectOneOf(endpoint, 'the endpoint', endpoints)
      current.set(endpoint, { fault: expectFault(fault), left: expectTimes(options) })
    },
    behave: (endpoint) => {
      if (endpoint === undefined) {
        current.clear()
      } else {
        expectOneOf(endpoint, 'the endpoint', endpoints)
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

function expectTimes(options: FaultOptions): number {
  const { times } = ownMembers(options, 'the options of `misbehave`', ['times'])
  if (times !== undefined && !(Number.isSafeInteger(times) && times > 0)) {
    throw new TypeError('Expected `times` to be 1, 2, …; leave it out for a fault that lasts until `behave` is called')
  }
  return times ?? Infinity
}

function expectFault(fault: Fault): Fault {
  if (typeof fault === 'object' && fault !== null) {
    return Object.hasOwn(fault, 'delay') ? expectDelay(fault as DelayFault) : expectResponse(fault as ResponseFault)
  }
  if (!namedFaults.includes(fault)) {
    throw new TypeError(`Expected one of the faults ${namedFaults.join(', ')}, { delay: '2s' } or { status: 503 }`)
  }
  return fault
}

function expectDelay(fault: DelayFault): DelayFault {
  const own = ownMembers(fault, 'a fault with `delay`', ['delay'])
  if (milliseconds(own.delay) < 0) {
    throw new TypeError("Expected `delay` to be a positive duration, such as '2s'")
  }
  return own
}

function expectResponse(fault: ResponseFault): ResponseFault {
  const own = ownMembers(fault, 'a fault with `status`', ['status', 'headers', 'body'])
  const { status, headers = {}, body = '' } = own
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new TypeError('Expected `status` to be a final HTTP status, 200 to 599')
  }
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  }
  if (typeof body !== 'string' && (typeof body !== 'object' || body === null)) {
    throw new TypeError('Expected `body` to be a string, which is sent unchanged, or an object, which is sent as JSON')
  }
  return own
}
