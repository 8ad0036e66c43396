import type { JWSHeaderParameters } from 'jose'
import { parseJson } from '../lib/json.ts'
import { isRecord } from '../lib/record.ts'

/** A JWT that has been taken apart; nothing in it is verified. */
export interface ParsedJwt {
  readonly token: string
  readonly header: JWSHeaderParameters
  readonly claims: Readonly<Record<string, unknown>>
}

/** Reads the first segment of a JWT; `undefined` for what is no header. */
export type ParseHeader = (segment: string) => JWSHeaderParameters | undefined

/**
 * Takes a JWT in compact form apart (RFC 7519 §7.2); `undefined` for what is none. Stricter than most: base64url in its one
 * canonical spelling (else one token would have several texts, and several entries in every cache), UTF-8 without faults or
 * byte order mark, both parts JSON objects of bounded depth without repeated names, `alg` a string.
 */
export function parseJwt(token: string, parse: ParseHeader = parseHeader): ParsedJwt | undefined {
  const [first = '', second = '', signature = '', ...more] = token.split('.', 4)
  if (more.length > 0 || !isAscii(token) || signature === '' || bytesOf(signature) === undefined) {
    return undefined
  }
  const header = parse(first)
  const claims = header === undefined ? undefined : parseObject(second)
  return header === undefined || claims === undefined ? undefined : { token, header, claims }
}

const mostHeaders = 256
const longestKept = 1024

/** An issuer has few headers, and all its tokens begin with one of them: each is read once, and frozen. */
export function createParseHeader(): ParseHeader {
  const known = new Map<string, JWSHeaderParameters>()
  /** To compare texts costs less than to look one up. */
  let last: { readonly segment: string; readonly header: JWSHeaderParameters } | undefined

  function parse(segment: string): JWSHeaderParameters | undefined {
    const header = parseHeader(segment)
    if (known.size >= mostHeaders) {
      known.clear()
    }
    if (header !== undefined && segment.length <= longestKept) {
      const copy = copyOf(segment)
      known.set(copy, header)
      last = { segment: copy, header }
    }
    return header
  }

  return (segment) => (segment === last?.segment ? last.header : (known.get(segment) ?? parse(segment)))
}

/** A part of a string holds on to the whole, which here is somebody's token. */
function copyOf(segment: string): string {
  return Buffer.from(segment, 'latin1').toString('latin1')
}

function parseHeader(segment: string): JWSHeaderParameters | undefined {
  const header = parseObject(segment)
  return header !== undefined && typeof header['alg'] === 'string' ? Object.freeze(header) : undefined
}

function parseObject(segment: string): Record<string, unknown> | undefined {
  const bytes = segment === '' ? undefined : bytesOf(segment)
  const value = bytes === undefined ? undefined : parseJson(bytes)
  return isRecord(value) ? value : undefined
}

/** In UTF-8 all else takes more than one byte. */
function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length
}

/** For the segment that is being read, and no longer: thousands of buffers a second would be a reason for V8 to collect all its garbage. */
const scratch = Buffer.allocUnsafeSlow(16 * 1024)

/**
 * What a segment of ASCII stands for, until the next one is read; `undefined` unless it is the text that base64url has for that (RFC 4648 §3.5, §5).
 * `Buffer` passes over what is no base64, which then shows in the length; it takes both alphabets, padding, and any bits that are left over.
 */
function bytesOf(segment: string): Buffer | undefined {
  const room = segment.length > scratch.length ? Buffer.allocUnsafe(segment.length) : scratch
  const bytes = room.subarray(0, room.write(segment, 'base64url'))
  const isWhole = bytes.length === (segment.length * 3) >> 2
  const isPlain = !segment.includes('+') && !segment.includes('/')
  const last = lastOf[segment.length % 4]
  return isWhole && isPlain && last?.includes(segment.slice(-1)) === true ? bytes : undefined
}

const any = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
/** What may come last when so many characters are left over from groups of four: those whose bits are all needed. */
const lastOf: readonly string[] = [any, '', 'AQgw', 'AEIMQUYcgkosw048']
