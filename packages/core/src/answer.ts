import { Refusal } from './refusal.ts'
import { Unavailable } from './unavailable.ts'

/** What is told to the client: its `status`, `headers` and `body` are the answer. */
export type Answer = Refusal | Unavailable

export function isAnswer(error: unknown): error is Answer {
  return error instanceof Refusal || error instanceof Unavailable
}

export function toResponse({ status, headers, body }: Answer): Response {
  return Response.json(body, { status, headers })
}
