import type { Outcome } from '../harness/outcome.ts'
import type { Place } from '../harness/scripted-upstream.ts'
import { type Fault, faults } from './scenarios.faults.ts'
import {
  atOnce,
  type Calls,
  deadline,
  impatience,
  type Document,
  healthy,
  patience,
  type Phase,
  type Scenario,
  step,
  type Step,
} from './scenarios.steps.ts'

/** Each fault of each document in each phase: who is served, how often upstream is called, and that it recovers by itself. */
export function outages(): readonly Scenario[] {
  return phases.flatMap((phase) => documents.flatMap((document) => outagesOf(phase, document)))
}

const phases = ['cold', 'warm', 'expired', 'beyond'] as const
const documents = ['keys', 'metadata'] as const

function outagesOf(phase: Phase, document: Document): readonly Scenario[] {
  return faults[document].map((fault) => outage(fault, phase, document))
}

function outage(fault: Fault, phase: Phase, document: Document): Scenario {
  const becomes = isServed(phase, document)
    ? 'what is kept serves on'
    : `a ${fault.gives === 'E-UP' ? 503 : 502} says so`
  return {
    name: `it ${fault.name}: ${becomes}, it is called once per back-off step, and recovers by itself`,
    phase,
    document,
    act: { [document === 'keys' ? 'jwks' : 'oauth']: fault.act },
    ...(fault.lasts
      ? { isLong: true, steps: longSteps(stepsOf(fault, phase, document), document) }
      : { steps: shortSteps(stepsOf(fault, phase, document), document) }),
  }
}

/** Keys that are kept, for their time; and where there is no metadata any more, the keys are asked for where they were last. */
function isServed(phase: Phase, document: Document): boolean {
  return phase === 'warm' || phase === 'expired' || (phase === 'beyond' && document === 'metadata')
}

/** Back-offs of 1 s and 2 s, ± 20 %, are gone through. */
function shortSteps({ asked, paused, well }: OutageSteps, document: Document): readonly Step[] {
  return [
    asked(1),
    paused(1),
    { after: 0.7, ...paused(1) },
    { after: 0.6, ...asked(2) },
    { after: 1.5, ...paused(2) },
    { after: 1, act: healthy[document], ...well(2) },
    well(2),
  ]
}

/** The back-off begins when the deadline is over. */
function longSteps({ asked, paused, well }: OutageSteps, document: Document): readonly Step[] {
  return [
    asked(1),
    paused(1),
    { after: 0.7, ...paused(1) },
    { after: 0.6, act: healthy[document], ...well(1) },
    well(1),
  ]
}

/** What a request under the known key meets when so many have met the fault: the fault, the back-off, or an issuer that is well again. */
type OutageSteps = Readonly<Record<'asked' | 'paused' | 'well', (met: number) => Step>>

function stepsOf(fault: Fault, phase: Phase, document: Document): OutageSteps {
  const calls = callsIn(phase, document, fault)
  const within = fault.lasts ? (isServed(phase, document) ? served[phase] : deadline) : atOnce
  const seconds = fault.retryAfter ?? 1
  const whenAsked: Outcome = isServed(phase, document) ? 'OK' : fault.gives
  const whenPaused: Outcome = isServed(phase, document) ? 'OK' : 'E-UP'
  return {
    asked: (met) => told(step('known', whenAsked, calls(met), within), [seconds, Math.max(seconds, 3)]),
    paused: (met) => told(step('known', whenPaused, calls(met), phase === 'expired' ? impatience : atOnce), [1, 3]),
    well: (met) => step('known', 'OK', calls(met, 'well')),
  }
}

const served: Readonly<Record<Phase, number>> = { cold: deadline, warm: atOnce, expired: patience, beyond: patience }

function told(asked: Step, retryAfter: readonly [number, number]): Step {
  return asked.gives === 'E-UP' ? { ...asked, retryAfter } : asked
}

/** The calls after so many that met the fault. */
function callsIn(phase: Phase, document: Document, fault: Fault): (met: number, state?: 'well') => Calls {
  const before = phase === 'cold' ? 0 : 1
  return (met, state) => {
    const good = before + (state === 'well' ? 1 : 0)
    if (document === 'keys') {
      // By then the metadata, which are fresh for an hour, are fetched once more.
      return { oauth: phase === 'beyond' ? 2 : 1, jwks: good + met }
    }
    // What is no metadata may be at the next well-known URL; a server that cannot be asked is not asked for that.
    const next: Calls = fault.gives === '502' ? { openid: met } : {}
    // Beyond the time of the metadata the keys have to be fetched again.
    const jwks = phase === 'beyond' ? before + 1 : phase === 'cold' ? good : before
    return withoutNone({ oauth: good + met, ...next, jwks })
  }
}

function withoutNone(calls: Calls): Calls {
  return Object.fromEntries(Object.entries(calls).filter(([, times]) => times > 0)) as Partial<Record<Place, number>>
}
