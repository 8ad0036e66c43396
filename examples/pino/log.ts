import { subscribe } from '@tollgate/core'
import type { Logger } from 'pino'

/** Logs the messages of Tollgate. The lines contain no token and no claim, unless the reasons of your own guards contain one. */
export function logTollgate(logger: Logger): void {
  subscribe('tollgate:refusal', ({ outcome, refusal }) => {
    logger.info({ outcome, reason: refusal.reason, status: refusal.status }, 'A request was refused')
  })

  subscribe('tollgate:stale', ({ document, issuer, staleFor }) => {
    logger.warn({ document, issuer, staleFor }, 'A stale document served a request')
  })

  subscribe('tollgate:document', ({ document, issuer, outcome, reason }) => {
    if (outcome === 'failed') {
      logger.warn({ document, issuer, reason }, 'Keys or metadata could not be loaded')
    }
  })

  subscribe('tollgate:breaker', ({ issuer, lane, state }) => {
    logger.warn({ issuer, lane, state }, 'The circuit before an introspection endpoint changed')
  })

  subscribe('tollgate:unavailable', ({ outcome, issuer, error }) => {
    logger.error({ outcome, issuer, reason: error.reason, status: error.status }, 'A token could not be validated')
  })

  // The line contains the stack frames only, because the message of an unexpected error can contain a claim.
  subscribe('tollgate:failure', ({ outcome, error }) => {
    logger.error({ outcome, at: framesOf(error) }, 'A guard or Tollgate threw an unexpected error')
  })

  subscribe('tollgate:misconfiguration', ({ event, message }) => {
    logger.error({ event }, message)
  })

  subscribe('tollgate:security', ({ event, keySet }) => {
    logger.error({ event, keySet }, 'An issuer published a secret key')
  })
}

function framesOf(error: unknown): readonly string[] {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : []
  return lines.filter((line) => /^ {4}at /.test(line)).map((line) => line.trim())
}
