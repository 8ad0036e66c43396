import type { AccessToken, Step } from '@tollgate/core'
import { parseJwt, showDuration, showNames, showText, showTime, own, ownText } from '@tollgate/core/adapter'

/** One step of the validation, and what was checked. */
export interface StepReport {
  readonly step: Step
  readonly state: 'passed' | 'failed' | 'not-reached'
  /** What was checked, in words. Of the claims it contains the values of `iss`, `aud` and times only. */
  readonly checked: string | undefined
}

/** What is known about a token at the end. */
export interface Outcome {
  readonly token: string
  /** The valid token. A guard may have refused it. */
  readonly valid: AccessToken<unknown> | undefined
  /** The step is `undefined` when the app failed in a step that is not known. */
  readonly cause: { readonly step: Step | undefined } | undefined
  readonly scopes: readonly string[]
}

/** The steps in the order of the validation, up to the one that refused the token. */
export function stepsOf(outcome: Outcome): readonly StepReport[] {
  const { cause } = outcome
  const order = orderOf(outcome)
  const failed = cause === undefined ? order.length : order.findIndex((step) => step === cause.step)
  return order.map((step, index) => {
    if (index === failed) {
      return { step, state: 'failed', checked: undefined }
    }
    return index > failed
      ? { step, state: 'not-reached', checked: undefined }
      : { step, state: 'passed', checked: checked[step](outcome) }
  })
}

function orderOf({ token, valid, cause }: Outcome): readonly Step[] {
  const isOpaque =
    valid === undefined ? cause?.step === 'introspection' || parseJwt(token) === undefined : valid.kind === 'opaque'
  const third = isOpaque && cause?.step !== 'signature' ? 'introspection' : 'signature'
  return ['credentials', 'issuer', third, 'claims', 'constraints', 'guards']
}

const checked: Readonly<Record<Step, (outcome: Outcome) => string>> = {
  credentials: ({ token }) => `one token with ${token.length} characters`,
  issuer: ({ token, valid }) => {
    const iss = valid?.issuer ?? ownText(parseJwt(token)?.claims, 'iss')
    return iss === undefined ? 'an issuer that you trust' : `you trust ${showText(iss)}, compared exactly`
  },
  signature: ({ token }) => {
    const alg = ownText(parseJwt(token)?.header, 'alg') ?? ''
    return `a key of the issuer verifies it${/^[\w-]{1,12}$/.test(alg) ? `; \`alg\` ${alg}` : ''}`
  },
  introspection: () => 'the issuer calls the token active',
  claims: describeClaims,
  constraints: () => 'the token is bound to no key of its client (no `cnf`)',
  guards: ({ scopes }) =>
    scopes.length === 0
      ? 'none: check the scopes of a route with --scope'
      : `the token has ${scopes.map((scope) => showText(scope)).join(' ')}`,
}

function describeClaims({ token, valid }: Outcome): string {
  const claims: unknown = valid?.claims ?? parseJwt(token)?.claims
  const now = Date.now() / 1000
  const times = ['exp', 'nbf', 'iat'].flatMap((name) => {
    const value = own(claims, name)
    if (typeof value !== 'number') {
      return []
    }
    const distance = showDuration(value - now)
    return [`\`${name}\` ${showTime(value)} (${value > now ? `in ${distance}` : `${distance} ago`})`]
  })
  const aud = valid === undefined ? own(claims, 'aud') : valid.audience
  return [...(aud === undefined ? [] : [`\`aud\` ${showNames(aud)}`]), ...times].join('; ')
}
