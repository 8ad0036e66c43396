import type { JWSHeaderParameters } from 'jose'
import { parseJson, parseLoosely } from '../lib/json.ts'
import { isRecord, own } from '../lib/record.ts'

/** The parts of a JWT. Nothing in them is verified. */
export interface ParsedJwt {
  readonly token: string
  readonly header: JWSHeaderParameters
  readonly claims: Readonly<Record<string, unknown>>
}

/**
 * Parses a JWT in compact form (RFC 7519 §7.2). `undefined` for everything else.
 *
 * Checks that all segments are base64url in its canonical form, because otherwise one token has several spellings and
 * several cache entries. Checks that header and claims are JSON objects as `parseJson` accepts them, and that `alg` is
 * a string. Does not verify the signature, and does not validate other members. Does not limit the length.
 */
export function parseJwt(token: string): ParsedJwt | undefined {
  const [first = '', second = '', signature = '', ...others] = token.split('.', 4)
  if (others.length > 0 || decodeSegment(signature) === undefined) {
    return undefined
  }
  const header = parseSegment(first)
  const claims = parseSegment(second)
  if (claims === undefined || header === undefined || typeof own(header, 'alg') !== 'string') {
    return undefined
  }
  // Without a prototype, because jose and others read members that the header may lack.
  return { token, header: Object.setPrototypeOf(header, null) as JWSHeaderParameters, claims }
}

/**
 * Whether a text has the form of a JWT: three segments, or five when it is encrypted, and the first one decodes to a
 * JSON object. It ignores faults of base64url, UTF-8, JSON and the header.
 */
export function hasJwtForm(text: string): boolean {
  const segments = text.split('.', 6)
  const [header = ''] = segments
  const isCompact = segments.length === 3 || segments.length === 5
  return isCompact && isRecord(parseLoosely(new TextDecoder().decode(Buffer.from(header, 'base64url'))))
}

function parseSegment(segment: string): Record<string, unknown> | undefined {
  const bytes = decodeSegment(segment)
  const value = bytes === undefined ? undefined : parseJson(bytes)
  return isRecord(value) ? value : undefined
}

/**
 * `Buffer` also decodes the other base64 alphabet, padding, surplus bits and foreign characters. The comparison finds
 * them (RFC 4648 §3.5, §5).
 */
function decodeSegment(segment: string): Uint8Array | undefined {
  const bytes = Buffer.from(segment, 'base64url')
  return segment !== '' && bytes.toString('base64url') === segment ? bytes : undefined
}
