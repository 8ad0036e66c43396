import { parseDocument, parseJwt, isRecord } from '@tollgate/core/adapter'

/** The parts of a token as they are, and what is wrong with them. Nothing is verified. */
export interface DecodedToken {
  readonly header: Readonly<Record<string, unknown>> | undefined
  readonly claims: Readonly<Record<string, unknown>> | undefined
  /** One sentence for each fault. They contain nothing of the token. */
  readonly faults: readonly string[]
}

/** Decodes a JWT (RFC 7519 §3). It does NOT verify the signature, and does NOT validate any claim. */
export function decodeToken(token: string): DecodedToken {
  const parts = token.split('.', 7)
  if (parts.length !== 3) {
    const [header] = parts.length === 5 ? [decodePart(parts[0] ?? '', 'header').value] : []
    return { header, claims: undefined, faults: [wrongNumber(parts.length)] }
  }
  const [first = '', second = '', third = ''] = parts
  const header = decodePart(first, 'header')
  const claims = decodePart(second, 'payload')
  const faults = [header.fault, claims.fault, signatureFault(third)].filter((fault) => fault !== undefined)
  if (faults.length === 0 && parseJwt(token) === undefined) {
    faults.push('the header has no `alg`, or it is not a text')
  }
  return { header: header.value, claims: claims.value, faults }
}

function wrongNumber(count: number): string {
  if (count === 1) {
    return 'the token has one part: it is opaque, or it is cut off. Only the issuer can read an opaque token (introspection)'
  }
  return count === 5
    ? 'the token has five parts: it is encrypted (JWE), and only the owner of the key can read its claims'
    : `the token has ${count > 6 ? 'more than six' : count} parts, and a JWT has three: it is cut off, or it is no token`
}

interface Part {
  readonly value: Readonly<Record<string, unknown>> | undefined
  readonly fault: string | undefined
}

function decodePart(part: string, name: string): Part {
  const encoding = encodingFault(part)
  if (encoding !== undefined) {
    return { value: undefined, fault: `the ${name} ${encoding}` }
  }
  const parsed = parseDocument(Buffer.from(part, 'base64url'))
  if (!('value' in parsed)) {
    return { value: undefined, fault: `the ${name} ${faultsOfJson[parsed.fault]}` }
  }
  return isRecord(parsed.value)
    ? { value: parsed.value, fault: undefined }
    : { value: undefined, fault: `the ${name} is JSON, and no object` }
}

const faultsOfJson = {
  'not-json': 'is not JSON: it has been changed, or is cut off',
  'repeated-name': 'has a name twice in one object, so that two readers could read different values',
  'too-deep': 'has more than 100 levels',
}

function encodingFault(part: string): string | undefined {
  if (part === '') {
    return 'is empty'
  }
  if (/^[\w+/-]+={0,2}$/.test(part) && /[+/=]/.test(part)) {
    return 'is in base64 and not in base64url: it has `+`, `/` or `=`'
  }
  if (!/^[\w-]+$/.test(part)) {
    return 'has a character that base64url does not have'
  }
  return Buffer.from(part, 'base64url').toString('base64url') === part
    ? undefined
    : 'is cut off, or has been changed: it is no whole base64url'
}

function signatureFault(part: string): string | undefined {
  const fault = encodingFault(part)
  return fault === undefined ? undefined : `the signature ${fault}`
}

/** Claims and header members that are times (RFC 7519 §2). */
export const timeClaims: readonly string[] = ['exp', 'nbf', 'iat', 'auth_time', 'updated_at']
