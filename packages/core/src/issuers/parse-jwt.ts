import type { JWSHeaderParameters } from 'jose'
import { LRUCache } from 'lru-cache'
import { parseJson } from '../json.ts'
import { isRecord } from '../record.ts'

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
  if (more.length > 0 || signature === '' || bytesOf(signature) === undefined) {
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
  const known = new LRUCache<string, JWSHeaderParameters>({ max: mostHeaders })

  return (segment) => {
    const header = known.get(segment) ?? parseHeader(segment)
    if (header !== undefined && segment.length <= longestKept) {
      known.set(segment, header)
    }
    return header
  }
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

/** What a segment stands for; `undefined` unless it is the text that base64url has for that (RFC 4648 §3.5, §5). */
function bytesOf(segment: string): Buffer | undefined {
  const bytes = Buffer.from(segment, 'base64url')
  return bytes.toString('base64url') === segment ? bytes : undefined
}
