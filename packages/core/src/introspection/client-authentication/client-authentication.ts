import type { FindDispatcher } from '../../http/dispatchers.ts'
import type { UpstreamResponse } from '../../http/send-request.ts'
import { invalidOption } from '../../lib/invalid-option.ts'
import { parseDocument } from '../../lib/json.ts'
import { own } from '../../lib/record.ts'
import { shared } from '../../lib/shared-state.ts'

/** How this API authenticates at an introspection endpoint (RFC 7662 §2.1). It does not show its secret. */
export interface ClientAuthentication {
  readonly method: `client_secret_${'basic' | 'post' | 'jwt'}` | 'private_key_jwt' | 'tls_client_auth' | 'bearer'
  /** `undefined` with `bearer`. */
  readonly clientId: string | undefined
}

/** The call for which the client presents credentials. */
export interface Call {
  readonly issuer: string
  readonly endpoint: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** The credentials in a request. */
export interface Presented {
  readonly headers: Readonly<Record<string, string>>
  readonly parameters: Readonly<Record<string, string>>
}

/** A client authentication of one introspector, with its state. */
export interface IntrospectionClient {
  /** Posts the request with the credentials. Posts it again with new ones if the endpoint refuses reused ones. */
  readonly send: (call: Call, post: (presented: Presented) => Promise<UpstreamResponse>) => Promise<UpstreamResponse>
  /** Distinguishes clients to which the server may respond differently. It is part of cache keys, and is no secret. */
  readonly identity: string
  /** The connections that authenticate the client. `undefined` when the connections of the validator serve. */
  readonly dispatcher: FindDispatcher | undefined
}

const starts = shared('client authentications', () => new WeakMap<object, () => IntrospectionClient>())

export function defineClientAuthentication(
  client: ClientAuthentication,
  start: () => IntrospectionClient,
): ClientAuthentication {
  const frozen = Object.freeze({ ...client })
  starts.set(frozen, start)
  return frozen
}

/** A client without state. */
export function presenting(
  client: ClientAuthentication,
  present: () => Promise<Presented>,
  identity = '',
  dispatcher?: IntrospectionClient['dispatcher'],
): ClientAuthentication {
  const send: IntrospectionClient['send'] = async (_call, post) => post(await present())
  return defineClientAuthentication(client, () => ({ send, identity, dispatcher }))
}

/** Throws unless a function of Tollgate created it. */
export function expectClientAuthentication(client: unknown): ClientAuthentication {
  startOf(client)
  return client as ClientAuthentication
}

export function startClient(client: ClientAuthentication): IntrospectionClient {
  const started = startOf(client)()
  return { ...started, identity: JSON.stringify([client.method, client.clientId, started.identity]) }
}

function startOf(client: unknown): () => IntrospectionClient {
  const start = typeof client === 'object' && client !== null ? starts.get(client) : undefined
  if (start === undefined) {
    throw invalidOption(
      'Expected `client` to be the result of clientSecretBasic, clientSecretPost, clientSecretJwt, privateKeyJwt, tlsClientAuth or bearerToken, because an introspection endpoint authenticates its clients',
    )
  }
  return start
}

/**
 * What an error response refuses: our credentials (RFC 6749 §5.2), the introspected token, or neither of them. A client
 * with other credentials than a bearer token presents one token only, so that `invalid_token` speaks of that token.
 */
export function refusedBy(
  { status, headers, body }: UpstreamResponse,
  method: ClientAuthentication['method'],
): 'credentials' | 'token' | undefined {
  if (status !== 400 && status !== 401 && status !== 403) {
    return undefined
  }
  const parsed = parseDocument(body)
  const error = 'value' in parsed ? own(parsed.value, 'error') : undefined
  if (error === 'invalid_client') {
    return 'credentials'
  }
  // The server says that the token cannot be one of its own (RFC 7009 §2.2.1).
  if (status === 400 && error === 'unsupported_token_type') {
    return 'token'
  }
  const isInvalidToken =
    error === 'invalid_token' || challengeOfInvalidToken.test(String(own(headers, 'www-authenticate')))
  if (status !== 403 && isInvalidToken && method !== 'bearer') {
    return 'token'
  }
  // A 403 does not say of what it speaks. A firewall sends it, too.
  return status === 401 || (status === 400 && isInvalidToken) ? 'credentials' : undefined
}

/** RFC 6750 §3.1. */
const challengeOfInvalidToken = /(?:^|[\s,])error\s*=\s*(?:"invalid_token"|invalid_token(?![\w-]))/i
