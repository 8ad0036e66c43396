import { type Context, type Span, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { FetchTrace } from '@tollgate/core'
import { listen, type Stop, together } from './channels.ts'
import type { Labels } from './labels.ts'

/** Makes a span of every request to an authorization server, under what `contextNow` says when it begins. */
export function recordFetches(tracer: Tracer, labels: Labels, contextNow: () => Context): Stop {
  const underWay = new WeakMap<FetchTrace, Span>()

  function begin(trace: FetchTrace): void {
    const attributes = { ...labels.fetch(trace), 'http.request.method': trace.method }
    const name = `tollgate fetch ${trace.purpose}`
    underWay.set(trace, tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, contextNow()))
  }

  function end(trace: FetchTrace): void {
    const span = underWay.get(trace)
    if (span !== undefined) {
      span.setAttributes(labels.fetch(trace))
      endSpan(span, trace)
    }
  }

  return together([listen('tracing:tollgate.fetch:start', begin), listen('tracing:tollgate.fetch:asyncEnd', end)])
}

/** As the semantic conventions have it for HTTP clients, an answer of 400 and above is an error as well. */
function endSpan(span: Span, { outcome, status = 0 }: FetchTrace): void {
  if (outcome !== 'answered' || status >= 400) {
    span.setAttribute('error.type', outcome === 'answered' ? String(status) : (outcome ?? 'network'))
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}
