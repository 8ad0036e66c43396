import { setTimeout as sleep } from 'node:timers/promises'
import type { TokenRequest } from './client.ts'

/** One row of the table: a request and the expected response. */
export interface Scenario {
  readonly request: string
  /** A description of the token. */
  readonly token: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly expected: Expected
}

interface Expected {
  readonly status: number
  /** The `reason` of the refusal or outage. */
  readonly reason?: string
  /** The challenge without `realm` and `error_description`. Accepted requests and outages have none. */
  readonly challenge?: string
}

export const audience = 'https://orders.example'
export const shortLived = 'https://orders.example/short-lived'
export const opaque = 'https://orders.example/opaque'
const anotherApi = 'https://payments.example'
/** The resource of an organization, by Logto. */
const resourceOf = (organization: string): string => `urn:logto:organization:${organization}`

type GetToken = (request: TokenRequest) => Promise<string>

/** Requests while the authorization server is available. */
export async function ordinaryRequests(getToken: GetToken, getStrangersToken: GetToken): Promise<readonly Scenario[]> {
  const reading = await getToken({ scope: 'orders:read', resource: audience })
  const writing = await getToken({ scope: 'orders:read orders:write', resource: audience })
  const foreign = await getToken({ scope: 'orders:read', resource: anotherApi })
  const ofOrg1 = await getToken({ scope: 'orders:read', resource: resourceOf('org-1') })
  const ofOrg2 = await getToken({ scope: 'orders:read', resource: resourceOf('org-2') })
  const strangers = await getStrangersToken({ scope: 'orders:read', resource: audience })
  return [
    row('GET /public', 'none, none needed', [], accepted(200)),
    row('GET /orders', 'none', [], withoutCredentials),
    row('GET /orders', 'valid, orders:read', bearer(reading), accepted(200)),
    row('POST /orders', 'valid, orders:read', bearer(reading), lackingScope),
    row('POST /orders', 'valid, orders:write', bearer(writing), accepted(201)),
    row('GET /orders', 'for another API', bearer(foreign), invalid('wrong-audience')),
    row('GET /members', 'of organization org-1', bearer(ofOrg1), accepted(200)),
    row('GET /members', 'of organization org-2', bearer(ofOrg2), wrongOrganization),
    row('GET /members', 'for the API', bearer(reading), invalid('wrong-audience', '')),
    row('GET /orders', 'of organization org-1', bearer(ofOrg1), invalid('wrong-audience')),
    row('GET /orders', "of a stranger's server", bearer(strangers), invalid('untrusted-issuer')),
    row('GET /orders', 'tampered', bearer(tampered(reading)), invalid('bad-signature')),
    row('GET /orders', 'unsigned (alg none)', bearer(unsigned(reading)), invalid('malformed-token')),
    row('GET /orders', 'garbage', bearer('let-me-in'), invalid('inactive')),
    row(`GET /orders?access_token=${reading}`, 'valid, in the query', [], withoutCredentials),
    row('GET /orders', 'valid, twice', [...bearer(reading), ...bearer(reading)], repeated),
  ]
}

/** A token that expired after a second. */
export async function expiry(getToken: GetToken): Promise<Scenario> {
  const token = await getToken({ scope: 'orders:read', resource: shortLived })
  // One second until expiry, and five seconds of clock tolerance.
  await sleep(6200)
  return row('GET /orders', 'expired', bearer(token), invalid('expired'))
}

/** Tokens that the API introspects. */
export function opaqueTokens(token: string, revoked: string): readonly Scenario[] {
  return [
    row('GET /orders', 'opaque', bearer(token), accepted(200)),
    row('POST /orders', 'opaque, orders:read', bearer(token), lackingScope),
    row('GET /orders', 'opaque, revoked', bearer(revoked), invalid('inactive')),
  ]
}

export async function rotation(getToken: GetToken): Promise<Scenario> {
  const token = await getToken({ scope: 'orders:read', resource: audience })
  return row('GET /orders', 'signed with a new key', bearer(token), accepted(200))
}

export function outageWithKeys(token: string): Scenario {
  return row('GET /orders', 'valid, issuer is down', bearer(token), accepted(200))
}

/** One token that the API has introspected before, and one that it has not. */
export function outageWithOpaque(known: string, unknown: string): readonly Scenario[] {
  return [
    row('GET /orders', 'opaque, issuer is down', bearer(known), accepted(200)),
    row('GET /orders', 'new opaque, issuer down', bearer(unknown), { status: 503, reason: 'network' }),
  ]
}

export function outageWithoutKeys(token: string): Scenario {
  return row('GET /orders', 'valid, down since start', bearer(token), { status: 503, reason: 'network' })
}

const withoutCredentials: Expected = { status: 401, reason: 'no-credentials', challenge: 'Bearer scope="orders:read"' }
const repeated: Expected = { status: 400, reason: 'repeated-credentials', challenge: 'Bearer error="invalid_request"' }
const lackingScope: Expected = {
  status: 403,
  reason: 'missing-scope',
  challenge: 'Bearer error="insufficient_scope", scope="orders:write"',
}

const wrongOrganization: Expected = {
  status: 403,
  reason: 'wrong-organization',
  challenge: 'Bearer error="insufficient_scope"',
}

/** `scope` are the scopes of the route. */
function invalid(reason: string, scope = ', scope="orders:read"'): Expected {
  return { status: 401, reason, challenge: `Bearer error="invalid_token"${scope}` }
}

function accepted(status: number): Expected {
  return { status }
}

function row(request: string, token: string, headers: Scenario['headers'], expected: Expected): Scenario {
  return { request, token, headers, expected }
}

function bearer(token: string): readonly (readonly [string, string])[] {
  return [['Authorization', `Bearer ${token}`]]
}

/** Adds a scope that the signature does not cover. */
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
