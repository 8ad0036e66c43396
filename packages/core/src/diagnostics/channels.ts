import { channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import type { Channels, FetchTrace, AuthenticationTrace, MisconfigurationMessage } from './messages.ts'
import { UpstreamError } from '../responses/unavailable.ts'

/** A channel of `node:diagnostics_channel`. Without subscribers it costs a look at a flag; on the hot path that look comes before the message is made. */
interface Told<Message> {
  readonly hasSubscribers: boolean
  publish(message: Message): void
}

function told<Name extends keyof Channels>(name: Name): Told<Channels[Name]> {
  return channel(name)
}

type Diagnostics = {
  readonly [Name in keyof Channels as Name extends `tollgate:${infer Short}` ? Short : never]: Told<Channels[Name]>
}

/** Who subscribes hears of these. */
export const diagnostics: Diagnostics = {
  verdict: told('tollgate:verdict'),
  refusal: told('tollgate:refusal'),
  unavailable: told('tollgate:unavailable'),
  failure: told('tollgate:failure'),
  fetch: told('tollgate:fetch'),
  document: told('tollgate:document'),
  stale: told('tollgate:stale'),
  rotation: told('tollgate:rotation'),
  breaker: told('tollgate:breaker'),
  cache: told('tollgate:cache'),
  security: told('tollgate:security'),
  misconfiguration: told('tollgate:misconfiguration'),
}

/** For what goes on in the background: whoever needs its result hears of what upstream did; of a mistake of ours somebody has to hear now. */
export function tellOfBug(error: unknown): void {
  if (!(error instanceof UpstreamError)) {
    diagnostics.failure.publish({ outcome: 'internal_error', error })
  }
}

/** Loud: a message, and a warning of the process. */
export function warnOfMisconfiguration(message: MisconfigurationMessage): void {
  diagnostics.misconfiguration.publish(message)
  const code = `TOLLGATE_${message.event.toUpperCase().replace('-', '_')}`
  process.emitWarning(message.message, { type: 'TollgateWarning', code })
}

const judgements = tracingChannel<AuthenticationTrace>('tollgate.authenticate')
const fetches = tracingChannel<FetchTrace>('tollgate.fetch')

/**
 * For spans: what takes time is told when it begins and when it ends (`TracingChannel` of `node:diagnostics_channel`). What it brings, or what it
 * fails with, is nobody's business: a tracing channel would write both into the message, and thus claims and answers.
 */
export const traced: {
  readonly judgement: Traced<AuthenticationTrace>
  readonly fetch: Traced<FetchTrace>
} = {
  judgement: (trace, work) => (judgements.hasSubscribers ? discreetly(judgements, trace, work) : work()),
  fetch: (trace, work) => (fetches.hasSubscribers ? discreetly(fetches, trace, work) : work()),
}

/** Whether anybody wants to hear of judgements: if not, none need be made a promise of. */
export function isJudgementTraced(): boolean {
  return judgements.hasSubscribers
}

async function discreetly<Trace extends object, Result>(
  tracing: TracingChannel<Trace>,
  trace: Trace,
  work: () => Promise<Result>,
): Promise<Result> {
  const settled: PromiseSettledResult<Result>[] = []
  await tracing.tracePromise(async () => {
    settled.push(...(await Promise.allSettled([work()])))
  }, trace)
  const [outcome] = settled
  if (outcome?.status === 'fulfilled') {
    return outcome.value
  }
  throw outcome?.reason
}

type Traced<Trace> = <Result>(trace: Trace, work: () => Promise<Result>) => Promise<Result>
