import { parseJson } from '../lib/json.ts'
import { isRecord, ownText } from '../lib/record.ts'
import type { ProblemAndFix } from './explanation.ts'

const fix = 'Compare the token with what the issuer returned: a copy has changed it, or it is cut off.'

/** Three parts that are no JWT: which of them is wrong, and how. */
export function damagedJwt(text: string): ProblemAndFix {
  const [header = '', payload = '', signature = ''] = text.split('.')
  if (signature === '' && header !== '' && payload !== '') {
    return unsigned(payload)
  }
  if (/[+/=]/.test(text)) {
    return {
      problem: 'the token is in base64 and not in base64url',
      fix: 'Encode it without `+`, `/` and `=` (RFC 7515 §2).',
    }
  }
  const parsed = parse(header)
  if (typeof parsed === 'string') {
    return { problem: `the header of the token is damaged: ${parsed}`, fix }
  }
  if (ownText(parsed, 'alg') === undefined) {
    return {
      problem: 'this is no JWT: its first part has no `alg`',
      fix: 'Send the access token. A session cookie that is signed, such as that of Flask or Django, has three parts too.',
    }
  }
  const claims = parse(payload)
  if (typeof claims !== 'string') {
    return { problem: 'the signature of the token is damaged: it is not in base64url', fix }
  }
  return /^e[yw][\w-]+\.[\w-]+\.[\w-]+$/.test(decode(payload))
    ? { problem: 'this is a JWT inside a JWT', fix: 'Configure the issuer to sign once: claims must be the payload.' }
    : { problem: `the payload of the token is damaged: ${claims}`, fix }
}

function unsigned(payload: string): ProblemAndFix {
  const claims = parse(payload)
  const isOfFirebase =
    typeof claims !== 'string' && ownText(claims, 'iss')?.startsWith('https://securetoken.google.com/') === true
  return {
    problem: 'the token has no signature',
    fix: isOfFirebase
      ? 'The emulator of Firebase signs no token: use a mock issuer in development, or tokens of the project itself.'
      : 'Send a signed token: Tollgate accepts no unsigned one (`alg: none`).',
  }
}

/** A JSON object, or what is wrong with the part. */
function parse(part: string): Readonly<Record<string, unknown>> | string {
  if (part === '') {
    return 'it is empty'
  }
  const bytes = Buffer.from(part, 'base64url')
  if (bytes.toString('base64url') !== part) {
    return 'it is not in base64url'
  }
  const value = parseJson(bytes)
  return isRecord(value) ? value : 'it is no JSON object, or has a member twice'
}

function decode(part: string): string {
  return Buffer.from(part, 'base64url').toString()
}
