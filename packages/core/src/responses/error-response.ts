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
export function writeErrorResponse(response: ErrorResponse, writer: ResponseWriter): void {
  writeHeaders(linesOf(response), writer)
  writer.set('Content-Type', 'application/json')
  writer.end(response.status, JSON.stringify(response.body))
}

/** Writes header lines. The application may have lines of those that are lists. */
export function writeHeaders(lines: readonly Line[], { set, append }: Pick<ResponseWriter, 'set' | 'append'>): void {
  for (const [name, value] of lines) {
    if (lists.has(name)) {
      append(name, value)
    } else {
      set(name, value)
    }
  }
}

/** A header line. */
export type Line = readonly [name: string, value: string]

const lists: ReadonlySet<string> = new Set(['WWW-Authenticate', 'Access-Control-Expose-Headers'])

/** The header lines of a response. Each challenge has a line of its own, unless an error handler replaced them. */
export function linesOf(response: ErrorResponse): readonly Line[] {
  const challenges = isRefusal(response) ? response.challenges : []
  const isUnchanged = response.headers['WWW-Authenticate'] === challenges.join(', ')
  return Object.entries(response.headers).flatMap(([name, value]): readonly Line[] =>
    name === 'WWW-Authenticate' && isUnchanged ? challenges.map((challenge) => [name, challenge]) : [[name, value]],
  )
}

/** The same response for a framework of web standards. */
export function toResponse(response: ErrorResponse): Response {
  const headers = new Headers()
  for (const [name, value] of linesOf(response)) {
    headers.append(name, value)
  }
  return Response.json(response.body, { status: response.status, headers })
}
