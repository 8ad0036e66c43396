import { subscribe } from 'node:diagnostics_channel'
import type {
  BreakerMessage,
  DocumentMessage,
  FailureMessage,
  MisconfigurationMessage,
  RefusalMessage,
  SecurityMessage,
  StaleMessage,
  UnavailableMessage,
} from '@tollgate/core'
import type { Logger } from 'pino'

/** Logs what Tollgate tells: no token and no claim is in it, as long as the reasons of your own guards hold none. */
export function logTollgate(logger: Logger): void {
  subscribe('tollgate:refusal', (message) => {
    const { outcome, refusal } = message as RefusalMessage
    logger.info({ outcome, reason: refusal.reason, status: refusal.status }, 'a request was refused')
  })

  subscribe('tollgate:stale', (message) => {
    const { document, issuer, staleFor } = message as StaleMessage
    logger.warn({ document, issuer, staleFor }, 'a request was served by what is no longer fresh')
  })

  subscribe('tollgate:document', (message) => {
    const { document, issuer, outcome, reason } = message as DocumentMessage
    if (outcome === 'failed') {
      logger.warn({ document, issuer, reason }, 'keys or metadata could not be loaded')
    }
  })

  subscribe('tollgate:breaker', (message) => {
    const { issuer, lane, state } = message as BreakerMessage
    logger.warn({ issuer, lane, state }, 'the circuit before an introspection endpoint has changed')
  })

  subscribe('tollgate:unavailable', (message) => {
    const { outcome, issuer, error } = message as UnavailableMessage
    logger.error({ outcome, issuer, reason: error.reason, status: error.status }, 'nobody could judge a token')
  })

  // What was thrown may hold anything: it is told where, and the error itself is the affair of your framework's error handling.
  subscribe('tollgate:failure', (message) => {
    const { outcome, error } = message as FailureMessage
    logger.error({ outcome, at: framesOf(error) }, 'a guard of ours, or Tollgate, has a bug')
  })

  subscribe('tollgate:misconfiguration', (message) => {
    const { event, message: fix } = message as MisconfigurationMessage
    logger.error({ event }, fix)
  })

  subscribe('tollgate:security', (message) => {
    const { event, keySet } = message as SecurityMessage
    logger.error({ event, keySet }, 'an issuer published what it must keep to itself')
  })
}

function framesOf(error: unknown): readonly string[] {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : []
  return lines.filter((line) => /^ {4}at /.test(line)).map((line) => line.trim())
}
