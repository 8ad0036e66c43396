import type { IncomingMessage } from 'node:http'
import { type Answer, invalidRequest, json } from './answer.ts'
import { createAssertionCheck } from './client-assertion.ts'
import type { Client } from './client.ts'
import type { MockClock } from './clock.ts'

export interface ClientAuthenticationOptions {
  readonly client: Client
  readonly clock: MockClock
  /** What an assertion may be addressed to. */
  readonly audiences: readonly string[]
}

/** Who asks: the client, or somebody with the bearer token. Otherwise the answer that refuses them. */
type Authentication = { readonly caller: 'client' | 'bearer' } | { readonly refusal: Answer }

export type Authenticate = (request: IncomingMessage, form: URLSearchParams) => Promise<Authentication>

/** One way of authenticating that a request tries. */
interface Attempt {
  readonly caller: 'client' | 'bearer'
  readonly succeeds: () => boolean | Promise<boolean>
}

/** Client authentication by RFC 6749 §2.3 and RFC 7523 §2.2, or by a bearer token. Exactly one way at a time. */
export function createClientAuthentication({ client, clock, audiences }: ClientAuthenticationOptions): Authenticate {
  const isGoodAssertion = createAssertionCheck(client, clock, audiences)

  function attempts(request: IncomingMessage, form: URLSearchParams): readonly Attempt[] {
    const headers = request.headersDistinct['authorization'] ?? []
    const secret = form.get('client_secret')
    const isAsserted = form.has('client_assertion') || form.has('client_assertion_type')
    return [
      ...headers.map((header) => byHeader(client, header)),
      ...(secret === null ? [] : [ofClient(() => form.get('client_id') === client.id && secret === client.secret)]),
      ...(isAsserted ? [ofClient(() => isGoodAssertion(form))] : []),
    ]
  }

  return async (request, form) => {
    const [attempt, another] = attempts(request, form)
    if (another !== undefined) {
      return { refusal: invalidRequest('More than one way of client authentication') }
    }
    const isSomebodyElse = form.has('client_id') && form.get('client_id') !== client.id
    if (attempt === undefined || isSomebodyElse || !(await attempt.succeeds())) {
      return { refusal: invalidClient }
    }
    return { caller: attempt.caller }
  }
}

const invalidClient = json(
  401,
  { error: 'invalid_client' },
  { 'www-authenticate': 'Basic realm="introspection", charset="UTF-8"' },
)

function ofClient(succeeds: Attempt['succeeds']): Attempt {
  return { caller: 'client', succeeds }
}

function byHeader(client: Client, header: string): Attempt {
  const [, scheme = '', credentials = ''] = /^(\S+) +(\S+)$/.exec(header) ?? []
  switch (scheme.toLowerCase()) {
    case 'basic':
      return ofClient(() => isGoodBasic(client, credentials))
    case 'bearer':
      return { caller: 'bearer', succeeds: () => credentials === client.bearerToken }
    default:
      return ofClient(() => false)
  }
}

/** Both halves are form-encoded before they are joined: RFC 6749 §2.3.1. */
function isGoodBasic(client: Client, credentials: string): boolean {
  const joined = Buffer.from(credentials, 'base64').toString()
  const [, id, secret] = /^([^:]*):(.*)$/.exec(joined) ?? []
  return (
    id !== undefined && secret !== undefined && formDecode(id) === client.id && formDecode(secret) === client.secret
  )
}

function formDecode(value: string): string | undefined {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '))
  } catch (error) {
    if (error instanceof URIError) {
      return undefined
    }
    throw error
  }
}
