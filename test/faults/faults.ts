import { misbehaviours } from '../harness/misbehaviour.ts'
import { endless, type Handler, hang, json, status, text } from '../harness/responses.ts'
import { type Behaviour, metadata } from '../harness/scripted-hosts.ts'
import { keySet, publicJwk } from './scene.ts'

/** A fault of an issuer in place of a document. */
export interface Fault {
  /** The predicate of a sentence about the issuer. */
  readonly name: string
  readonly act: Behaviour
  /** The status of a request that needs the document. */
  readonly status: 502 | 503
  /** The `Retry-After` of the 503, in seconds. Default: the back-off. */
  readonly retryAfter?: number
  /** Only the deadline of five seconds ends the call. */
  readonly lasts?: true
}

const unreachable: readonly Fault[] = [
  { name: 'refuses connections', act: 'refuses connections', status: 503 },
  { name: 'has no address', act: 'has no address', status: 503 },
  { name: 'hangs', act: hang, status: 503, lasts: true },
  { name: 'drips its headers', act: actOf('drips its headers'), status: 503, lasts: true },
  { name: 'drips its body', act: actOf('drips its body'), status: 503, lasts: true },
  { name: 'hangs up', act: actOf('closes the connection'), status: 503 },
  { name: 'resets the connection', act: actOf('resets the connection'), status: 503 },
  { name: 'responds with 500', act: status(500), status: 503 },
  { name: 'responds with 502', act: status(502), status: 503 },
  { name: 'responds with 503 for now', act: status(503, { 'retry-after': '7' }), status: 503, retryAfter: 7 },
  { name: 'responds with 503 for a day', act: status(503, { 'retry-after': '86400' }), status: 503, retryAfter: 120 },
  { name: 'responds with 503 for no time', act: status(503, { 'retry-after': '0' }), status: 503 },
  { name: 'responds with 503 until some day', act: status(503, { 'retry-after': 'soon' }), status: 503 },
  { name: 'responds with 429', act: status(429, { 'retry-after': '30' }), status: 503, retryAfter: 30 },
]

const invalid: readonly Fault[] = [
  ['breaks off its body', actOf('stops in the middle of its body')],
  ['breaks off a chunk', actOf('stops in the middle of a chunk')],
  ['speaks SSH', actOf('speaks something else than HTTP')],
  ['responds with 400', status(400)],
  ['responds with 401', status(401, { 'www-authenticate': 'Bearer' })],
  ['responds with 403', status(403)],
  ['responds with 404', status(404)],
  ['responds with 410', status(410)],
  ['responds with 204', status(204)],
  ['responds with 304 to a request without a condition', status(304)],
  ['redirects to another path', status(302, { location: '/canary' })],
  ['redirects to another host', status(308, { location: 'https://canary.example/' })],
  ['responds without end', endless],
  ['responds with HTML', text('<!doctype html><title>Log in</title>')],
  ['responds with []', json([])],
  ['responds with {}', json({})],
  ['responds with null', json(null)],
  ['responds with half a document', text('{"keys":[{"kty":')],
  ['responds with bytes that are not UTF-8', actOf('responds with bytes that are not UTF-8')],
].map(invalidDocument)

const tooMuch = { padding: 'x'.repeat(512 * 1024) }
const manyKeys = Array.from({ length: 65 }, () => publicJwk('known'))

/** One fault of each kind, where the kind makes the difference: for all phases but the first. */
const typical = new Set([
  'refuses connections',
  'hangs',
  'responds with 503 for now',
  'responds with 404',
  'responds with {}',
  'breaks off its body',
])

export function isTypical({ name }: Fault): boolean {
  return typical.has(name)
}

export const faults: Readonly<Record<'metadata' | 'keys', readonly Fault[]>> = {
  keys: [
    ...unreachable,
    ...invalid,
    ...[
      ['responds with too much', json({ keys: [publicJwk('known')], ...tooMuch })],
      ['publishes no keys', json({ keys: [] })],
      ['publishes 65 keys', json({ keys: manyKeys })],
      ['publishes its keys by name', json({ keys: { known: publicJwk('known') } })],
    ].map(invalidDocument),
  ],
  metadata: [
    ...unreachable,
    ...invalid,
    ...[
      ['responds with too much', metadata(tooMuch)],
      ['has another name in its metadata', metadata({ issuer: 'https://as.example' })],
      ['names no keys', metadata({ jwks_uri: null })],
      ['names keys without TLS', metadata({ jwks_uri: 'http://keys.example/jwks' })],
      ['names keys on loopback', metadata({ jwks_uri: 'https://localhost/jwks' })],
      ['names keys with a password', metadata({ jwks_uri: 'https://u:p@keys.example/jwks' })],
      ['names keys in a file', metadata({ jwks_uri: 'file:///jwks' })],
      ['responds with keys', keySet(['known'])],
    ].map(invalidDocument),
  ],
}

function invalidDocument([name, act]: readonly (string | Handler)[]): Fault {
  return { name: String(name), act: act as Handler, status: 502 }
}

function actOf(misbehaviour: string): Handler {
  const found = misbehaviours[misbehaviour]
  if (found === undefined) {
    throw new Error(`Expected one of the misbehaviours, got ${misbehaviour}`)
  }
  return found.act
}
