/** The old names of a scripted validator, for tests that still use them. */
import type {
  AccessToken,
  Guard,
  IntrospectionOptions,
  TrustedIssuerOptions,
  Validator,
  ValidatorOptions,
} from '@tollgate/core'
import { type Introspector, introspectorOf } from './introspecting.ts'

import { openScriptedValidator } from './scripted-validator.ts'

export { reasonOf, requestWith } from './scripted-validator.ts'

export interface Asking {
  readonly server: Introspector
  readonly validator: Validator
  readonly advance: (seconds: number) => void
  readonly authenticate: (token: string, ...guards: readonly Guard[]) => Promise<AccessToken>
  readonly reason: (token: string, ...guards: readonly Guard[]) => Promise<string>
}

export interface AskingOptions {
  readonly introspection?: Partial<IntrospectionOptions>
  readonly issuer?: TrustedIssuerOptions
  readonly validator?: Partial<ValidatorOptions>
}

export async function openAsking(options: AskingOptions = {}): Promise<Asking> {
  const { issuer, ...scripted } = await openScriptedValidator(options)
  return { ...scripted, server: introspectorOf(issuer) }
}
