import type { Dispatcher } from 'undici'
import type { NetworkAccess } from '../../http/public-address.ts'
import { invalidOption } from '../../lib/invalid-option.ts'
import type { MetadataMember } from '../../metadata/metadata.ts'

/** How this API authenticates at an introspection endpoint (RFC 7662 §2.1). Only functions of Tollgate create one. It does not show its secret. */
export interface ClientAuthentication {
  readonly method:
    | 'client_secret_basic'
    | 'client_secret_post'
    | 'client_secret_jwt'
    | 'private_key_jwt'
    | 'tls_client_auth'
    | 'bearer'
  /** `undefined` with `bearer`. */
  readonly clientId: string | undefined
}

/** The call for which the client presents credentials. */
export interface Call {
  readonly issuer: string
  readonly endpoint: string
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The endpoint refused reused credentials: present some that no other call presents. */
  readonly mustBeNew: boolean
}

/** The credentials in the request. */
export interface Presented {
  readonly headers: Readonly<Record<string, string>>
  readonly parameters: Readonly<Record<string, string>>
  /** Set when several calls present the same credentials, because a server that accepts them only once may refuse them. */
  readonly reuse: { readonly hasHappened: () => boolean; readonly neverAgain: () => void } | undefined
}

/** A client authentication of one introspector, with its state. */
export interface IntrospectionClient {
  readonly present: (call: Call) => Promise<Presented>
  /** Distinguishes clients to which the server may respond differently. It is part of cache keys, and is no secret. */
  readonly identity: string
  /** The connections that authenticate the client. `undefined` when the connections of the validator serve. */
  readonly dispatcher: ((access: NetworkAccess) => Promise<Dispatcher>) | undefined
}

type Start = () => IntrospectionClient

const starts = new WeakMap<object, Start>()

export function defineClientAuthentication(client: ClientAuthentication, start: Start): ClientAuthentication {
  const frozen = Object.freeze({ ...client })
  starts.set(frozen, start)
  return frozen
}

/** A client without connections of its own. */
export function presenting(present: IntrospectionClient['present'], identity = ''): IntrospectionClient {
  return { present, identity, dispatcher: undefined }
}

/** Throws unless a function of Tollgate created it. */
export function expectClientAuthentication(client: unknown): ClientAuthentication {
  if (typeof client !== 'object' || client === null || !starts.has(client)) {
    throw invalidOption(
      'Expected `client` to be the result of clientSecretBasic, clientSecretPost, clientSecretJwt, privateKeyJwt, tlsClientAuth or bearerToken, because an introspection endpoint authenticates its clients',
    )
  }
  return client as ClientAuthentication
}

/** The endpoint in the metadata. Mutual TLS may have its own (RFC 8705 §5). */
export function endpointMember({ method }: ClientAuthentication): MetadataMember {
  return method === 'tls_client_auth' ? 'mtls_introspection_endpoint' : 'introspection_endpoint'
}

export function startClient(client: ClientAuthentication): IntrospectionClient {
  const start = starts.get(client)
  if (start === undefined) {
    throw new TypeError('Expected a client authentication that a function of Tollgate created')
  }
  const started = start()
  return { ...started, identity: JSON.stringify([client.method, client.clientId, started.identity]) }
}
