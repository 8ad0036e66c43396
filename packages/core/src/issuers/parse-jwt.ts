import type { JWSHeaderParameters } from 'jose'
import { parseJson } from '../json.ts'
import { isRecord } from '../record.ts'

/** A JWT that has been taken apart; nothing in it is verified. */
export interface ParsedJwt {
  readonly token: string
  readonly header: JWSHeaderParameters
  readonly claims: Readonly<Record<string, unknown>>
}

/**
 * Takes a JWT in compact form apart (RFC 7519 §7.2); `undefined` for what is none. Stricter than most: base64url in its one
 * canonical spelling (else one token would have several texts, and several entries in every cache), UTF-8 without faults or
 * byte order mark, both parts JSON objects of bounded depth without repeated names, `alg` a string.
 */
export function parseJwt(token: string): ParsedJwt | undefined {
  const [first = '', second = '', signature = '', ...more] = token.split('.', 4)
  if (more.length > 0 || signature === '' || !isCanonical(signature)) {
    return undefined
  }
  const header = parseObject(first)
  const claims = parseObject(second)
  if (header === undefined || claims === undefined || typeof header['alg'] !== 'string') {
    return undefined
  }
  return { token, header, claims }
}

function isCanonical(segment: string): boolean {
  return Buffer.from(segment, 'base64url').toString('base64url') === segment
}

function parseObject(segment: string): Record<string, unknown> | undefined {
  if (segment === '' || !isCanonical(segment)) {
    return undefined
  }
  const value = parseJson(Buffer.from(segment, 'base64url'))
  return isRecord(value) ? value : undefined
}
