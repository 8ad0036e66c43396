import type { ServerResponse } from 'node:http'

/** A response before it is sent. */
export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export function json(status: number, document: object, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(document) }
}

/** The error `invalid_request` of RFC 6749 §5.2: the request is wrong, and its credentials were not verified. */
export function invalidRequest(description: string, status = 400): HttpResponse {
  return json(status, { error: 'invalid_request', error_description: description })
}

export function send(target: ServerResponse, response: HttpResponse): void {
  setHead(target, response).end(response.body)
}

/** Sets status and headers. Node sends them with the first part of the body. */
export function setHead(target: ServerResponse, { status, headers }: Omit<HttpResponse, 'body'>): ServerResponse {
  target.statusCode = status
  // Node sets each header once, because it ignores the case of names. The last value wins.
  return target.setHeaders(new Map(Object.entries(headers)))
}
