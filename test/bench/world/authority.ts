import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AddressInfo } from 'node:net'
import type { JWK } from 'jose'
import { audience } from './tokens.ts'

/** What the process is told first. */
export interface AuthoritySetting {
  readonly keys: Readonly<Record<string, readonly JWK[]>>
}

/**
 * The authorization server of the bench, in a process of its own, so that what it does is nobody's time. An issuer for each algorithm, at
 * `/RS256` and so on, with metadata and a key set; and an introspection endpoint for each delay, at `/introspect/5`, that counts its calls.
 */
process.once('message', ({ keys }: AuthoritySetting) => {
  const origin = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const answer = createAnswer(keys, origin)
  const server = createServer((request, response) => {
    void answer(request.url ?? '/', request.method ?? 'GET').then(
      (body) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body)),
      () => response.writeHead(404).end(),
    )
    request.resume()
  })
  server.listen(0, '127.0.0.1', () => process.send?.({ url: origin() }))
})

process.once('disconnect', () => process.exit())

type Answer = (path: string, method: string) => Promise<unknown>

/** What is answered as JSON; rejects where nothing is. */
function createAnswer(keys: AuthoritySetting['keys'], origin: () => string): Answer {
  const calls = new Map<string, number>()

  async function introspect(delay: string): Promise<unknown> {
    calls.set(delay, (calls.get(delay) ?? 0) + 1)
    await sleep(Number(delay))
    return activeToken(origin())
  }

  return async (path, method) => {
    const [, first = '', second = ''] = path.split('/')
    if (first === 'introspect') {
      return method === 'POST' ? introspect(second) : { calls: calls.get(second) ?? 0 }
    }
    const published = keys[first]
    if (published === undefined) {
      throw new Error(`Nothing is at ${path}`)
    }
    return path.endsWith('jwks.json') ? { keys: published } : metadata(`${origin()}/${first}`)
  }
}

function activeToken(issuer: string): unknown {
  const now = Math.floor(Date.now() / 1000)
  return {
    active: true,
    iss: issuer,
    aud: audience,
    sub: 'somebody',
    client_id: 'an-app',
    scope: 'orders:read orders:write',
    token_type: 'Bearer',
    exp: now + 3600,
    iat: now,
  }
}

function metadata(issuer: string): unknown {
  return {
    issuer,
    jwks_uri: `${issuer}/jwks.json`,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  }
}
