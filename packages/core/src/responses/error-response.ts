import type { MaybePromise } from '../lib/maybe-promise.ts'
import { isRefusal, type Refusal } from './refusal.ts'
import { isUnavailable, type Unavailable } from './unavailable.ts'

/** An error that is a response to the client: its `status`, `headers` and `body`. */
export type ErrorResponse = Refusal | Unavailable

export function isErrorResponse(error: unknown): error is ErrorResponse {
  return isRefusal(error) || isUnavailable(error)
}

/**
 * Calls a function of the application. A refusal or an outage that it throws becomes a failure, because it comes from
 * another validator and says nothing about this request.
 */
export async function callApplication<Result>(work: () => MaybePromise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw toFailure(error)
  }
}

/** The same for a function that returns its result at once. */
export function callApplicationNow<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw toFailure(error)
  }
}

function toFailure(error: unknown): unknown {
  return isErrorResponse(error)
    ? new Error('A function of the application threw a refusal or an outage', { cause: error })
    : error
}

/** How a framework writes a response. */
export interface ResponseWriter {
  readonly set: (name: string, value: string) => unknown
  /** Adds a header line and leaves the existing ones in place. */
  readonly append: (name: string, value: string) => unknown
  readonly end: (status: number, body: string) => unknown
}

/**
 * Writes the response. Other headers of the application, such as its own challenges or those of CORS, stay in place.
 */
export function writeErrorResponse({ status, headers, body }: ErrorResponse, writer: ResponseWriter): void {
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'WWW-Authenticate') {
      writer.append(name, value)
    } else {
      writer.set(name, value)
    }
  }
  writer.set('Content-Type', 'application/json')
  writer.end(status, JSON.stringify(body))
}

/** The same response for a framework of web standards. */
export function toResponse({ status, headers, body }: ErrorResponse): Response {
  return Response.json(body, { status, headers })
}
