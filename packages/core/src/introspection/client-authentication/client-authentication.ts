import type { FindDispatcher } from '../../http/dispatchers.ts'
import type { UpstreamResponse } from '../../http/send-request.ts'
import { invalidOption } from '../../lib/invalid-option.ts'
import { parseJson } from '../../lib/json.ts'
import { own } from '../../lib/record.ts'

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

const starts = new WeakMap<object, () => IntrospectionClient>()

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

/** Whether the endpoint refuses our credentials (RFC 6749 §5.2), or perhaps only the token. */
export function isClientRefused({ status, body }: UpstreamResponse): boolean {
  return status === 401 || status === 403 || (status === 400 && own(parseJson(body), 'error') === 'invalid_client')
}
