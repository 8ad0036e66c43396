import { type KeyPair, keyPair } from './jws.ts'
import { type Handler, json, status } from './upstream.ts'

/** `known` is published from the start, `new` is what a rotation brings, and `made-up` is never published. */
export type KeyName = 'known' | 'new' | 'made-up'

export const keyPairs: Readonly<Record<KeyName, KeyPair>> = {
  known: keyPair('P-256'),
  new: keyPair('P-256'),
  'made-up': keyPair('P-256'),
}

export function publicJwk(name: KeyName): object {
  return { ...keyPairs[name].jwk, kid: name }
}

/** A set of these keys. With an `etag`, who has it already is told so by a 304 (RFC 9110 §13.1.2). */
export function keySet(names: readonly KeyName[], headers: Readonly<Record<string, string>> = {}): Handler {
  return withHeaders(headers, json({ keys: names.map(publicJwk) }))
}

/**
 * The metadata of the issuer that is asked, whose host begins with `as.`, with other members in their place. Its keys are at a
 * sibling of that host.
 */
export function metadata(
  { keysAt = 'keys', ...members }: { readonly keysAt?: 'keys' | 'moved'; readonly [member: string]: unknown } = {},
  headers: Readonly<Record<string, string>> = {},
): Handler {
  return withHeaders(headers, (request, response) => {
    const { host = '' } = request.headers
    const uri = `https://${host.replace(/^as\./, `${keysAt}.`)}/jwks`
    json({ issuer: `https://${host}`, jwks_uri: uri, ...members })(request, response)
  })
}

function withHeaders(headers: Readonly<Record<string, string>>, answer: Handler): Handler {
  const { etag } = headers
  return (request, response) => {
    Object.entries(headers).forEach(([name, value]) => response.setHeader(name, value))
    if (etag !== undefined && request.headers['if-none-match'] === etag) {
      response.writeHead(304).end()
    } else {
      answer(request, response)
    }
  }
}

/** Says that nothing has changed to those who have the version `"1"`, and serves nobody else. */
export const unchanged: Handler = (request, response) => {
  status(request.headers['if-none-match'] === '"1"' ? 304 : 500)(request, response)
}

export const hang: Handler = () => undefined

/** Gives its answer after so many milliseconds, whatever the route does by then. */
export function slowly(milliseconds: number, answer: Handler): Handler {
  return (request, response) => {
    const timer = setTimeout(() => answer(request, response), milliseconds)
    response.on('close', () => clearTimeout(timer))
  }
}

/** A good beginning of a JSON document, and no end. */
export const endless: Handler = (_request, response) => {
  const chunk = Buffer.alloc(64 * 1024, ' ')
  const send = (): void => {
    while (!response.destroyed && response.write(chunk)) {}
  }
  response.on('drain', send)
  response.write('{"keys":[')
  send()
}
