import { AsyncLocalStorage } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import {
  type Attributes,
  type Context,
  context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace as traces,
  type Tracer,
} from '@opentelemetry/api'
import type { AuthenticationTrace, Outcome } from '@tollgate/core'
import { listen, type Stop, together } from './channels.ts'
import type { Labels } from './labels.ts'

export interface JudgementSpans {
  /** The context of the judgement that is under way here; the root where there is none. */
  readonly contextNow: () => Context
  readonly stop: Stop
}

interface Judgement {
  readonly span: Span
  readonly context: Context
  /** Timers that a judgement has set ring in its name, and long after it. */
  isOver: boolean
}

/** Makes a span of every judgement, under the span that is active when it begins. */
export function recordJudgements(tracer: Tracer, labels: Labels): JudgementSpans {
  const current = new AsyncLocalStorage<Judgement>()
  const underWay = new WeakMap<AuthenticationTrace, Judgement>()

  function begin(trace: AuthenticationTrace): Judgement {
    const around = context.active()
    const span = tracer.startSpan(`tollgate ${trace.operation}`, { kind: SpanKind.INTERNAL }, around)
    const judgement = { span, context: traces.setSpan(around, span), isOver: false }
    underWay.set(trace, judgement)
    return judgement
  }

  function end(trace: AuthenticationTrace): void {
    const judgement = underWay.get(trace)
    if (judgement !== undefined) {
      judgement.isOver = true
      endSpan(judgement.span, trace.outcome)
    }
  }

  const judgementNow = (): Judgement | undefined => unlessOver(current.getStore())
  const note = (attributes: Attributes): void => void judgementNow()?.span.setAttributes(attributes)

  return {
    contextNow: () => judgementNow()?.context ?? ROOT_CONTEXT,
    stop: together([
      bind(current, begin),
      listen('tollgate:verdict', (message) => note(labels.verdict(message))),
      listen('tollgate:refusal', (message) => note(labels.refusal(message))),
      listen('tollgate:unavailable', (message) =>
        note({ ...labels.unavailable(message), 'error.type': message.error.reason }),
      ),
      listen('tracing:tollgate.authenticate:asyncEnd', end),
    ]),
  }
}

function unlessOver(judgement: Judgement | undefined): Judgement | undefined {
  return judgement?.isOver === false ? judgement : undefined
}

/** What runs in a judgement finds it in the storage. */
function bind(storage: AsyncLocalStorage<Judgement>, begin: (trace: AuthenticationTrace) => Judgement): Stop {
  const starts = channel('tracing:tollgate.authenticate:start')
  starts.bindStore(storage, (message) => begin(message as AuthenticationTrace))
  return () => void starts.unbindStore(storage)
}

/** A refusal is an answer like any other; an outage or a failure is an error. */
const isError: Readonly<Record<Outcome, boolean>> = {
  accepted: false,
  no_credentials: false,
  invalid_request: false,
  invalid_token: false,
  insufficient_scope: false,
  unreachable_upstream: true,
  invalid_upstream_response: true,
  misconfigured: true,
  internal_error: true,
}

function endSpan(span: Span, outcome: Outcome = 'internal_error'): void {
  span.setAttribute('tollgate.outcome', outcome)
  if (outcome === 'internal_error') {
    span.setAttribute('error.type', outcome)
  }
  if (isError[outcome]) {
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}
