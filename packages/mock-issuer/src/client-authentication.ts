import type { IncomingMessage } from 'node:http'
import { createAssertionCheck } from './client-assertion.ts'
import type { Client } from './client.ts'
import type { MockClock } from './clock.ts'
import { type HttpResponse, invalidRequest, json } from './http-response.ts'

export interface ClientAuthenticationOptions {
  readonly client: Client
  readonly clock: MockClock
  /** The accepted `aud` values of client assertions. */
  readonly audiences: readonly string[]
}

/** The caller of the endpoint: the client, or a caller with the bearer token. Otherwise the error response. */
type Authentication = { readonly caller: Caller } | { readonly error: HttpResponse }

type Caller = 'client' | 'token-bearer'

export type Authenticate = (request: IncomingMessage, form: URLSearchParams) => Promise<Authentication>

/** One authentication method that a request uses. */
interface Attempt {
  readonly caller: Caller
  readonly isValid: () => boolean | Promise<boolean>
}

/**
 * Authenticates the caller of the introspection endpoint by RFC 6749 §2.3, RFC 7523 §2.2 or a bearer token. A request
 * must use exactly one method.
 */
export function createClientAuthentication({ client, clock, audiences }: ClientAuthenticationOptions): Authenticate {
  const isValidAssertion = createAssertionCheck(client, clock, audiences)

  function attemptsOf(request: IncomingMessage, form: URLSearchParams): readonly Attempt[] {
    const headers = request.headersDistinct['authorization'] ?? []
    const secret = form.get('client_secret')
    const hasAssertion = form.has('client_assertion') || form.has('client_assertion_type')
    return [
      ...headers.map((header) => headerAttempt(client, header)),
      ...(secret === null
        ? []
        : [clientAttempt(() => form.get('client_id') === client.id && secret === client.secret)]),
      ...(hasAssertion ? [clientAttempt(() => isValidAssertion(form))] : []),
    ]
  }

  return async (request, form) => {
    const [attempt, another] = attemptsOf(request, form)
    if (another !== undefined) {
      return { error: invalidRequest('The request uses more than one method of client authentication') }
    }
    const namesOtherClient = form.has('client_id') && form.get('client_id') !== client.id
    if (attempt === undefined || namesOtherClient || !(await attempt.isValid())) {
      return { error: invalidClient }
    }
    return { caller: attempt.caller }
  }
}

const invalidClient = json(
  401,
  { error: 'invalid_client' },
  { 'www-authenticate': 'Basic realm="introspection", charset="UTF-8"' },
)

function clientAttempt(isValid: Attempt['isValid']): Attempt {
  return { caller: 'client', isValid }
}

function headerAttempt(client: Client, header: string): Attempt {
  const [, scheme = '', credentials = ''] = /^(\S+) +(\S+)$/.exec(header) ?? []
  switch (scheme.toLowerCase()) {
    case 'basic':
      return clientAttempt(() => isValidBasic(client, credentials))
    case 'bearer':
      return { caller: 'token-bearer', isValid: () => credentials === client.bearerToken }
    default:
      return clientAttempt(() => false)
  }
}

/** The client form-encodes id and secret before it joins them: RFC 6749 §2.3.1. */
function isValidBasic(client: Client, credentials: string): boolean {
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
