import {
  createValidator,
  memoryRevocations,
  type Revocations,
  trustedIssuer,
  type TrustedIssuerOptions,
  type Validator,
  type ValidatorOptions,
} from '@tollgate/core'
import { onTestFinished } from 'vitest'
import { audience, T0 } from './constants.ts'
import { jws, keyPair } from './jws.ts'
import { client } from './scripted-api.ts'
import { claimsOf, openScriptedIssuer, type ScriptedIssuer } from './scripted-issuer.ts'
import { reasonOf, requestWith } from './scripted-validator.ts'
import { waitFor } from './wait-for.ts'

/** Validators that share an issuer and a log of revocations, as the processes of a fleet do. */
export interface Fleet {
  readonly issuer: ScriptedIssuer
  readonly log: Revocations
  /** In seconds. The clock of all validators stands still unless a test sets it. */
  readonly time: { now: number }
  /** The first process. */
  readonly validator: Validator
  /** Starts one more process. */
  readonly start: (options?: Partial<ValidatorOptions>) => Validator
  /** A good JWT of this issuer, with these changes. */
  readonly sign: (changes?: object) => string
  /** `'OK'`, or the `reason` of the error. Default: in the first process. */
  readonly reason: (token: string, validator?: Validator) => Promise<string>
}

export interface FleetOptions {
  readonly log?: Revocations
  readonly issuer?: TrustedIssuerOptions
  readonly validator?: Partial<ValidatorOptions>
}

const { jwk, privateKey } = keyPair('P-256')
export const fleetKey: object = { ...jwk, kid: 'k' }

/** A JWT of an issuer that publishes `fleetKey`. */
export function signFor(issuer: string, changes: object = {}): string {
  const claims = { ...claimsOf(issuer), exp: T0 + 86_400, sid: 's-1', ...changes }
  return jws({ alg: 'ES256', kid: 'k', typ: 'at+jwt' }, claims, privateKey, 'ES256')
}

export async function openFleet({
  log = memoryRevocations(),
  issuer: trusted,
  validator: options,
}: FleetOptions = {}): Promise<Fleet> {
  const issuer = await openScriptedIssuer([fleetKey])
  const time = { now: T0 }
  const start: Fleet['start'] = (others) => {
    const validator = createValidator({
      issuer: trustedIssuer(issuer.url, { introspection: { client }, ...trusted }),
      audience,
      clock: () => time.now * 1000,
      revocations: log,
      ...options,
      ...others,
    })
    onTestFinished(() => validator.close())
    return validator
  }
  const first = start()
  return {
    issuer,
    log,
    time,
    validator: first,
    start,
    sign: (changes) => signFor(issuer.url, changes),
    reason: (token, validator = first) => reasonOf(validator.authenticate(requestWith(token))),
  }
}

/** Waits until a process has read as much of the log as another one knows. */
export async function waitForEntries(validator: Validator, entries: number): Promise<void> {
  await waitFor(() => validator.health().revocations.entries >= entries)
}
