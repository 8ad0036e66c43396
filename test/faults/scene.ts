import { createValidator } from '@tollgate/core'
import { onTestFinished } from 'vitest'
import { openTestClock, type TestClock } from '../harness/clock.ts'
import { audience, T0 } from '../harness/constants.ts'
import { type Handler, type Headers, json } from '../harness/responses.ts'
import { openScriptedHosts, type ScriptedHosts } from '../harness/scripted-hosts.ts'
import { createSigner } from '../harness/signer.ts'

/** `known` is published from the start, `new` comes with a rotation, and `made-up` is never published. */
export type KeyName = 'known' | 'new' | 'made-up'

const signers = { known: createSigner('known'), new: createSigner('new'), 'made-up': createSigner('made-up') }

export function publicJwk(name: KeyName): object {
  return signers[name].jwk
}

export function keySet(names: readonly KeyName[], headers?: Headers): Handler {
  return json({ keys: names.map(publicJwk) }, headers)
}

export const tenMinutes = { 'cache-control': 'max-age=600' }
export const oneHour = { 'cache-control': 'max-age=3600' }

/** A validator without a framework, and the hosts of its issuer. The test moves the time of both. */
export interface Scene {
  readonly clock: TestClock
  readonly hosts: ScriptedHosts
  /** A good token under this key, like no other. */
  readonly sign: (key: KeyName) => string
  /** The response to a request with this token. */
  readonly respond: (token: string) => Promise<Response>
}

export async function openScene(): Promise<Scene> {
  const clock = openTestClock()
  const hosts = await openScriptedHosts(clock)
  const { issuer, dispatcher } = hosts
  const validator = createValidator({ issuer, audience, dispatcher, clock: clock.now })
  onTestFinished(() => validator.close())
  let signed = 0

  return {
    clock,
    hosts,
    sign: (key) => {
      signed += 1
      const jti = `${key}-${signed}`
      return signers[key].sign(issuer, { exp: T0 + oneYear, jti }, key === 'made-up' ? jti : key)
    },
    respond: async (token) => {
      try {
        await validator.authenticate(
          new Request('https://api.example/', { headers: { authorization: `Bearer ${token}` } }),
        )
        return new Response()
      } catch (error) {
        return validator.respond(error)
      }
    },
  }
}

/** Seconds. The tokens stay valid, however far a test moves the time. */
const oneYear = 31_536_000
