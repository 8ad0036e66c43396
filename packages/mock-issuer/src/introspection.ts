import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { type Claims, currentSeconds, sign, type TokenSource } from './access-token.ts'
import type { Authenticate } from './client-authentication.ts'
import { type HttpResponse, invalidRequest, json } from './http-response.ts'
import type { IssuedTokens } from './issued-tokens.ts'

export interface IntrospectionOptions {
  readonly source: TokenSource
  readonly tokens: IssuedTokens
  readonly authenticate: Authenticate
  readonly clientId: string
}

const jwtType = 'token-introspection+jwt'

/** Creates the introspection endpoint: JSON by RFC 7662, or a JWT by RFC 9701 if the caller accepts it. */
export function createIntrospection(
  options: IntrospectionOptions,
): (request: IncomingMessage) => Promise<HttpResponse> {
  const { source, tokens, authenticate, clientId } = options
  return async (request) => {
    const form = await readForm(request)
    if (!(form instanceof URLSearchParams)) {
      return form
    }
    const authentication = await authenticate(request, form)
    if ('error' in authentication) {
      return authentication.error
    }
    const token = form.get('token')
    if (token === null || token === '') {
      return invalidRequest('The parameter `token` is missing')
    }
    const claims = tokens.find(token)
    const introspection = claims === undefined ? { active: false } : { active: true, ...claims }
    const audience = authentication.caller === 'client' ? clientId : source.audience
    return acceptsJwt(request) ? jwtResponse(source, audience, introspection) : json(200, introspection)
  }
}

/** Returns the parameters, or the error response to a request without a valid form. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams | HttpResponse> {
  if (request.method !== 'POST') {
    return json(405, { error: 'invalid_request', error_description: 'The method must be POST' }, { allow: 'POST' })
  }
  const [type = ''] = headerOf(request, 'content-type').split(';')
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    return invalidRequest('The body must be application/x-www-form-urlencoded', 415)
  }
  const form = new URLSearchParams(await text(request))
  const isRepeated = new Set(form.keys()).size < form.size
  return isRepeated ? invalidRequest('A parameter occurs more than once') : form
}

function acceptsJwt(request: IncomingMessage): boolean {
  const ranges = headerOf(request, 'accept').split(',')
  return ranges.some((range) => range.split(';')[0]?.trim().toLowerCase() === `application/${jwtType}`)
}

function headerOf(request: IncomingMessage, name: string): string {
  return request.headersDistinct[name]?.join() ?? ''
}

async function jwtResponse(source: TokenSource, audience: string, introspection: Claims): Promise<HttpResponse> {
  const { algorithm, kid, privateKey } = source.keys.current()
  const claims = { iss: source.issuer, aud: audience, iat: currentSeconds(source), token_introspection: introspection }
  const body = await sign(privateKey, { alg: algorithm, kid, typ: jwtType }, claims)
  return { status: 200, headers: { 'content-type': `application/${jwtType}` }, body }
}
