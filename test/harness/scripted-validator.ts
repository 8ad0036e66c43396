import {
  type AccessToken,
  createValidator,
  type Guard,
  type IntrospectionOptions,
  type TokenCache,
  trustedIssuer,
  type TrustedIssuerOptions,
  type Validator,
  type ValidatorOptions,
} from '@tollgate/core'
import { onTestFinished } from 'vitest'
import { audience, T0 } from './constants.ts'
import { client } from './scripted-api.ts'
import { openScriptedIssuer, type ScriptedIssuer } from './scripted-issuer.ts'

/** A validator without a framework, and its issuer: for many requests, and for effects that no framework shows. */
export interface ScriptedValidator {
  readonly issuer: ScriptedIssuer
  readonly validator: Validator
  /** Moves the frozen clock. */
  readonly advance: (seconds: number) => void
  /** Authenticates a request with this token. */
  readonly authenticate: (token: string, ...guards: readonly Guard[]) => Promise<AccessToken>
  /** `'OK'`, or the `reason` of the error. */
  readonly reason: (token: string, ...guards: readonly Guard[]) => Promise<string>
}

export interface ScriptedValidatorOptions {
  readonly introspection?: Partial<IntrospectionOptions>
  readonly issuer?: TrustedIssuerOptions
  readonly validator?: Partial<ValidatorOptions>
}

export async function openScriptedValidator({
  introspection,
  issuer: trusted,
  validator: options,
}: ScriptedValidatorOptions = {}): Promise<ScriptedValidator> {
  const issuer = await openScriptedIssuer()
  let now = T0
  const validator = createValidator({
    issuer: trustedIssuer(issuer.url, { introspection: { client, ...introspection }, ...trusted }),
    audience,
    clock: () => now * 1000,
    ...options,
  })
  onTestFinished(() => validator.close())
  const authenticate: ScriptedValidator['authenticate'] = (token, ...guards) =>
    validator.authenticate(requestWith(token), ...guards)
  return {
    issuer,
    validator,
    advance: (seconds) => {
      now += seconds
    },
    authenticate,
    reason: (token, ...guards) => reasonOf(authenticate(token, ...guards)),
  }
}

/** A validator of another process, with the same issuer and cache. */
export function neighbour({ issuer }: ScriptedValidator, cache: TokenCache, seconds = T0): Validator {
  const validator = createValidator({
    issuer: trustedIssuer(issuer.url, { introspection: { client } }),
    audience,
    cache,
    clock: () => seconds * 1000,
  })
  onTestFinished(() => validator.close())
  return validator
}

export function requestWith(token: string): Request {
  return new Request('https://api.example/', { headers: { authorization: `Bearer ${token}` } })
}

/** `'OK'`, or the `reason` of the error. Other errors are thrown. */
export async function reasonOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'OK'
  } catch (error) {
    const { reason } = error as { readonly reason?: string }
    if (reason === undefined) {
      throw error
    }
    return reason
  }
}
