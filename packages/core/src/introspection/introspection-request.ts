import { callUserFunction } from '../responses/error-response.ts'
import { warnOfMisconfiguration } from '../diagnostics/channels.ts'
import { exchange, type Inbound, nameOf } from '../http/send-request.ts'
import type { Outside } from '../http/shared-documents.ts'
import { withDeadline } from '../lib/deadline.ts'
import { parseJson } from '../lib/json.ts'
import { asRecord } from '../lib/record.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import type { ClientAtWork, Presented } from './client-authentication/client-authentication.ts'
import type { Answer } from './introspection-response.ts'
import type { AnswerForm } from './response-format.ts'
import { checkRequestParts } from './request-parameters.ts'
import type { RequestParameters } from './introspection-options.ts'
import { mediaTypes, readAnswer } from './read-response.ts'
import type { Signer } from './jwt-response.ts'

/** What was answered, how large it was, and when it was asked, which is the least that can be said of its age. */
export interface Answered {
  readonly answer: Answer
  readonly bytes: number
  readonly askedAt: number
}

export interface AskOptions {
  readonly client: ClientAtWork
  readonly endpoint: () => Promise<string>
  readonly answers: AnswerForm
  readonly signer: Signer
  readonly parameters: RequestParameters | undefined
  /** Milliseconds. */
  readonly timeout: number
  readonly outside: Outside
}

const mostBytes = 64 * 1024
const minute = 60_000

/**
 * Asks an introspection endpoint about a token, which goes into the form and never into a URL (RFC 7662 §2.1). Whatever is not a
 * well-formed answer is an `UpstreamError`. It remembers nothing.
 */
export function createAsk(options: AskOptions): (token: string) => Promise<Answered> {
  const { client, answers, signer, parameters, timeout, outside } = options
  const { clock } = outside
  const { issuer } = signer
  let toldAt = -Infinity

  async function post(token: string, endpoint: string, presented: Presented, signal: AbortSignal): Promise<Inbound> {
    const extra = checkRequestParts(await callUserFunction(() => parameters?.({ issuer, endpoint })))
    const form = { token, token_type_hint: 'access_token', ...extra.parameters, ...presented.parameters }
    return exchange({
      purpose: 'introspection',
      url: endpoint,
      method: 'POST',
      headers: {
        ...extra.headers,
        ...presented.headers,
        accept: mediaTypes[answers.as],
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams(Object.entries(form).filter(isPresent)).toString(),
      mostBytes,
      outside: { ...outside, dispatcher: client.connections?.dispatcher(outside.network) ?? outside.dispatcher },
      signal,
    })
  }

  async function call(token: string, endpoint: string, signal: AbortSignal): Promise<Inbound> {
    const about = { issuer, endpoint, now: clock(), mustBeNew: false }
    const presented = await client.present(about)
    const inbound = await post(token, endpoint, presented, signal)
    if (!refusesUs(inbound) || presented.reuse?.hasHappened() !== true) {
      return inbound
    }
    const again = await post(token, endpoint, await client.present({ ...about, mustBeNew: true }), signal)
    if (!refusesUs(again)) {
      presented.reuse.neverAgain()
    }
    return again
  }

  return async (token) => {
    const endpoint = await options.endpoint()
    const askedAt = clock()
    const signal = AbortSignal.timeout(timeout)
    const inbound = await withDeadline(call(token, endpoint, signal), signal, () => late(endpoint))
    if (refusesUs(inbound)) {
      if (askedAt - toldAt >= minute) {
        toldAt = askedAt
        tellOfRefusal(issuer, endpoint)
      }
      throw credentialsRefused(endpoint)
    }
    return { answer: await readAnswer(inbound, answers, signer, clock() / 1000), bytes: inbound.body.length, askedAt }
  }
}

function isPresent(entry: readonly [string, string | undefined]): entry is [string, string] {
  return entry[1] !== undefined
}

function late(endpoint: string): UpstreamError {
  return new UpstreamError({ reason: 'timeout', message: `${nameOf(endpoint)} did not answer in time` })
}

/** Not the token is refused but we are, as RFC 6749 §5.2 says it. */
function refusesUs({ status, body }: Inbound): boolean {
  const saysSo = status === 400 && asRecord(parseJson(body))['error'] === 'invalid_client'
  return status === 401 || status === 403 || saysSo
}

function credentialsRefused(endpoint: string): UpstreamError {
  return new UpstreamError({
    reason: 'credentials-refused',
    message: `${nameOf(endpoint)} refused the client credentials that it was shown: mend \`introspection: { client }\``,
  })
}

/** Loud, for opaque tokens are answered with 500 until somebody mends it. */
function tellOfRefusal(issuer: string, endpoint: string): void {
  warnOfMisconfiguration({
    event: 'credentials-refused',
    issuer,
    message: `${nameOf(endpoint)} refuses our client credentials: opaque tokens of ${issuer} are answered with 500 until \`introspection: { client }\` is mended`,
  })
}
