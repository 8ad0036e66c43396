import { type UpstreamResponse, unexpectedStatus } from '../http/send-request.ts'
import { parseJson } from '../lib/json.ts'
import { own } from '../lib/record.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { type IntrospectionResult, parseIntrospectionResponse } from './introspection-response.ts'
import { type ResponseIssuer, readJwtResponse } from './jwt-response.ts'
import type { ResponseFormat } from './response-format.ts'

/** The values of `Accept`. */
export const mediaTypes: Readonly<Record<ResponseFormat['as'], string>> = {
  json: 'application/json',
  jwt: 'application/token-introspection+jwt',
}

/**
 * Reads the response in the agreed format. Throws an `UpstreamError` for every other response. It does NOT validate the claims. `now` is
 * in seconds.
 */
export async function readResponse(
  received: UpstreamResponse,
  format: ResponseFormat,
  issuer: ResponseIssuer,
  now: number,
): Promise<Pick<IntrospectionResult, 'claims'>> {
  const { name, status } = received
  if (status !== 200) {
    throw unexpectedStatus(received)
  }
  const document =
    format.as === 'json' ? expectJson(received) : await readJwtResponse(expectJwt(received), format, issuer, now)
  const response = parseIntrospectionResponse(document)
  if (response === undefined) {
    const message = `The response of ${name} is no introspection response: \`active\` is no boolean, or a member has a wrong type`
    throw new UpstreamError({ reason: 'malformed-document', message })
  }
  return response
}

function expectJson({ name, body }: UpstreamResponse): unknown {
  const document = parseJson(body)
  if (document === undefined) {
    throw new UpstreamError({ reason: 'not-json', message: `The response of ${name} is not JSON` })
  }
  return document
}

/** Plain JSON in place of a signed response is a downgrade. It is not parsed. */
function expectJwt({ name, headers, body }: UpstreamResponse): string {
  const [type = ''] = String(own(headers, 'content-type')).split(';')
  if (type.trim().toLowerCase() !== mediaTypes.jwt) {
    const message = `The response of ${name} is not of the type ${mediaTypes.jwt}`
    throw new UpstreamError({ reason: 'unverifiable-answer', message })
  }
  return Buffer.from(body).toString('latin1')
}
