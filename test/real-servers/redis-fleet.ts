/** Validators that share a Redis, as processes of a fleet do. */
import { createValidator, type Revocations, trustedIssuer, type Validator } from '@tollgate/core'
import { type RedisClient, redisRevocations, redisTokenCache } from '@tollgate/redis'
import { onTestFinished } from 'vitest'
import { audience, T0 } from '../harness/constants.ts'
import { client } from '../harness/scripted-api.ts'
import { openScriptedIssuer, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'
import { waitFor } from '../harness/wait-for.ts'

export const secrets = 'a secret of the tests, which is long enough'

export interface Fleet {
  readonly issuer: ScriptedIssuer
  readonly validators: readonly Validator[]
  /** In one of the processes: `'OK'`, or the `reason` of the error. */
  readonly present: (token: string, process?: number) => Promise<string>
}

/** One process for each client. The clock of the validators stands still. */
export async function openRedisFleet(clients: readonly RedisClient[]): Promise<Fleet> {
  const issuer = await openScriptedIssuer()
  const validators = clients.map((redis) => {
    const revocations: Revocations = redisRevocations(redis, { secrets })
    const validator = createValidator({
      issuer: trustedIssuer(issuer.url, { formats: 'opaque', introspection: { client } }),
      audience,
      cache: redisTokenCache(redis, { secrets }),
      revocations,
      clock: () => T0 * 1000,
    })
    onTestFinished(() => validator.close())
    return validator
  })
  await Promise.all(validators.map((validator) => validator.ready({ within: '10s' })))
  const present: Fleet['present'] = async (token, process = 0) => {
    const validator = validators[process % validators.length] as Validator
    return reasonOf(validator.authenticate(requestWith(token)))
  }
  return { issuer, validators, present }
}

export interface Load {
  readonly requests: number
  /** The reasons of the requests that were not `'OK'`. */
  readonly others: readonly string[]
  /** Milliseconds: the longest request. */
  readonly max: number
}

let tokens = 0

/** A token that no process has seen. */
export function newToken(): string {
  tokens += 1
  return `token-${tokens}`
}

/** Sends requests to all processes, half of them with new tokens, until the work is done. */
export async function underLoad({ present }: Fleet, work: () => Promise<void>): Promise<Load> {
  const done = new AbortController()
  let [requests, max] = [0, 0]
  const others: string[] = []
  const sending = Array.from({ length: 10 }, async () => {
    while (!done.signal.aborted) {
      const token = requests % 2 === 0 ? newToken() : `token-${tokens}`
      const begun = performance.now()
      requests += 1
      const reason = await present(token, requests)
      max = Math.max(max, performance.now() - begun)
      if (reason !== 'OK') {
        others.push(reason)
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })
  try {
    await work()
  } finally {
    done.abort()
    await Promise.all(sending)
  }
  return { requests, others, max: Math.round(max) }
}

/** Waits until the second process uses what the first one has introspected, on every node. Returns the milliseconds. */
export async function untilShared({ issuer, present }: Fleet): Promise<number> {
  const begun = performance.now()
  await waitFor(async () => {
    const fresh = Array.from({ length: 12 }, newToken)
    const first = await Promise.all(fresh.map(async (token) => present(token, 0)))
    const second = await Promise.all(fresh.map(async (token) => present(token, 1)))
    const calls = issuer.requests.filter(({ form }) => fresh.includes(form.get('token') ?? ''))
    return [...first, ...second].every((reason) => reason === 'OK') && calls.length === fresh.length
  })
  return Math.round(performance.now() - begun)
}
