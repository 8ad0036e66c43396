import { channel, type TracingChannel } from 'node:diagnostics_channel'
import { tracingChannel } from '../lib/recent-node.ts'
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
  revocation: publisher('tollgate:revocation'),
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
  const code = `TOLLGATE_${message.event.toUpperCase().replaceAll('-', '_')}`
  process.emitWarning(message.message, { type: 'TollgateWarning', code })
}

/** The tracing channels. */
export const tracing: {
  readonly authenticate: TracingChannel<AuthenticationTrace>
  readonly fetch: TracingChannel<FetchTrace>
} = { authenticate: tracingChannel('tollgate.authenticate'), fetch: tracingChannel('tollgate.fetch') }

/**
 * Runs `work`, publishes its start and its end, and settles as `work` does. The caller adds members to `trace` before
 * `work` ends. A message never contains the result or the error of `work`, because both can contain claims.
 */
export function traced<Trace extends object, Result>(
  on: TracingChannel<Trace>,
  trace: Trace,
  work: () => Promise<Result>,
): Promise<Result> {
  return on.hasSubscribers ? publishTrace(on, trace, work) : work()
}

async function publishTrace<Trace extends object, Result>(
  on: TracingChannel<Trace>,
  trace: Trace,
  work: () => Promise<Result>,
): Promise<Result> {
  // `tracePromise` adds a result or an error to the message. Therefore its function always fulfills, with nothing.
  const results: PromiseSettledResult<Result>[] = []
  await on.tracePromise(async () => {
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
