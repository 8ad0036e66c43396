import {
  type AccessToken,
  createValidator,
  type Guard,
  type IntrospectionOptions,
  trustedIssuer,
  type TrustedIssuerOptions,
  type Validator,
  type ValidatorOptions,
} from '@tollgate/core'
import { onTestFinished } from 'vitest'
import { client, type Introspector, openIntrospector } from './introspecting.ts'
import { audience, T0 } from './reference.ts'
import { status } from './upstream.ts'

/** A validator without a framework that asks a scripted server: for many requests, and for what no framework sees. */
export interface Asking {
  readonly server: Introspector
  readonly validator: Validator
  readonly advance: (seconds: number) => void
  /** Authenticates a request with this token. */
  readonly authenticate: (token: string, ...guards: readonly Guard[]) => Promise<AccessToken>
  /** `'OK'`, or the `reason` of the error. */
  readonly reason: (token: string, ...guards: readonly Guard[]) => Promise<string>
}

export interface AskingOptions {
  readonly introspection?: Partial<IntrospectionOptions>
  readonly issuer?: TrustedIssuerOptions
  readonly validator?: Partial<ValidatorOptions>
}

export async function openAsking({ introspection, issuer, validator: options }: AskingOptions = {}): Promise<Asking> {
  const server = await openIntrospector()
  let now = T0
  const validator = createValidator({
    issuer: trustedIssuer(server.url, { introspection: { client, ...introspection }, ...issuer }),
    audience,
    clock: () => now * 1000,
    ...options,
  })
  onTestFinished(() => validator.close())
  return {
    server,
    validator,
    advance: (seconds) => {
      now += seconds
    },
    authenticate: (token, ...guards) => validator.authenticate(requestWith(token), ...guards),
    reason: (token, ...guards) => reasonOf(validator.authenticate(requestWith(token), ...guards)),
  }
}

export function requestWith(token: string): Request {
  return new Request('https://api.example/', { headers: { authorization: `Bearer ${token}` } })
}

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

/** The server fails until nobody asks it about unknown tokens any more, and is well again. */
export async function breakAndMend({ server, advance, reason }: Asking): Promise<void> {
  server.misbehave = status(503)
  for (let round = 0; round < 8; round += 1) {
    await reason(`made-up-${round}`)
  }
  advance(2)
  server.misbehave = undefined
  await reason('good')
}
