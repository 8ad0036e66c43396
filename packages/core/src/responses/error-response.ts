import { Refusal } from './refusal.ts'
import { isLater, type Soon, withFailures } from '../soon.ts'
import { Unavailable } from './unavailable.ts'

/** What is told to the client: its `status`, `headers` and `body` are the answer. */
export type Answer = Refusal | Unavailable

export function isErrorResponse(error: unknown): error is Answer {
  return error instanceof Refusal || error instanceof Unavailable
}

/**
 * Calls a function of the user's. What it throws is a failure of it, a refusal or an outage included: that is what it has heard itself, from a
 * validator of its own for one, and says nothing of this request.
 */
export function callUserFunction<Result>(work: () => Result | PromiseLike<Result>): Soon<Result> {
  return withFailures(() => {
    const result = work() as Soon<Result>
    return isLater(result) ? Promise.resolve(result) : result
  }, throwAsFailure)
}

function throwAsFailure(error: unknown): never {
  throw isErrorResponse(error) ? new Error('A function of yours has thrown a refusal or an outage', { cause: error }) : error
}

/** How a framework writes an answer. */
export interface ResponseWriter {
  readonly set: (name: string, value: string) => unknown
  /** One line more, beside those that are there. */
  readonly append: (name: string, value: string) => unknown
  readonly end: (status: number, body: string) => unknown
}

/** Writes an answer over what the app has prepared: its own challenges and its other headers, those of CORS for one, stay in place. */
export function writeErrorResponse({ status, headers, body }: Answer, { set, append, end }: ResponseWriter): void {
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'WWW-Authenticate') {
      append(name, value)
    } else {
      set(name, value)
    }
  }
  set('Content-Type', 'application/json')
  end(status, JSON.stringify(body))
}

export function toResponse({ status, headers, body }: Answer): Response {
  return Response.json(body, { status, headers })
}
