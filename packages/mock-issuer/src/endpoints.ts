import type { SigningKeys } from './signing-keys.ts'

/** A request that reached the issuer. */
export interface LoggedRequest {
  readonly endpoint: 'metadata' | 'jwks' | 'unknown'
  readonly method: string
  readonly path: string
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Answers a request, whichever way it came. */
export type Endpoints = (method: string, path: string) => Answer

/** Older requests than these are forgotten, so that a long test does not grow. */
const mostRequests = 10_000

/** Metadata by RFC 8414 and OpenID Connect Discovery, and the key set. `issuer` is asked late: a port is known only when it is open. */
export function createEndpoints(issuer: () => string, keys: SigningKeys, log: LoggedRequest[]): Endpoints {
  const documents: Readonly<Record<string, { endpoint: 'metadata' | 'jwks'; document: () => object }>> = {
    '/.well-known/oauth-authorization-server': { endpoint: 'metadata', document: metadata },
    '/.well-known/openid-configuration': { endpoint: 'metadata', document: metadata },
    '/jwks': { endpoint: 'jwks', document: () => ({ keys: keys.published() }) },
  }

  function metadata(): object {
    return { issuer: issuer(), jwks_uri: `${issuer()}/jwks`, response_types_supported: ['code'] }
  }

  return (method, path) => {
    const found = method === 'GET' && Object.hasOwn(documents, path) ? documents[path] : undefined
    log.push({ endpoint: found?.endpoint ?? 'unknown', method, path })
    log.splice(0, log.length - mostRequests)
    return found === undefined ? json(404, { error: 'not_found' }) : json(200, found.document())
  }
}

function json(status: number, document: object): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(document) }
}
