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
import { subscribe } from '@tollgate/core'
import type { AuthenticationTrace, Outcome } from '@tollgate/core/diagnostics'
import type { Labels } from './labels.ts'
import { type Stop, stopAll } from './stop.ts'

export interface AuthenticationSpans {
  /** The context of the authentication that runs now. Without one, the root context. */
  readonly currentContext: () => Context
  readonly stop: Stop
}

/** Creates a span for every authentication. Its parent is the span that is active at the start. */
export function recordAuthentications(tracer: Tracer, labels: Labels): AuthenticationSpans {
  const storage = new AsyncLocalStorage<Authentication>()
  const running = new WeakMap<AuthenticationTrace, Authentication>()

  function start(trace: AuthenticationTrace): Authentication {
    const parent = context.active()
    const span = tracer.startSpan(`tollgate ${trace.operation}`, { kind: SpanKind.INTERNAL }, parent)
    const authentication = { span, context: traces.setSpan(parent, span), hasEnded: false }
    running.set(trace, authentication)
    return authentication
  }

  function end(trace: AuthenticationTrace): void {
    const authentication = running.get(trace)
    if (authentication !== undefined) {
      authentication.hasEnded = true
      endSpan(authentication.span, trace.outcome)
    }
  }

  function current(): Authentication | undefined {
    const authentication = storage.getStore()
    return authentication?.hasEnded === false ? authentication : undefined
  }

  const setAttributes = (attributes: Attributes): void => void current()?.span.setAttributes(attributes)

  return {
    currentContext: () => current()?.context ?? ROOT_CONTEXT,
    stop: stopAll([
      bindStart(storage, start),
      subscribe('tollgate:verdict', (message) => setAttributes(labels.verdict(message))),
      subscribe('tollgate:refusal', (message) => setAttributes(labels.refusal(message))),
      subscribe('tollgate:unavailable', (message) =>
        setAttributes({ ...labels.unavailable(message), 'error.type': message.error.reason }),
      ),
      subscribe('tracing:tollgate.authenticate:asyncEnd', end),
    ]),
  }
}

interface Authentication {
  readonly span: Span
  readonly context: Context
  /** Work that an authentication starts can outlive it, and still finds it in the storage. */
  hasEnded: boolean
}

/** Node runs `start` at the start of an authentication. The storage returns its result to everything that the authentication calls. */
function bindStart(
  storage: AsyncLocalStorage<Authentication>,
  start: (trace: AuthenticationTrace) => Authentication,
): Stop {
  const starts = channel('tracing:tollgate.authenticate:start')
  starts.bindStore(storage, (message) => start(message as AuthenticationTrace))
  return () => void starts.unbindStore(storage)
}

/** A refusal is a normal result. An outage or a failure is an error. */
const isError: Readonly<Record<Outcome, boolean>> = {
  accepted: false,
  no_credentials: false,
  invalid_request: false,
  invalid_token: false,
  insufficient_scope: false,
  invalid_dpop_proof: false,
  use_dpop_nonce: false,
  insufficient_user_authentication: false,
  insufficient_authorization: false,
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
