import {
  clientSecretBasic,
  createValidator,
  type Guard,
  subscribe,
  trustedIssuer,
  type Validator,
  type ValidatorOptions,
} from '@tollgate/core'
import type { Channels, TracingChannels } from '@tollgate/core/diagnostics'
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import { onTestFinished, vi } from 'vitest'

/** A validator, and an issuer in the same process that issues its JWTs and its opaque tokens. */
export interface Setup {
  readonly issuer: MockIssuer
  readonly options: ValidatorOptions
  readonly validator: Validator
  /** Authenticates a request with this token. Returns `'OK'`, or the `reason` of the error, or its `name`. */
  readonly outcome: (token: string, ...guards: readonly Guard[]) => Promise<string>
}

export async function openSetup(changes: Partial<ValidatorOptions> = {}): Promise<Setup> {
  const issuer = await createMockIssuer({ port: 'none' })
  issuer.clock.freeze()
  const client = clientSecretBasic(issuer.client.id, issuer.client.secret)
  const options = {
    ...issuer.validatorOptions,
    issuer: trustedIssuer(issuer.url, { introspection: { client } }),
    ...changes,
  }
  const validator = createValidator(options)
  onTestFinished(async () => {
    await validator.close()
    await issuer.close()
  })
  return {
    issuer,
    options,
    validator,
    outcome: (token, ...guards) => validator.authenticate(requestWith(token), ...guards).then(() => 'OK', labelOf),
  }
}

export function requestWith(token: string): Request {
  return new Request('https://api.example.com/', { headers: { authorization: `Bearer ${token}` } })
}

function labelOf(error: { readonly name: string; readonly reason?: string }): string {
  return error.reason ?? error.name
}

/** The messages on a channel, from now until the end of the test. */
export function messagesOf<Name extends keyof (Channels & TracingChannels)>(
  channel: Name,
): readonly (Channels & TracingChannels)[Name][] {
  const messages: (Channels & TracingChannels)[Name][] = []
  onTestFinished(subscribe(channel, (message) => void messages.push(message)))
  return messages
}

/** Refuses our credentials until the circuit for unknown tokens opens, and then accepts them. It must have accepted none before. */
export async function openAndCloseCircuit({ issuer, outcome }: Setup): Promise<void> {
  issuer.misbehave('introspection', { status: 401 })
  for (let attempt = 0; attempt < 8; attempt += 1) {
    await outcome(`made-up-${attempt}`)
  }
  issuer.behave('introspection')
  issuer.clock.advance('2s')
  await outcome(await issuer.opaqueToken())
}

/** The codes of the warnings that the process emits, which then do not reach the console. */
export function catchWarnings(): readonly string[] {
  const codes: string[] = []
  const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation((_warning, options) => {
    codes.push(String((options as NodeJS.EmitWarningOptions).code))
  })
  onTestFinished(() => emitWarning.mockRestore())
  return codes
}
