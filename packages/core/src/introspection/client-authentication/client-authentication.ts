import type { Dispatcher } from 'undici'
import type { Holdable } from '../../http/holders.ts'
import type { Addresses } from '../../http/public-address.ts'
import { invalidOption } from '../../lib/invalid-option.ts'
import type { MetadataMember } from '../../metadata/metadata.ts'
import { isRecord } from '../../lib/record.ts'

/** How we tell an introspection endpoint who asks (RFC 7662 §2.1). Only our functions make one, and what it proves that with does not show. */
export interface ClientAuthentication {
  readonly method:
    | 'client_secret_basic'
    | 'client_secret_post'
    | 'client_secret_jwt'
    | 'private_key_jwt'
    | 'tls_client_auth'
    | 'bearer'
  /** Absent with `bearer`. */
  readonly clientId: string | undefined
}

/** The call for which credentials are wanted. */
export interface Call {
  readonly issuer: string
  readonly endpoint: string
  /** Milliseconds since the epoch. */
  readonly now: number
  /** What was shown before was refused; show something that nobody else shows. */
  readonly mustBeNew: boolean
}

/** What goes into the request. */
export interface Presented {
  readonly headers?: Readonly<Record<string, string>>
  readonly parameters?: Readonly<Record<string, string>>
  /** Set when other calls may show the same: a server that takes it only once may refuse it for that. */
  readonly reuse?: { readonly hasHappened: () => boolean; readonly neverAgain: () => void }
}

/** A client authentication at work for one issuer. */
export interface ClientAtWork {
  readonly present: (call: Call) => Presented | Promise<Presented>
  /** What tells this caller from others whom the server may answer differently; for the keys of caches, and no secret. */
  readonly identity: string
  /** Connections of its own, when they prove who asks. */
  readonly connections?: OwnConnections
}

/** Open for as long as somebody holds them. */
export interface OwnConnections extends Holdable {
  readonly dispatcher: (network: Addresses) => Dispatcher
}

type Start = () => Pick<ClientAtWork, 'present' | 'connections'> & { readonly identity?: string }

const starts = new WeakMap<object, Start>()

export function defineClientAuthentication(client: ClientAuthentication, start: Start): ClientAuthentication {
  const frozen = Object.freeze({ ...client })
  starts.set(frozen, start)
  return frozen
}

/** Throws unless one of our functions made it. */
export function expectClientAuthentication(client: unknown): ClientAuthentication {
  if (!isRecord(client) || !starts.has(client)) {
    throw invalidOption(
      'Expected `client` to be what clientSecretBasic, clientSecretPost, clientSecretJwt, privateKeyJwt, tlsClientAuth or bearer returns: an introspection endpoint answers nobody whom it does not know',
    )
  }
  return client as unknown as ClientAuthentication
}

/** The endpoint to ask: mutual TLS may have its own (RFC 8705 §5). */
export function endpointMember({ method }: ClientAuthentication): MetadataMember {
  return method === 'tls_client_auth' ? 'mtls_introspection_endpoint' : 'introspection_endpoint'
}

export function startClient(client: ClientAuthentication): ClientAtWork {
  const start = starts.get(client)
  if (start === undefined) {
    throw new TypeError('Expected a client authentication that one of our functions made')
  }
  const { present, connections, identity = '' } = start()
  return {
    present,
    identity: JSON.stringify([client.method, client.clientId, identity]),
    ...(connections === undefined ? {} : { connections }),
  }
}
