import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

/** The issuer whose tokens a contender accepts, and its introspection endpoint. All JWTs of the bench are RS256. */
export interface Setting {
  readonly issuer: string
  readonly jwksUri: string
  readonly endpoint: string
  readonly audience: string
}

/** The authorization server, and the tokens that all contenders get. */
export interface World {
  readonly setting: Setting
  /** A new introspection endpoint. It responds after so many milliseconds, or never, or that no token is active. */
  readonly endpoint: (wait: number | 'forever' | 'inactive') => string
  /** The number of calls of an introspection endpoint. */
  readonly calls: (endpoint: string) => number
  /** A JWT with these claims beside the usual ones. */
  readonly token: (claims: Readonly<Record<string, unknown>>) => Promise<string>
  /** Writes a file with these lines. Resolves with its path. */
  readonly fileOf: (name: string, lines: readonly string[]) => Promise<string>
  /** Writes a file with one token in each line. The tokens of two purposes differ. */
  readonly tokenFile: (purpose: string, kind: 'JWT' | 'opaque', count: number) => Promise<string>
  readonly close: () => Promise<void>
}

const audience = 'https://api.example.com'

/** Starts the authorization server in this process, which has nothing else to do during a measurement. */
export async function createWorld(): Promise<World> {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const keys = [{ ...(await exportJWK(publicKey)), alg: 'RS256', use: 'sig', kid: 'key-1' }]
  const server = createServer((request, response) => {
    request.resume()
    response.setHeader('content-type', 'application/json')
    void respondTo(request.url ?? '/').then((body) => response.end(JSON.stringify(body)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'))
  const calls = new Map<string, number>()
  let endpoints = 0

  async function respondTo(path: string): Promise<object> {
    if (!path.startsWith('/introspect')) {
      return path.endsWith('/jwks.json') ? { keys } : { issuer, jwks_uri: `${issuer}/jwks.json` }
    }
    calls.set(path, (calls.get(path) ?? 0) + 1)
    const wait = path.slice(path.lastIndexOf('/') + 1)
    await (wait === 'forever' ? new Promise(() => undefined) : sleep(Number(wait) || 0))
    return wait === 'inactive' ? { active: false } : { active: true, iss: issuer, token_type: 'Bearer', ...claims(0) }
  }

  async function token(more: Readonly<Record<string, unknown>>, index = 0): Promise<string> {
    const jwt = new SignJWT({ ...claims(index), iss: issuer, ...more })
    return jwt.setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'key-1' }).sign(privateKey)
  }

  async function fileOf(name: string, lines: readonly string[]): Promise<string> {
    await writeFile(join(folder, name), lines.join('\n'))
    return join(folder, name)
  }

  const mint = async (purpose: string, index: number): Promise<string> => token({ jti: `${purpose}-${index}` }, index)

  return {
    setting: { issuer, jwksUri: `${issuer}/jwks.json`, endpoint: `${issuer}/introspect/0`, audience },
    endpoint: (wait) => `${issuer}/introspect-${(endpoints += 1)}/${wait}`,
    token,
    fileOf,
    calls: (endpoint) => calls.get(new URL(endpoint).pathname) ?? 0,
    async tokenFile(purpose, kind, count) {
      const one = kind === 'JWT' ? mint : async () => randomBytes(32).toString('base64url')
      const tokens = await Promise.all(Array.from({ length: count }, (_, index) => one(purpose, index)))
      return fileOf(purpose, tokens)
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A token has 1.5 to 1.8 kB, like the tokens of large identity platforms. */
function claims(index: number): Readonly<Record<string, unknown>> {
  const now = Math.floor(Date.now() / 1000)
  return {
    aud: audience,
    sub: `somebody-${index}`,
    client_id: 'an-app',
    scope: 'orders:read orders:write profile email',
    roles: Array.from({ length: 19 }, (_, role) => `department-${role}:member-of-the-board`),
    tenant: { id: 'b7a6c0de-0000-4000-8000-000000000000', region: 'eu-central-1', plan: 'enterprise' },
    iat: now,
    exp: now + 4 * 3600,
  }
}
