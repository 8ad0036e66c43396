import { setTimeout as sleep } from 'node:timers/promises'
import type { TokenRequest } from './client.ts'

/** One row of the table: what is sent, and what must come back. */
export interface Scenario {
  readonly request: string
  /** What the token is, for a person. */
  readonly token: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly status: number
  /** The stable id of the refusal or failure; none when the request is let through. */
  readonly reason?: string
}

export const audience = 'https://orders.example'
export const shortLived = 'https://orders.example/short-lived'
const anotherApi = 'https://payments.example'

type GetToken = (request: TokenRequest) => Promise<string>

/** What happens at an API on an ordinary day. */
export async function ordinaryDay(getToken: GetToken, getStrangersToken: GetToken): Promise<readonly Scenario[]> {
  const reading = await getToken({ scope: 'orders:read', resource: audience })
  const writing = await getToken({ scope: 'orders:read orders:write', resource: audience })
  const foreign = await getToken({ scope: 'orders:read', resource: anotherApi })
  const strangers = await getStrangersToken({ scope: 'orders:read', resource: audience })
  return [
    { request: 'GET /public', token: 'none, none needed', status: 200 },
    { request: 'GET /orders', token: 'none', status: 401, reason: 'no-credentials' },
    { request: 'GET /orders', token: 'good, orders:read', headers: bearer(reading), status: 200 },
    {
      request: 'POST /orders',
      token: 'good, orders:read',
      headers: bearer(reading),
      status: 403,
      reason: 'missing-scope',
    },
    { request: 'POST /orders', token: 'good, orders:write', headers: bearer(writing), status: 201 },
    {
      request: 'GET /orders',
      token: 'for another API',
      headers: bearer(foreign),
      status: 401,
      reason: 'wrong-audience',
    },
    {
      request: 'GET /orders',
      token: "of a stranger's server",
      headers: bearer(strangers),
      status: 401,
      reason: 'untrusted-issuer',
    },
    {
      request: 'GET /orders',
      token: 'tampered with',
      headers: bearer(tampered(reading)),
      status: 401,
      reason: 'bad-signature',
    },
    {
      request: 'GET /orders',
      token: 'unsigned (alg none)',
      headers: bearer(unsigned(reading)),
      status: 401,
      reason: 'malformed-token',
    },
    {
      request: 'GET /orders',
      token: 'garbage',
      headers: bearer('let-me-in'),
      status: 401,
      reason: 'malformed-token',
    },
    {
      request: `GET /orders?access_token=${reading}`,
      token: 'good, in the query',
      status: 401,
      reason: 'no-credentials',
    },
    {
      request: 'GET /orders',
      token: 'good, twice',
      headers: [...bearer(reading), ...bearer(reading)],
      status: 400,
      reason: 'repeated-credentials',
    },
  ]
}

/** A token that was good for a second. */
export async function expiry(getToken: GetToken): Promise<Scenario> {
  const token = await getToken({ scope: 'orders:read', resource: shortLived })
  // One second of life, and five of tolerance for clocks that differ.
  await sleep(6200)
  return { request: 'GET /orders', token: 'expired', headers: bearer(token), status: 401, reason: 'expired' }
}

export async function rotation(getToken: GetToken): Promise<Scenario> {
  const token = await getToken({ scope: 'orders:read', resource: audience })
  return { request: 'GET /orders', token: 'signed with a new key', headers: bearer(token), status: 200 }
}

export function outageWithKeys(token: string): Scenario {
  return { request: 'GET /orders', token: 'good, issuer is down', headers: bearer(token), status: 200 }
}

export function outageWithoutKeys(token: string): Scenario {
  return {
    request: 'GET /orders',
    token: 'good, down since start',
    headers: bearer(token),
    status: 503,
    reason: 'network',
  }
}

function bearer(token: string): readonly (readonly [string, string])[] {
  return [['Authorization', `Bearer ${token}`]]
}

/** The claims say more than what was signed. */
function tampered(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
  return [header, encode({ ...claims, scope: 'orders:read orders:write' }), signature].join('.')
}

function unsigned(token: string): string {
  const [, payload = ''] = token.split('.')
  return [encode({ alg: 'none', typ: 'at+jwt' }), payload, ''].join('.')
}

function encode(members: object): string {
  return Buffer.from(JSON.stringify(members)).toString('base64url')
}
