import type { ServerResponse } from 'node:http'

/** What an endpoint says when nothing happens to it on the way. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export function json(status: number, document: object, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(document) }
}

/** An error by RFC 6749 §5.2 that is the fault of the request, not of the credentials. */
export function invalidRequest(description: string, status = 400): Answer {
  return json(status, { error: 'invalid_request', error_description: description })
}

export function send(response: ServerResponse, answer: Answer): void {
  announce(response, answer).end(answer.body)
}

/** Status and headers, which go out with the first of the body; of two headers by one name the later counts. */
export function announce(response: ServerResponse, { status, headers }: Omit<Answer, 'body'>): ServerResponse {
  response.statusCode = status
  return response.setHeaders(new Map(Object.entries(headers)))
}
