import { warnOfMisconfiguration } from '../diagnostics/channels.ts'
import type { Network } from '../http/network.ts'
import { nameOf, sendRequest, unexpectedStatus, type UpstreamResponse } from '../http/send-request.ts'
import { withDeadline } from '../lib/deadline.ts'
import { parseJson } from '../lib/json.ts'
import { own } from '../lib/record.ts'
import { callUserFunction } from '../responses/error-response.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import type { IntrospectionClient, Presented } from './client-authentication/client-authentication.ts'
import type { IntrospectionResult } from './introspection-response.ts'
import type { ResponseIssuer } from './jwt-response.ts'
import { mediaTypes, readResponse } from './read-response.ts'
import { checkRequestParts, type RequestParameters } from './request-parameters.ts'
import type { ResponseFormat } from './response-format.ts'

export interface IntrospectionRequestOptions {
  readonly client: IntrospectionClient
  readonly endpoint: () => Promise<string>
  readonly format: ResponseFormat
  readonly from: ResponseIssuer
  readonly parameters: RequestParameters | undefined
  /** The deadline of one call, in milliseconds. */
  readonly timeout: number
  readonly network: Network
}

const maxBytes = 64 * 1024
const minute = 60_000

/**
 * Sends introspection requests (RFC 7662 §2.1). The token goes into the form, and never into a URL. Rejects with an `UpstreamError` unless
 * the response is well-formed. It caches nothing.
 */
export function createIntrospectionRequest(
  options: IntrospectionRequestOptions,
): (token: string) => Promise<IntrospectionResult> {
  const { client, format, from, timeout, network } = options
  const { clock } = network
  const { issuer } = from
  const post = createPost(options)
  let hasAccepted = false
  let warnedAt = -Infinity

  /** A server that accepts each assertion only once may refuse a reused one. */
  async function call(token: string, endpoint: string, signal: AbortSignal): Promise<UpstreamResponse> {
    const about = { issuer, endpoint, now: clock(), mustBeNew: false }
    const presented = await client.present(about)
    const received = await post({ token, endpoint, presented, signal })
    if (!isRefusal(received) || presented.reuse?.hasHappened() !== true) {
      return received
    }
    const again = await post({
      token,
      endpoint,
      presented: await client.present({ ...about, mustBeNew: true }),
      signal,
    })
    if (!isRefusal(again)) {
      presented.reuse.neverAgain()
    }
    return again
  }

  /** 403 refuses the credentials only while the endpoint has never accepted them. Afterwards it refuses the token. */
  function expectAccepted(received: UpstreamResponse, endpoint: string): void {
    if (!isRefusal(received) || (received.status === 403 && hasAccepted)) {
      return
    }
    const now = clock()
    if (now - warnedAt >= minute) {
      warnedAt = now
      warnOfRefusal(issuer, endpoint)
    }
    throw credentialsRefused(received, hasAccepted)
  }

  return async (token) => {
    const endpoint = await options.endpoint()
    const introspectedAt = clock()
    const signal = AbortSignal.timeout(timeout)
    const received = await withDeadline(call(token, endpoint, signal), signal, () => late(endpoint))
    expectAccepted(received, endpoint)
    const { claims } = await readResponse(received, format, from, clock() / 1000)
    hasAccepted = true
    return { claims, introspectedAt }
  }
}

interface Post {
  readonly token: string
  readonly endpoint: string
  readonly presented: Presented
  readonly signal: AbortSignal
}

function createPost(options: IntrospectionRequestOptions): (post: Post) => Promise<UpstreamResponse> {
  const { client, format, parameters, network } = options
  const { issuer } = options.from

  return async ({ token, endpoint, presented, signal }) => {
    const added = checkRequestParts(await callUserFunction(() => parameters?.({ issuer, endpoint })))
    const form = { token, token_type_hint: 'access_token', ...added.parameters, ...presented.parameters }
    const present = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined)
    return sendRequest({
      purpose: 'introspection',
      url: endpoint,
      method: 'POST',
      headers: {
        ...added.headers,
        ...presented.headers,
        accept: mediaTypes[format.as],
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams(present).toString(),
      maxBytes,
      network: { ...network, dispatcher: () => client.dispatcher?.(network.access) ?? network.dispatcher() },
      signal,
    })
  }
}

function late(endpoint: string): UpstreamError {
  return new UpstreamError({ reason: 'timeout', message: `${nameOf(endpoint)} did not respond in time` })
}

/** Whether the endpoint refuses our credentials (RFC 6749 §5.2), or perhaps only the token. */
function isRefusal({ status, body }: UpstreamResponse): boolean {
  const isInvalidClient = status === 400 && own(parseJson(body), 'error') === 'invalid_client'
  return status === 401 || status === 403 || isInvalidClient
}

/** The cause says that the token may be the reason: some servers respond to it with 403, and have accepted the credentials before. */
function credentialsRefused(received: UpstreamResponse, hasAccepted: boolean): UpstreamError {
  const message = `${received.name} refused the client credentials: correct \`introspection: { client }\``
  const cause = received.status === 403 || hasAccepted ? unexpectedStatus(received) : undefined
  return new UpstreamError({ reason: 'credentials-refused', message, cause })
}

function warnOfRefusal(issuer: string, endpoint: string): void {
  warnOfMisconfiguration({
    event: 'credentials-refused',
    issuer,
    message: `${nameOf(endpoint)} refuses our client credentials. Requests with opaque tokens of ${issuer} get 500 until \`introspection: { client }\` is corrected`,
  })
}
