import { asRecord } from '../lib/record.ts'
import { createParseHeader, type ParsedJwt, parseJwt } from '../jwt/parse-jwt.ts'

/** A token as it came in, and what it looks like. Nothing of it is verified. */
export type PresentedToken =
  | { readonly form: 'opaque'; readonly token: string }
  /** `jwt` is `undefined` when it is not well-formed: a JWT it is all the same. */
  | { readonly form: 'jwt'; readonly token: string; readonly jwt: ParsedJwt | undefined }

/**
 * A JWT has three segments, the first of which decodes to a JSON object with a string `alg`, however badly that is
 * spelt: what sets out to be one must not be saved by introspection. Everything else is opaque, encrypted tokens included.
 */
export function createRecognize(): (token: string) => PresentedToken {
  const parseHeader = createParseHeader()

  return (token) => {
    const jwt = parseJwt(token, parseHeader)
    return jwt !== undefined || setsOutToBeJwt(token) ? { form: 'jwt', token, jwt } : { form: 'opaque', token }
  }
}

function setsOutToBeJwt(token: string): boolean {
  const [first = '', , third, fourth] = token.split('.', 4)
  return third !== undefined && fourth === undefined && typeof headerOf(first)['alg'] === 'string'
}

/** More lenient than `parseJwt` on purpose. */
function headerOf(segment: string): Readonly<Record<string, unknown>> {
  try {
    return asRecord(JSON.parse(new TextDecoder().decode(Buffer.from(segment, 'base64url'))))
  } catch (error) {
    if (error instanceof SyntaxError) {
      return {}
    }
    throw error
  }
}
