import { createValidator, trustedIssuer, clientSecretBasic, type TokenCache, type Validator } from '@tollgate/core'
import { createMockIssuer } from '@tollgate/mock-issuer'
import type { CostPerToken, FleetModel } from './model.ts'

/** Runs real validators with a clock of their own, and counts. `tokens` is a sample of those of a day. */
export async function simulate(model: FleetModel, tokens: number): Promise<CostPerToken> {
  const issuer = await createMockIssuer({ port: 'none' })
  const { cache, counts } = countingCache()
  let now = 0
  let introspections = 0
  const start = issuer.clock()
  const dispatcher = issuer.validatorOptions.dispatcher
  const validators: Validator[] = Array.from({ length: model.processes }, () =>
    createValidator({
      ...issuer.validatorOptions,
      issuer: trustedIssuer(issuer.url, {
        introspection: {
          client: clientSecretBasic(issuer.client.id, issuer.client.secret),
          cacheFor: `${model.cacheFor}s`,
          parameters: () => {
            introspections += 1
            return {}
          },
        },
      }),
      dispatcher,
      clock: () => start + now * 1000,
      // The tolerance would shorten the time of a result that another process wrote.
      clockTolerance: '0s',
      cache,
    }),
  )
  const expires = Math.floor(start / 1000) + 10 * model.lifetime + 86_400
  const texts = await Promise.all(Array.from({ length: tokens }, () => issuer.opaqueToken({ exp: expires })))
  for (const { at, text } of requests(model, texts)) {
    now = at
    const validator = validators[Math.floor(Math.random() * validators.length)]
    await validator?.validate(text)
  }
  await Promise.all(validators.map((validator) => validator.close()))
  await issuer.close()
  return {
    introspections: introspections / tokens,
    reads: (counts.get - introspections) / tokens,
    commands: (counts.get + counts.set + counts.lease) / tokens,
  }
}

/** The requests with all tokens, in the order of their times. */
function requests(
  { lifetime, requestsPerToken }: FleetModel,
  texts: readonly string[],
): readonly { readonly at: number; readonly text: string }[] {
  const all = texts.flatMap((text) => {
    const begun = Math.random() * lifetime
    return Array.from({ length: requestsPerToken }, () => ({ at: begun + Math.random() * lifetime, text }))
  })
  return all.toSorted((one, other) => one.at - other.at)
}

interface Counts {
  get: number
  set: number
  lease: number
}

/** A cache with leases, as Redis is. Its entries never expire, because the validators check the times. */
function countingCache(): { readonly cache: TokenCache; readonly counts: Counts } {
  const counts: Counts = { get: 0, set: 0, lease: 0 }
  const entries = new Map<string, string>()
  const leases = new Map<string, string>()
  const cache: TokenCache = {
    get: async (key) => {
      counts.get += 1
      return entries.get(key)
    },
    set: async (key, value, _expiresIn, lease) => {
      counts.set += 1
      const mayWrite = lease === undefined || leases.get(key) === lease
      if (mayWrite) {
        entries.set(key, value)
        leases.delete(key)
      }
      return mayWrite
    },
    delete: async (key) => void entries.delete(key),
    acquireLease: async (key) => {
      counts.lease += 1
      if (leases.has(key)) {
        return undefined
      }
      leases.set(key, String(counts.lease))
      return String(counts.lease)
    },
    renewLease: async (key, lease) => leases.get(key) === lease,
    releaseLease: async (key) => void leases.delete(key),
  }
  return { cache, counts }
}
