import { setTimeout as sleep } from 'node:timers/promises'
import type { TokenRequest } from './client.ts'

/** One row of the table: what is sent, and what must come back. */
export interface Scenario {
  readonly request: string
  /** What the token is, for a person. */
  readonly token: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly expected: Expected
}

interface Expected {
  readonly status: number
  /** The stable id of the refusal or failure; none when the request is let through. */
  readonly reason?: string
  /** The challenge, but for `realm` and `error_description`; none when the request is let through, or nobody judged it. */
  readonly challenge?: string
}

export const audience = 'https://orders.example'
export const shortLived = 'https://orders.example/short-lived'
export const opaque = 'https://orders.example/opaque'
const anotherApi = 'https://payments.example'

type GetToken = (request: TokenRequest) => Promise<string>

/** What happens at an API on an ordinary day. */
export async function ordinaryDay(getToken: GetToken, getStrangersToken: GetToken): Promise<readonly Scenario[]> {
  const reading = await getToken({ scope: 'orders:read', resource: audience })
  const writing = await getToken({ scope: 'orders:read orders:write', resource: audience })
  const foreign = await getToken({ scope: 'orders:read', resource: anotherApi })
  const strangers = await getStrangersToken({ scope: 'orders:read', resource: audience })
  return [
    row('GET /public', 'none, none needed', [], passed(200)),
    row('GET /orders', 'none', [], withoutCredentials),
    row('GET /orders', 'good, orders:read', bearer(reading), passed(200)),
    row('POST /orders', 'good, orders:read', bearer(reading), lackingScope),
    row('POST /orders', 'good, orders:write', bearer(writing), passed(201)),
    row('GET /orders', 'for another API', bearer(foreign), invalid('wrong-audience')),
    row('GET /orders', "of a stranger's server", bearer(strangers), invalid('untrusted-issuer')),
    row('GET /orders', 'tampered with', bearer(tampered(reading)), invalid('bad-signature')),
    row('GET /orders', 'unsigned (alg none)', bearer(unsigned(reading)), invalid('malformed-token')),
    row('GET /orders', 'garbage', bearer('let-me-in'), invalid('inactive')),
    row(`GET /orders?access_token=${reading}`, 'good, in the query', [], withoutCredentials),
    row('GET /orders', 'good, twice', [...bearer(reading), ...bearer(reading)], repeated),
  ]
}

/** A token that was good for a second. */
export async function expiry(getToken: GetToken): Promise<Scenario> {
  const token = await getToken({ scope: 'orders:read', resource: shortLived })
  // One second of life, and five of tolerance for clocks that differ.
  await sleep(6200)
  return row('GET /orders', 'expired', bearer(token), invalid('expired'))
}

/** Tokens that say nothing by themselves: the API asks the server about them. */
export function opaqueTokens(token: string, revoked: string): readonly Scenario[] {
  return [
    row('GET /orders', 'good, opaque', bearer(token), passed(200)),
    row('POST /orders', 'good, opaque, orders:read', bearer(token), lackingScope),
    row('GET /orders', 'opaque, revoked', bearer(revoked), invalid('inactive')),
  ]
}

export async function rotation(getToken: GetToken): Promise<Scenario> {
  const token = await getToken({ scope: 'orders:read', resource: audience })
  return row('GET /orders', 'signed with a new key', bearer(token), passed(200))
}

export function outageWithKeys(token: string): Scenario {
  return row('GET /orders', 'good, issuer is down', bearer(token), passed(200))
}

/** One that the API has asked about a moment ago, and one that it has not. */
export function outageWithOpaque(known: string, unknown: string): readonly Scenario[] {
  return [
    row('GET /orders', 'good, opaque, issuer is down', bearer(known), passed(200)),
    row('GET /orders', 'opaque, new, issuer is down', bearer(unknown), { status: 503, reason: 'network' }),
  ]
}

export function outageWithoutKeys(token: string): Scenario {
  return row('GET /orders', 'good, down since start', bearer(token), { status: 503, reason: 'network' })
}

const withoutCredentials: Expected = { status: 401, reason: 'no-credentials', challenge: 'Bearer scope="orders:read"' }
const repeated: Expected = { status: 400, reason: 'repeated-credentials', challenge: 'Bearer error="invalid_request"' }
const lackingScope: Expected = {
  status: 403,
  reason: 'missing-scope',
  challenge: 'Bearer error="insufficient_scope", scope="orders:write"',
}

function invalid(reason: string): Expected {
  return { status: 401, reason, challenge: 'Bearer error="invalid_token"' }
}

function passed(status: number): Expected {
  return { status }
}

function row(request: string, token: string, headers: Scenario['headers'], expected: Expected): Scenario {
  return { request, token, headers, expected }
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
