import { type Attributes, type Meter, ValueType } from '@opentelemetry/api'
import { subscribe } from '@tollgate/core'
import type { Channels } from '@tollgate/core/diagnostics'
import type { Labels } from './labels.ts'
import { type Stop, stopAll } from './stop.ts'

/** Records the messages of all channels. */
export function recordMetrics(meter: Meter, labels: Labels): Stop {
  return stopAll([
    ...counters.map((count) => count(meter, labels)),
    countRotatedKeys(meter, labels),
    measureFetches(meter, labels),
  ])
}

type Recorder = (meter: Meter, labels: Labels) => Stop

interface Metric {
  readonly name: string
  /** The unit of UCUM: the counted thing, in braces. */
  readonly unit: string
  readonly description: string
}

/** One metric per channel, which counts its messages. */
const counters: readonly Recorder[] = [
  counterOf('tollgate:verdict', ({ verdict }) => verdict, {
    name: 'tollgate.verdicts',
    unit: '{verdict}',
    description: 'Valid tokens; a guard may still have refused the request',
  }),
  counterOf('tollgate:refusal', ({ refusal }) => refusal, {
    name: 'tollgate.refusals',
    unit: '{refusal}',
    description: 'Refused requests, by the status of the response',
  }),
  counterOf('tollgate:unavailable', ({ unavailable }) => unavailable, {
    name: 'tollgate.unavailable',
    unit: '{request}',
    description: 'Requests whose token could not be validated, by the status of the response',
  }),
  counterOf('tollgate:failure', ({ failure }) => failure, {
    name: 'tollgate.failures',
    unit: '{failure}',
    description: 'Unexpected errors, such as an error that a guard throws',
  }),
  counterOf('tollgate:document', ({ document }) => document, {
    name: 'tollgate.document.loads',
    unit: '{load}',
    description: 'Attempts to load the metadata or the keys of an issuer',
  }),
  counterOf('tollgate:stale', ({ stale }) => stale, {
    name: 'tollgate.document.stale_uses',
    unit: '{use}',
    description: 'Uses of stale metadata or stale keys',
  }),
  counterOf('tollgate:rotation', ({ rotation }) => rotation, {
    name: 'tollgate.rotations',
    unit: '{rotation}',
    description: 'Changes of the keys of an issuer',
  }),
  counterOf('tollgate:breaker', ({ breaker }) => breaker, {
    name: 'tollgate.breaker.transitions',
    unit: '{transition}',
    description: 'Changes of the circuit before an introspection endpoint, by its new state',
  }),
  counterOf('tollgate:cache', ({ cache }) => cache, {
    name: 'tollgate.cache.operations',
    unit: '{operation}',
    description: 'Look-ups in the caches, and failed operations of the shared cache',
  }),
  counterOf('tollgate:revocation', ({ revocation }) => revocation, {
    name: 'tollgate.revocation.events',
    unit: '{event}',
    description: 'Reads of the log of revocations that brought records or failed, and changes of the contact to it',
  }),
  counterOf('tollgate:security', ({ event }) => event, {
    name: 'tollgate.security.events',
    unit: '{event}',
    description: 'Secret keys that an issuer published, and that the library ignored',
  }),
  counterOf('tollgate:misconfiguration', ({ event }) => event, {
    name: 'tollgate.misconfigurations',
    unit: '{event}',
    description: 'Warnings about a configuration that makes valid tokens fail',
  }),
]

function counterOf<Name extends keyof Channels>(
  channel: Name,
  labelsOf: (labels: Labels) => (message: Channels[Name]) => Attributes,
  { name, unit, description }: Metric,
): Recorder {
  return (meter, labels) => {
    const counter = meter.createCounter(name, { unit, description, valueType: ValueType.INT })
    const attributesOf = labelsOf(labels)
    return subscribe(channel, (message) => counter.add(1, attributesOf(message)))
  }
}

function countRotatedKeys(meter: Meter, labels: Labels): Stop {
  const keys = meter.createCounter('tollgate.rotation.keys', {
    unit: '{key}',
    description: 'Keys that an issuer added or removed',
    valueType: ValueType.INT,
  })
  return subscribe('tollgate:rotation', (message) => {
    const attributes = labels.rotation(message)
    keys.add(message.added, { ...attributes, 'tollgate.rotation.change': 'added' })
    keys.add(message.removed, { ...attributes, 'tollgate.rotation.change': 'removed' })
  })
}

/** The boundaries that the semantic conventions advise for `http.client.request.duration`. */
const boundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

function measureFetches(meter: Meter, labels: Labels): Stop {
  const durations = meter.createHistogram('tollgate.fetch.duration', {
    unit: 's',
    description: 'Duration of requests to authorization servers, including the response body',
    advice: { explicitBucketBoundaries: boundaries },
  })
  return subscribe('tollgate:fetch', (message) => {
    // The library sends no request to an insecure endpoint.
    if (message.outcome !== 'insecure-endpoint') {
      durations.record(message.milliseconds / 1000, labels.fetch(message))
    }
  })
}
