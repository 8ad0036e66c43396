import { warnOfMisconfiguration } from '../diagnostics/channels.ts'
import type { IntrospectionHealth } from '../diagnostics/health.ts'
import type { Network } from '../http/network.ts'
import { nameOf, sendRequest, unexpectedStatus, type UpstreamResponse } from '../http/send-request.ts'
import type { KeySource } from '../keys/key-source.ts'
import { withDeadline } from '../lib/deadline.ts'
import { discoveredEndpoint } from '../metadata/discovered-endpoint.ts'
import type { MetadataSource } from '../metadata/metadata-source.ts'
import { callApplication } from '../responses/error-response.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { type IntrospectionClient, refusedBy } from './client-authentication/client-authentication.ts'
import type { IntrospectionSettings } from './introspection-options.ts'
import { type IntrospectionResult, readResponse } from './introspection-response.ts'
import { jwtType } from './jwt-response.ts'
import { checkRequestParts } from './request-parameters.ts'
import { createUpstreamLimits, type Lane } from './upstream-limits.ts'

const maxBytes = 64 * 1024
const minute = 60_000
const formType = 'application/x-www-form-urlencoded'

export interface UpstreamContext {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly keys: KeySource
  readonly network: Network
  readonly metadata: MetadataSource
}

/** The introspection endpoint of one issuer. */
export interface Upstream {
  /** Sends an introspection request (RFC 7662 §2.1) within the limits. Rejects with an `UpstreamError`. */
  readonly request: (token: string, lane: Lane) => Promise<IntrospectionResult>
  /** Resolves when the endpoint is known. */
  readonly ready: () => Promise<unknown>
  readonly health: () => IntrospectionHealth
}

export function createUpstream(
  settings: IntrospectionSettings,
  { issuer, audience, keys, network, metadata }: UpstreamContext,
  client: IntrospectionClient,
): Upstream {
  const { endpoint: configured, timeout, response: format } = settings
  const { clientId, method } = settings.client
  const { clock } = network
  // Mutual TLS may have an endpoint of its own (RFC 8705 §5).
  const member = method === 'tls_client_auth' ? 'mtls_introspection_endpoint' : 'introspection_endpoint'
  const discovered = discoveredEndpoint(metadata, member, network)
  const findEndpoint = async (): Promise<string> => configured ?? (await discovered.current()).endpoint
  const from = { issuer, keys, recipients: clientId === undefined ? audience : [clientId, ...audience] }
  const limits = createUpstreamLimits(network, timeout)
  const dispatcher: Network['dispatcher'] = (connection) =>
    client.dispatcher?.(network.access, connection) ?? network.dispatcher(connection)
  let hasAccepted = false
  let warnedAt = -Infinity

  function credentialsRefused(response: UpstreamResponse): UpstreamError {
    const { name } = response
    if (clock() - warnedAt >= minute) {
      warnedAt = clock()
      warnOfMisconfiguration({
        event: 'credentials-refused',
        issuer,
        message: `${name} refuses our client credentials. Requests with opaque tokens of ${issuer} get 500 until \`introspection: { client }\` is corrected`,
      })
    }
    // The cause says that the token may be the reason, because some servers refuse a token with such a status.
    const cause = hasAccepted ? unexpectedStatus(response) : undefined
    const message = `${name} refused the client credentials: correct \`introspection: { client }\``
    return new UpstreamError({ reason: 'credentials-refused', message, cause })
  }

  async function introspect(token: string): Promise<IntrospectionResult> {
    const endpoint = await findEndpoint()
    const introspectedAt = clock()
    const signal = AbortSignal.timeout(timeout)
    const sending = client.send({ issuer, endpoint, now: introspectedAt }, async (presented) => {
      const added = checkRequestParts(await callApplication(() => settings.parameters?.({ issuer, endpoint })))
      const accept = format.as === 'json' ? 'application/json' : jwtType
      return sendRequest({
        purpose: 'introspection',
        url: endpoint,
        method: 'POST',
        headers: { ...added.headers, ...presented.headers, accept, 'content-type': formType },
        body: formOf({ token, token_type_hint: 'access_token', ...added.parameters, ...presented.parameters }),
        maxBytes,
        network: { ...network, dispatcher },
        signal,
      })
    })
    const message = `${nameOf(endpoint)} did not respond in time`
    const response = await withDeadline(sending, signal, () => new UpstreamError({ reason: 'timeout', message }))
    const refused = refusedBy(response, method)
    if (refused === 'credentials') {
      throw credentialsRefused(response)
    }
    if (refused === 'token') {
      return { claims: undefined, introspectedAt }
    }
    const { claims } = await readResponse(response, format, from, clock() / 1000)
    hasAccepted = true
    return { claims, introspectedAt }
  }

  return {
    request: (token, lane) => limits.run(lane, () => introspect(token)),
    ready: findEndpoint,
    health: () => ({ metadata: configured === undefined ? discovered.health() : undefined, circuits: limits.health() }),
  }
}

function formOf(parameters: Readonly<Record<string, string | undefined>>): string {
  const present = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return new URLSearchParams(present).toString()
}
