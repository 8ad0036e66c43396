import { endless, hang, keySet, metadata, publicJwk } from '../harness/issuer-documents.ts'
import { misbehaviours } from '../harness/misbehaviour.ts'
import type { Outcome } from '../harness/outcome.ts'
import type { Behaviour } from '../harness/scripted-upstream.ts'
import { type Handler, json, status } from '../harness/upstream.ts'

/** Something that an issuer does instead of handing out a document. */
export interface Fault {
  /** What the issuer does. */
  readonly name: string
  readonly act: Behaviour
  /** What a request is answered that needs the document. */
  readonly gives: Outcome
  /** Seconds that a client is told to wait. */
  readonly retryAfter?: number
  /** Only the deadline of five seconds ends it. */
  readonly lasts?: true
}

/** It could not be asked, or says that it cannot answer now. */
const unreachable: readonly Fault[] = [
  { name: 'refuses connections', act: 'refuses connections', gives: 'E-UP' },
  { name: 'has no address', act: 'has no address', gives: 'E-UP' },
  { name: 'hangs', act: hang, gives: 'E-UP', lasts: true },
  { name: 'drips its headers', act: actOf('drips its headers'), gives: 'E-UP', lasts: true },
  { name: 'drips its body', act: actOf('drips its body'), gives: 'E-UP', lasts: true },
  { name: 'hangs up', act: actOf('closes the connection'), gives: 'E-UP' },
  { name: 'resets the connection', act: actOf('resets the connection'), gives: 'E-UP' },
  { name: 'answers 500', act: status(500), gives: 'E-UP' },
  { name: 'answers 502', act: status(502), gives: 'E-UP' },
  { name: 'answers 503 for now', act: status(503, { 'retry-after': '7' }), gives: 'E-UP', retryAfter: 7 },
  { name: 'answers 503 for a day', act: status(503, { 'retry-after': '86400' }), gives: 'E-UP', retryAfter: 120 },
  { name: 'answers 503 for no time', act: status(503, { 'retry-after': '0' }), gives: 'E-UP' },
  { name: 'answers 503 until some day', act: status(503, { 'retry-after': 'soon' }), gives: 'E-UP' },
  { name: 'answers 429', act: status(429, { 'retry-after': '30' }), gives: 'E-UP', retryAfter: 30 },
]

/** It answered, and nothing that one can use. */
const unintelligible: readonly Fault[] = [
  { name: 'breaks off its body', act: actOf('stops in the middle of its body'), gives: '502' },
  { name: 'breaks off a chunk', act: actOf('stops in the middle of a chunk'), gives: '502' },
  { name: 'speaks SSH', act: actOf('speaks something else than HTTP'), gives: '502' },
  { name: 'answers 400', act: status(400), gives: '502' },
  { name: 'answers 401', act: status(401, { 'www-authenticate': 'Bearer' }), gives: '502' },
  { name: 'answers 403', act: status(403), gives: '502' },
  { name: 'answers 404', act: status(404), gives: '502' },
  { name: 'answers 410', act: status(410), gives: '502' },
  { name: 'answers 204', act: status(204), gives: '502' },
  { name: 'answers 304 though nobody said what they have', act: status(304), gives: '502' },
  { name: 'redirects to somebody else', act: status(302, { location: '/canary' }), gives: '502' },
  { name: 'redirects for good', act: status(308, { location: 'https://canary.example/' }), gives: '502' },
  { name: 'answers without end', act: endless, gives: '502' },
  { name: 'answers HTML', act: text('<!doctype html><title>Log in</title>'), gives: '502' },
  { name: 'answers []', act: json([]), gives: '502' },
  { name: 'answers {}', act: json({}), gives: '502' },
  { name: 'answers null', act: json(null), gives: '502' },
  { name: 'answers half a document', act: text('{"keys":[{"kty":'), gives: '502' },
  { name: 'answers what is not UTF-8', act: actOf('answers what is not UTF-8'), gives: '502' },
]

const tooMuch = { padding: 'x'.repeat(512 * 1024) }
const manyKeys = Array.from({ length: 65 }, () => publicJwk('known'))

export const faults: Readonly<Record<'metadata' | 'keys', readonly Fault[]>> = {
  keys: [
    ...unreachable,
    ...unintelligible,
    { name: 'answers too much', act: json({ keys: [publicJwk('known')], ...tooMuch }), gives: '502' },
    { name: 'publishes no keys', act: json({ keys: [] }), gives: '502' },
    { name: 'publishes 65 keys', act: json({ keys: manyKeys }), gives: '502' },
    { name: 'publishes its keys by name', act: json({ keys: { known: publicJwk('known') } }), gives: '502' },
  ],
  metadata: [
    ...unreachable,
    ...unintelligible,
    { name: 'answers too much', act: metadata(tooMuch), gives: '502' },
    { name: 'calls itself by another name', act: metadata({ issuer: 'https://as.example' }), gives: '502' },
    { name: 'names no keys', act: metadata({ jwks_uri: null }), gives: '502' },
    { name: 'names keys without TLS', act: metadata({ jwks_uri: 'http://keys.example/jwks' }), gives: '502' },
    { name: 'names keys on loopback', act: metadata({ jwks_uri: 'https://localhost/jwks' }), gives: '502' },
    { name: 'names keys with a password', act: metadata({ jwks_uri: 'https://u:p@keys.example/jwks' }), gives: '502' },
    { name: 'names keys in a file', act: metadata({ jwks_uri: 'file:///jwks' }), gives: '502' },
    { name: 'answers keys', act: keySet(['known']), gives: '502' },
  ],
}

function actOf(misbehaviour: string): Handler {
  const found = misbehaviours[misbehaviour]
  if (found === undefined) {
    throw new Error(`Expected one of the misbehaviours, got ${misbehaviour}`)
  }
  return found.act
}

function text(body: string): Handler {
  return (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body)
}
