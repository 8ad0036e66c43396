import { type Context, type Span, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import { subscribe } from '@tollgate/core'
import type { FetchTrace } from '@tollgate/core/diagnostics'
import type { Labels } from './labels.ts'
import { type Stop, stopAll } from './stop.ts'

/** Creates a span for every request to an authorization server. `currentContext` returns the context of its parent. */
export function recordFetches(tracer: Tracer, labels: Labels, currentContext: () => Context): Stop {
  const running = new WeakMap<FetchTrace, Span>()

  function start(trace: FetchTrace): void {
    const attributes = { ...labels.fetch(trace), 'http.request.method': trace.method }
    const name = `tollgate fetch ${trace.purpose}`
    running.set(trace, tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, currentContext()))
  }

  function end(trace: FetchTrace): void {
    const span = running.get(trace)
    if (span !== undefined) {
      span.setAttributes(labels.fetch(trace))
      endSpan(span, trace)
    }
  }

  return stopAll([subscribe('tracing:tollgate.fetch:start', start), subscribe('tracing:tollgate.fetch:asyncEnd', end)])
}

/** A status of 400 or above is an error, because the semantic conventions for HTTP clients say so. */
function endSpan(span: Span, { outcome, status = 0 }: FetchTrace): void {
  if (outcome !== 'answered' || status >= 400) {
    span.setAttribute('error.type', outcome === 'answered' ? String(status) : (outcome ?? 'network'))
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}
