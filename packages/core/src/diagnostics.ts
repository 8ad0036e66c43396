import { channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import type {
  BreakerMessage,
  CacheMessage,
  DocumentMessage,
  FailureMessage,
  FetchMessage,
  JudgementTrace,
  MisconfigurationMessage,
  RefusalMessage,
  RotationMessage,
  SecurityMessage,
  StaleMessage,
  UnavailableMessage,
  VerdictMessage,
  FetchTrace,
} from './messages.ts'
import { UpstreamError } from './unavailable.ts'

/** A channel of `node:diagnostics_channel`. Without subscribers it costs a look at a flag; on the hot path that look comes before the message is made. */
interface Told<Message> {
  readonly hasSubscribers: boolean
  publish(message: Message): void
}

function told<Message>(name: string): Told<Message> {
  return channel(`tollgate:${name}`)
}

/** The channels, without `tollgate:`, and what is told on them. */
interface Channels {
  readonly verdict: VerdictMessage
  readonly refusal: RefusalMessage
  readonly unavailable: UnavailableMessage
  readonly failure: FailureMessage
  readonly fetch: FetchMessage
  readonly document: DocumentMessage
  readonly stale: StaleMessage
  readonly rotation: RotationMessage
  readonly breaker: BreakerMessage
  readonly cache: CacheMessage
  readonly security: SecurityMessage
}

export const diagnostics: { readonly [Name in keyof Channels]: Told<Channels[Name]> } = {
  verdict: told('verdict'),
  refusal: told('refusal'),
  unavailable: told('unavailable'),
  failure: told('failure'),
  fetch: told('fetch'),
  document: told('document'),
  stale: told('stale'),
  rotation: told('rotation'),
  breaker: told('breaker'),
  cache: told('cache'),
  security: told('security'),
}

/** For what goes on behind the back of requests: whoever needs its result hears of what upstream did; of a mistake of ours somebody has to hear now. */
export function tellOfBug(error: unknown): void {
  if (!(error instanceof UpstreamError)) {
    diagnostics.failure.publish({ outcome: 'internal_error', error })
  }
}

const misconfigurations = told<MisconfigurationMessage>('misconfiguration')

/** Loud: a message, and a warning of the process. */
export function warnOfMisconfiguration(message: MisconfigurationMessage): void {
  misconfigurations.publish(message)
  const code = `TOLLGATE_${message.event.toUpperCase().replace('-', '_')}`
  process.emitWarning(message.message, { type: 'TollgateWarning', code })
}

const judgements = tracingChannel<JudgementTrace>('tollgate.judgement')
const fetches = tracingChannel<FetchTrace>('tollgate.fetch')

/**
 * For spans: what takes time is told when it begins and when it ends (`TracingChannel` of `node:diagnostics_channel`). What it brings, or what it
 * fails with, is nobody's business: a tracing channel would write both into the message, and thus claims and answers.
 */
export const traced: {
  readonly judgement: Traced<JudgementTrace>
  readonly fetch: Traced<FetchTrace>
} = {
  judgement: (trace, work) => (judgements.hasSubscribers ? discreetly(judgements, trace, work) : work()),
  fetch: (trace, work) => (fetches.hasSubscribers ? discreetly(fetches, trace, work) : work()),
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
