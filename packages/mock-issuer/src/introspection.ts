import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { type Claims, type Minting, sign } from './access-token.ts'
import { type Answer, invalidRequest, json } from './answer.ts'
import type { Authenticate } from './client-authentication.ts'
import type { MintedTokens } from './minted-tokens.ts'

export interface IntrospectionOptions {
  readonly minting: Minting
  readonly tokens: MintedTokens
  readonly authenticate: Authenticate
  readonly clientId: string
}

const signedType = 'token-introspection+jwt'

/** Token introspection by RFC 7662, and by RFC 9701 for those who accept it. */
export function createIntrospection({
  minting,
  tokens,
  authenticate,
  clientId,
}: IntrospectionOptions): (request: IncomingMessage) => Promise<Answer> {
  function introspect(token: string): Claims {
    const claims = tokens.find(token)
    return claims === undefined ? { active: false } : { active: true, ...claims }
  }

  return async (request) => {
    const form = await readForm(request)
    if (!(form instanceof URLSearchParams)) {
      return form
    }
    const authentication = await authenticate(request, form)
    if ('refusal' in authentication) {
      return authentication.refusal
    }
    const token = form.get('token')
    if (token === null || token === '') {
      return invalidRequest('`token` is missing')
    }
    const introspection = introspect(token)
    const audience = authentication.caller === 'client' ? clientId : minting.audience
    return acceptsSigned(request) ? signed(minting, audience, introspection) : json(200, introspection)
  }
}

/** The parameters, or the answer to a request that has none. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams | Answer> {
  if (request.method !== 'POST') {
    return json(405, { error: 'invalid_request', error_description: 'Only POST' }, { allow: 'POST' })
  }
  const [type = ''] = (request.headers['content-type'] ?? '').split(';')
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    return invalidRequest('The body has to be application/x-www-form-urlencoded', 415)
  }
  const form = new URLSearchParams(await text(request))
  const isRepeated = new Set(form.keys()).size < form.size
  return isRepeated ? invalidRequest('A parameter comes more than once') : form
}

function acceptsSigned(request: IncomingMessage): boolean {
  const types = (request.headers.accept ?? '').split(',').map((range) => range.split(';')[0]?.trim().toLowerCase())
  return types.includes(`application/${signedType}`)
}

async function signed({ issuer, clock, keys }: Minting, audience: string, introspection: Claims): Promise<Answer> {
  const { algorithm, kid, privateKey } = keys.current()
  const body = await sign(
    privateKey,
    { alg: algorithm, kid, typ: signedType },
    { iss: issuer, aud: audience, iat: Math.floor(clock() / 1000), token_introspection: introspection },
  )
  return { status: 200, headers: { 'content-type': `application/${signedType}` }, body }
}
