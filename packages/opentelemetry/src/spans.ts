import type { Tracer } from '@opentelemetry/api'
import { type Stop, together } from './channels.ts'
import { recordFetches } from './fetch-spans.ts'
import { recordJudgements } from './judgement-spans.ts'
import type { Labels } from './labels.ts'

/** Makes a span of every judgement, and under it of every request to an authorization server that it causes, until it is stopped. */
export function recordSpans(tracer: Tracer, labels: Labels): Stop {
  const judgements = recordJudgements(tracer, labels)
  const stopFetches = recordFetches(tracer, labels, judgements.contextNow)
  return together([stopFetches, judgements.stop])
}
