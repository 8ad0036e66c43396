import { setTimeout as sleep } from 'node:timers/promises'
import { createValidator, scopes } from '@tollgate/core'
import { vi } from 'vitest'
import type { Adapter } from './adapters.ts'
import { type KeyName, keyPairs } from './issuer-documents.ts'
import { jws } from './jws.ts'
import { claimsOf } from './key-issuer.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { audience, T0 } from './reference.ts'
import { closeServer, listen, openScriptedUpstream, type ScriptedUpstream } from './scripted-upstream.ts'
import { send } from './send.ts'

interface Answer {
  readonly outcome: Outcome | 'too late'
  /** Seconds. */
  readonly retryAfter: number | undefined
}

/** An API, and its issuer, which does what a script says from call to call. */
export interface ScriptedIssuer extends Pick<ScriptedUpstream, 'act' | 'calls' | 'close'> {
  /** Moves the frozen clock on. */
  readonly advance: (seconds: number) => void
  /** Presents a good token under this key; the answer has to come in so many milliseconds. */
  readonly present: (key: KeyName, within: number) => Promise<Answer>
  /** Resolves when no call is under way, and what has come of them is known. */
  readonly rest: () => Promise<void>
}

/** However far the clock is moved, the tokens are good. */
const decades = 1_000_000_000

export async function openScriptedIssuer(adapter: Adapter): Promise<ScriptedIssuer> {
  const { issuer, dispatcher, ...upstream } = await openScriptedUpstream()
  const handled: unknown[] = []
  let now = T0 * 1000
  let presented = 0
  const validator = createValidator({ issuer, audience, dispatcher, clock: () => now })
  const server = adapter.serve({
    protection: validator,
    guards: [scopes('read')],
    onHandled: (token) => void handled.push(token?.claims['jti']),
  })
  const origin = await listen(server)

  async function answerTo(key: KeyName): Promise<Answer> {
    presented += 1
    const jti = `${key}-${presented}`
    const received = await send(origin, { headers: [['Authorization', `Bearer ${tokenOf(issuer, key, jti)}`]] })
    const times = handled.filter((other) => other === jti).length
    const { 'retry-after': seconds } = received.headers
    return { outcome: outcomeOf(received, times), retryAfter: seconds === undefined ? undefined : Number(seconds) }
  }

  return {
    act: upstream.act,
    calls: upstream.calls,
    advance: (seconds) => {
      now += seconds * 1000
    },
    present: (key, within) => Promise.race([answerTo(key), tooLate(within)]),
    rest: async () => {
      await vi.waitUntil(upstream.isAtRest, { timeout: 7000, interval: 5 })
      await sleep(5)
    },
    close: async () => {
      closeServer(server)
      await validator.close()
      await upstream.close()
    },
  }
}

function tokenOf(issuer: string, key: KeyName, jti: string): string {
  const header = { alg: 'ES256', kid: key === 'made-up' ? jti : key, typ: 'at+jwt' }
  const claims = { ...claimsOf(issuer), exp: T0 + decades, jti }
  return jws(header, claims, keyPairs[key].privateKey, 'ES256')
}

async function tooLate(milliseconds: number): Promise<Answer> {
  await sleep(milliseconds)
  return { outcome: 'too late', retryAfter: undefined }
}
