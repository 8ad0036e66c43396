import type { IncomingMessage, ServerResponse } from 'node:http'

/** What a server does with a request. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void

export type Headers = Readonly<Record<string, string>>

export function json(document: unknown, headers: Headers = {}): Handler {
  return text(JSON.stringify(document), headers)
}

/** A body that claims to be JSON. */
export function text(body: string, headers: Headers = {}): Handler {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body)
  }
}

export function status(code: number, headers: Headers = {}): Handler {
  return (_request, response) => {
    response.writeHead(code, headers).end()
  }
}

/** The same response, or a 304 without a body for a request that names the current version (RFC 9110 §13.1.2). */
export function withEtag(etag: string, respond: Handler): Handler {
  return (request, response) => {
    response.setHeader('etag', etag)
    const isCurrent = request.headers['if-none-match'] === etag
    const act = isCurrent ? status(304) : respond
    act(request, response)
  }
}

export const hang: Handler = () => undefined

/** Responds after so many seconds of the test clock. */
export function slowly(seconds: number, respond: Handler): Handler {
  return (request, response) => {
    AbortSignal.timeout(seconds * 1000).addEventListener('abort', () => respond(request, response))
  }
}

/** The beginning of a JSON document that never ends. */
export const endless: Handler = (_request, response) => {
  const chunk = Buffer.alloc(64 * 1024, ' ')
  const send = (): void => {
    while (!response.destroyed && response.write(chunk)) {}
  }
  response.on('drain', send)
  response.write('{"keys":[')
  send()
}
