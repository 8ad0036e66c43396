import { createValidator, isRefusal, subscribe, trustedIssuer, type TrustedIssuer } from '@tollgate/core'
import { presetIssuerFor } from '../presets.ts'
import type { CheckReport } from './report.ts'

/** What the library itself finds, and the URL of the keys that it fetches. */
export interface LibraryCheck {
  readonly report: CheckReport
  readonly keysUrl: string | undefined
}

/**
 * Lets a validator fetch what it needs for a JWT of this issuer. The token is made up: the validator must refuse it, and
 * it can only refuse it when it has keys.
 */
export async function checkWithLibrary(issuer: string): Promise<LibraryCheck> {
  const fetched: string[] = []
  const unsubscribe = subscribe('tollgate:fetch', ({ purpose, url }) => {
    fetched.push(...(purpose === 'keys' ? [url] : []))
  })
  try {
    return { report: await validateMadeUpToken(issuer), keysUrl: fetched.at(-1) }
  } finally {
    unsubscribe()
  }
}

async function validateMadeUpToken(issuer: string): Promise<CheckReport> {
  const validator = createValidator({ issuer: trustedFor(issuer), audience: 'doctor' })
  try {
    const error: unknown = await validator.validate(madeUpToken(issuer)).catch((thrown: unknown) => thrown)
    if (isRefusal(error) && (error.passedOver.length === 0 || error.reason === 'bad-signature')) {
      return { check: 'tollgate', state: 'passed', found: 'Tollgate can validate the JWTs of this issuer' }
    }
    const explanation = validator.explain(error)
    const found = `Tollgate cannot validate the JWTs of this issuer: ${explanation?.problem ?? 'an unexpected error'}`
    return { check: 'tollgate', state: 'failed', found, fix: explanation?.fix }
  } finally {
    await validator.close()
  }
}

/** A preset knows where the keys are. */
export function trustedFor(issuer: string): TrustedIssuer {
  const preset = presetIssuerFor(issuer)
  return preset?.url === issuer ? preset : trustedIssuer(issuer)
}

function madeUpToken(issuer: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256', kid: 'made-up-by-tollgate-doctor' })}.${part({ iss: issuer })}.AAAA`
}
