import type { Tracer } from '@opentelemetry/api'
import { recordAuthentications } from './authentication-spans.ts'
import { recordFetches } from './fetch-spans.ts'
import type { Labels } from './labels.ts'
import { type Stop, stopAll } from './stop.ts'

/** Creates a span for every authentication, and child spans for the requests to authorization servers that it causes. */
export function recordSpans(tracer: Tracer, labels: Labels): Stop {
  const authentications = recordAuthentications(tracer, labels)
  const stopFetches = recordFetches(tracer, labels, authentications.currentContext)
  return stopAll([stopFetches, authentications.stop])
}
