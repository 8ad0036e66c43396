import { channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import { UpstreamError } from '../responses/unavailable.ts'
import type { AuthenticationTrace, Channels, FetchTrace, MisconfigurationMessage } from './messages.ts'

/**
 * The channels, by the second part of their names. On the hot path, check `hasSubscribers` before you create a message.
 */
export const diagnostics: Diagnostics = {
  verdict: publisher('tollgate:verdict'),
  refusal: publisher('tollgate:refusal'),
  unavailable: publisher('tollgate:unavailable'),
  failure: publisher('tollgate:failure'),
  fetch: publisher('tollgate:fetch'),
  document: publisher('tollgate:document'),
  stale: publisher('tollgate:stale'),
  rotation: publisher('tollgate:rotation'),
  breaker: publisher('tollgate:breaker'),
  cache: publisher('tollgate:cache'),
  security: publisher('tollgate:security'),
  misconfiguration: publisher('tollgate:misconfiguration'),
}

/** Publishes a failure of background work, except an `UpstreamError`, which a later request gets. */
export function reportBug(error: unknown): void {
  if (!(error instanceof UpstreamError)) {
    diagnostics.failure.publish({ outcome: 'internal_error', error })
  }
}

/** Publishes the message, and emits a `TollgateWarning` of the process with it. */
export function warnOfMisconfiguration(message: MisconfigurationMessage): void {
  diagnostics.misconfiguration.publish(message)
  const code = `TOLLGATE_${message.event.toUpperCase().replace('-', '_')}`
  process.emitWarning(message.message, { type: 'TollgateWarning', code })
}

const authentications = tracingChannel<AuthenticationTrace>('tollgate.authenticate')
const fetches = tracingChannel<FetchTrace>('tollgate.fetch')

/**
 * Run `work` and publish its start and its end on a tracing channel. Each settles as `work` does. The caller adds
 * members to `trace` before `work` ends. A message never contains the result or the error of `work`, because both can
 * contain claims.
 */
export const traced: {
  readonly authentication: Traced<AuthenticationTrace>
  readonly fetch: Traced<FetchTrace>
} = {
  authentication: (trace, work) => (authentications.hasSubscribers ? traceEnds(authentications, trace, work) : work()),
  fetch: (trace, work) => (fetches.hasSubscribers ? traceEnds(fetches, trace, work) : work()),
}

/** Whether `tollgate.authenticate` has subscribers. Without subscribers, an authentication needs no trace. */
export function isAuthenticationTraced(): boolean {
  return authentications.hasSubscribers
}

/** `tracePromise` adds a result or an error to the message. Therefore its function always fulfills, with nothing. */
async function traceEnds<Trace extends object, Result>(
  tracing: TracingChannel<Trace>,
  trace: Trace,
  work: () => Promise<Result>,
): Promise<Result> {
  const results: PromiseSettledResult<Result>[] = []
  await tracing.tracePromise(async () => {
    results.push(...(await Promise.allSettled([work()])))
  }, trace)
  const [result] = results
  if (result?.status === 'fulfilled') {
    return result.value
  }
  throw result?.reason
}

function publisher<Name extends keyof Channels>(name: Name): Publisher<Channels[Name]> {
  return channel(name)
}

type Diagnostics = {
  readonly [Name in keyof Channels as Name extends `tollgate:${infer Short}` ? Short : never]: Publisher<Channels[Name]>
}

interface Publisher<Message> {
  readonly hasSubscribers: boolean
  publish(message: Message): void
}

type Traced<Trace> = <Result>(trace: Trace, work: () => Promise<Result>) => Promise<Result>
