import { type Attributes, type Meter, ValueType } from '@opentelemetry/api'
import type { FetchMessage } from '@tollgate/core'
import { type Channels, listen, type Stop, together } from './channels.ts'
import type { Labels } from './labels.ts'

/** Records what is told on the channels until it is stopped. */
export function recordMetrics(meter: Meter, labels: Labels): Stop {
  return together([
    ...messages.map((count) => count(meter, labels)),
    countRotatedKeys(meter, labels),
    measureFetches(meter, labels),
  ])
}

type Recorder = (meter: Meter, labels: Labels) => Stop

interface Metric {
  readonly name: string
  /** What is counted, in the braces of UCUM. */
  readonly unit: string
  readonly description: string
}

/** The metrics that count the messages of a channel. */
const messages: readonly Recorder[] = [
  counting('tollgate:verdict', ({ verdict }) => verdict, {
    name: 'tollgate.verdicts',
    unit: '{verdict}',
    description: 'Tokens that were found good; a guard may have refused the request all the same',
  }),
  counting('tollgate:refusal', ({ refusal }) => refusal, {
    name: 'tollgate.refusals',
    unit: '{refusal}',
    description: 'Requests that were refused, by the status of the answer',
  }),
  counting('tollgate:unavailable', ({ unavailable }) => unavailable, {
    name: 'tollgate.unavailable',
    unit: '{request}',
    description: 'Requests whose token nobody could judge, by the status of the answer',
  }),
  counting('tollgate:failure', ({ failure }) => failure, {
    name: 'tollgate.failures',
    unit: '{failure}',
    description: 'Failures that are neither refusals nor outages, such as a guard that throws',
  }),
  counting('tollgate:document', ({ document }) => document, {
    name: 'tollgate.document.loads',
    unit: '{load}',
    description: 'Attempts to load the metadata or the keys of an issuer',
  }),
  counting('tollgate:stale', ({ stale }) => stale, {
    name: 'tollgate.document.stale_uses',
    unit: '{use}',
    description: 'Uses of metadata or keys that are no longer fresh',
  }),
  counting('tollgate:rotation', ({ rotation }) => rotation, {
    name: 'tollgate.rotations',
    unit: '{rotation}',
    description: 'Changes of the keys of an issuer',
  }),
  counting('tollgate:breaker', ({ breaker }) => breaker, {
    name: 'tollgate.breaker.transitions',
    unit: '{transition}',
    description: 'Changes of the circuit before an introspection endpoint, by the state that it changed to',
  }),
  counting('tollgate:cache', ({ cache }) => cache, {
    name: 'tollgate.cache.operations',
    unit: '{operation}',
    description: 'Verdicts that were looked up, and operations of the shared cache that failed',
  }),
  counting('tollgate:security', ({ event }) => event, {
    name: 'tollgate.security.events',
    unit: '{event}',
    description: 'Secrets that an issuer published, and that were ignored',
  }),
  counting('tollgate:misconfiguration', ({ event }) => event, {
    name: 'tollgate.misconfigurations',
    unit: '{event}',
    description: 'Warnings of a set-up that makes good tokens fail',
  }),
]

function counting<Name extends keyof Channels>(
  channel: Name,
  labelsOf: (labels: Labels) => (message: Channels[Name]) => Attributes,
  { name, unit, description }: Metric,
): Recorder {
  return (meter, labels) => {
    const counter = meter.createCounter(name, { unit, description, valueType: ValueType.INT })
    const attributesOf = labelsOf(labels)
    return listen(channel, (message) => counter.add(1, attributesOf(message)))
  }
}

function countRotatedKeys(meter: Meter, labels: Labels): Stop {
  const keys = meter.createCounter('tollgate.rotation.keys', {
    unit: '{key}',
    description: 'Keys that an issuer began to publish, or ceased to',
    valueType: ValueType.INT,
  })
  return listen('tollgate:rotation', (message) => {
    const attributes = labels.rotation(message)
    keys.add(message.added, { ...attributes, 'tollgate.rotation.change': 'added' })
    keys.add(message.removed, { ...attributes, 'tollgate.rotation.change': 'removed' })
  })
}

/** Those that the semantic conventions advise for `http.client.request.duration`. */
const boundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

function measureFetches(meter: Meter, labels: Labels): Stop {
  const durations = meter.createHistogram('tollgate.fetch.duration', {
    unit: 's',
    description: 'How long requests to authorization servers took, their answers included',
    advice: { explicitBucketBoundaries: boundaries },
  })
  return listen('tollgate:fetch', (message) => {
    if (!isHeldBack(message)) {
      durations.record(message.milliseconds / 1000, labels.fetch(message))
    }
  })
}

/** Whether it never went over the wire: to an address that is not public nobody so much as connects. */
function isHeldBack({ outcome }: FetchMessage): boolean {
  return outcome === 'insecure-endpoint'
}
