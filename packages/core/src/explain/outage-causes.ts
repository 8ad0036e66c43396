import { own } from '../lib/record.ts'
import { type Unavailable, UpstreamError, type UpstreamReason } from '../responses/unavailable.ts'
import { differenceOf } from './difference.ts'
import type { Cause } from './explanation.ts'
import { fixByCode, fixByReason, fixByStatus, fixOfIntrospection } from './outage-fixes.ts'
import { showMessage, showText, showWithoutQuotes } from './show.ts'

/** Why a token could not be validated. A back-off is explained by the failure before it. */
export function outageCause(
  error: Unavailable,
  step: 'signature' | 'introspection',
): Cause & { readonly reason: UpstreamReason } {
  const failure = firstFailure(error)
  const { reason, message, received } = failure
  return {
    reason,
    problem: showMessage(lowerFirst(withoutAdvice(message))),
    expected: received === undefined ? undefined : `\`issuer\` ${showText(error.issuer)}`,
    received: received === undefined ? undefined : `\`issuer\` ${showText(received)}`,
    fix: showMessage(fixOf(failure, error.issuer, step)),
  }
}

interface Failure {
  readonly reason: UpstreamReason
  readonly message: string
  readonly cause?: unknown
  readonly received?: string | undefined
}

function firstFailure(failure: Failure): Failure {
  const isEcho = failure.reason === 'backing-off' || failure.reason === 'overloaded'
  return isEcho && failure.cause instanceof UpstreamError ? firstFailure(failure.cause) : failure
}

/** The errors of discovery end with a sentence of advice. It helps when the metadata is missing. */
function fixOf({ reason, message, cause, received }: Failure, issuer: string, step: string): string {
  const foundAdvice = advice.exec(message)?.[1]
  const isMissing = reason === 'not-found' || (reason === 'malformed-document' && foundAdvice !== undefined)
  if (message.includes('without `introspection_endpoint`')) {
    return 'The issuer announces no introspection. If it has an endpoint, set `introspection: { endpoint }`. Otherwise request JWTs.'
  }
  if (message.includes("network: 'any'")) {
    return "If this issuer is in your own network, give its trustedIssuer the option `network: 'any'`. Then check in the `issuer` function who may choose its name."
  }
  if (/ contains \d+ keys\./.test(message)) {
    return 'Configure the issuer to remove old keys, or give the current ones to `keys`.'
  }
  if (foundAdvice !== undefined && isMissing) {
    return `${foundAdvice}.${reason === 'not-found' && /^https?:\/\/[^/]+\/?$/.test(issuer) ? paths : ''}`
  }
  if (received !== undefined && isSpelling(received, issuer)) {
    return `Write exactly this: \`issuer: '${showWithoutQuotes(received)}'\`.`
  }
  const code = reason === 'network' ? codeOf(cause) : undefined
  const isCall = step === 'introspection' && foundAdvice === undefined
  const status = / answered (\d{3})/.exec(message)?.[1] ?? ''
  return (
    (code === undefined ? undefined : fixByCode.find(([pattern]) => pattern.test(code))?.[1]) ??
    (isCall ? fixOfCall(status, reason) : undefined) ??
    fixByStatus.find(([pattern]) => pattern.test(status))?.[1] ??
    fixByReason[reason]
  )
}

function fixOfCall(status: string, reason: UpstreamReason): string | undefined {
  const family = /^[34]/.test(status) ? `${status.charAt(0)}xx` : ''
  return fixOfIntrospection.get(status) ?? fixOfIntrospection.get(family) ?? fixOfIntrospection.get(reason)
}

/** Whether the names differ in their spelling alone, and not by `http:` in place of `https:`. */
function isSpelling(received: string, issuer: string): boolean {
  const isInsecure = /^https:/i.test(issuer) && !/^https:/i.test(received)
  return !isInsecure && differenceOf(received, [issuer]) !== undefined
}

/** The code of Node. undici can wrap the error, and a connection to several addresses has several. */
function codeOf(cause: unknown): string | undefined {
  const code = own(cause, 'code') ?? own(own(cause, 'cause'), 'code')
  return typeof code === 'string' ? code : undefined
}

const paths = ' Many issuers have a path, such as `/realms/<realm>` (Keycloak) or `/oauth2/default` (Okta).'

const advice = /\. ((?:If the metadata is elsewhere|Correct `metadata`|Configure the name).*)$/s

function withoutAdvice(message: string): string {
  return message.replace(advice, '')
}

/** Not for a URL. */
function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text
}
