import type { Calls } from '../harness/scripted-hosts.ts'
import { type Fault, faults, isTypical } from './faults.ts'
import { type Document, healthy, type Phase, type Scenario, step, type Step } from './scenario.ts'

/** Each fault of each document without a cached one, and typical faults in each phase: the status, the back-off, and the recovery. */
export function outages(): readonly Scenario[] {
  return phases.flatMap((phase) =>
    documents.flatMap((document) =>
      faults[document]
        .filter((fault) => phase === 'absent' || isTypical(fault))
        .map((fault) => outage(fault, phase, document)),
    ),
  )
}

const phases = ['absent', 'fresh', 'stale', 'ended'] as const
const documents = ['keys', 'metadata'] as const

function outage(fault: Fault, phase: Phase, document: Document): Scenario {
  const status = isServed(phase, document) ? 200 : fault.status
  return {
    name: `the issuer ${fault.name}: the status is ${status}, the back-off has one call a step, and it recovers`,
    phase,
    document,
    act: { [document === 'keys' ? 'jwks' : 'oauth']: fault.act },
    steps: fault.lasts ? stepsUntilDeadline(fault, phase, document) : stepsAtOnce(fault, phase, document),
  }
}

/** Cached keys serve on. Without metadata, the validator fetches keys from their last URL. */
function isServed(phase: Phase, document: Document): boolean {
  return phase === 'fresh' || phase === 'stale' || (phase === 'ended' && document === 'metadata')
}

/** Goes through back-offs of 1 s and 2 s, ± 20 %. */
function stepsAtOnce(fault: Fault, phase: Phase, document: Document): readonly Step[] {
  const { failing, backingOff, recovered } = stepsOf(fault, phase, document)
  return [
    failing(1),
    backingOff(1),
    { after: 0.7, ...backingOff(1) },
    { after: 0.6, ...failing(2) },
    { after: 1.5, ...backingOff(2) },
    { after: 1, act: healthy[document], ...recovered(2) },
    recovered(2),
  ]
}

/**
 * The back-off begins at the deadline of the call. A request with a usable key waits for one second at most. After one
 * second the validator requests the next well-known URL too.
 */
function stepsUntilDeadline(fault: Fault, phase: Phase, document: Document): readonly Step[] {
  const { failing, backingOff, recovered } = stepsOf(fault, phase, document)
  const waits = !isServed(phase, document) ? 5 : phase === 'fresh' ? 0 : 1
  const { openid, ...before } = failing(1).calls
  // The validator fetches the keys after it has waited for the metadata.
  const calls = phase === 'ended' && document === 'metadata' ? { ...before, jwks: 1 } : before
  const all = { ...before, openid }
  const inTurn: Step['waits'] =
    openid === undefined || waits === 1
      ? [[calls, waits]]
      : [
          [calls, 1],
          [all, waits - 1],
        ]
  return [
    { ...failing(1), ...(waits === 0 ? { calls: before } : {}), waits: waits === 0 ? [] : inTurn },
    { ...backingOff(1), ...(waits === 0 ? { calls: before } : {}) },
    { later: 5 - waits, after: 0.7, ...backingOff(1) },
    { after: 0.6, act: healthy[document], ...recovered(1) },
    recovered(1),
  ]
}

/** The steps after so many calls that met the fault. */
type OutageSteps = Readonly<Record<'failing' | 'backingOff' | 'recovered', (met: number) => Step>>

function stepsOf(fault: Fault, phase: Phase, document: Document): OutageSteps {
  const calls = callsOf(fault, phase, document)
  const seconds = fault.retryAfter ?? 1
  const isFine = isServed(phase, document)
  return {
    failing: (met) => ({
      ...step('known', isFine ? 200 : fault.status, calls(met)),
      ...(isFine || fault.status === 502 ? {} : { retryAfter: [seconds, Math.max(seconds, 3)] }),
    }),
    backingOff: (met) => ({
      ...step('known', isFine ? 200 : 503, calls(met)),
      ...(isFine ? {} : { retryAfter: [1, 3] }),
    }),
    recovered: (met) => step('known', 200, calls(met, 1)),
  }
}

function callsOf(fault: Fault, phase: Phase, document: Document): (met: number, recovered?: number) => Calls {
  const before = phase === 'absent' ? 0 : 1
  return (met, recovered = 0) => {
    const good = before + recovered
    if (document === 'keys') {
      // The metadata are fresh for one hour. In the phase `ended` the validator has fetched them once more.
      return { oauth: phase === 'ended' ? 2 : 1, jwks: good + met }
    }
    const jwks = phase === 'ended' ? 2 : phase === 'absent' ? recovered : 1
    // The metadata can be at the next well-known URL.
    return { oauth: good + met, openid: met, ...(jwks === 0 ? {} : { jwks }) }
  }
}
