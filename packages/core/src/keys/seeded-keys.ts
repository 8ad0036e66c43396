import type { JSONWebKeySet } from 'jose'
import { diagnostics, tellOfBug } from '../diagnostics.ts'
import { type Age, createAge } from '../http/lifetime.ts'
import type { Outside } from '../http/shared.ts'
import { UpstreamError } from '../unavailable.ts'
import type { KeySet } from './key-set.ts'
import { inlineKeys, type KeySource } from './key-source.ts'

/** Milliseconds since they were first needed: as long as fetched keys serve while the issuer is down. */
const usableFor = 3_600_000

/**
 * Keys that were known at start-up, and serve until the first fetch has brought others, which is under way as soon as the first token
 * arrives. They are never gone back to.
 */
export function seededKeys(seed: JSONWebKeySet, source: KeySource, { clock, label }: Outside): KeySource {
  const seeds = inlineKeys(seed)
  let age: Age | undefined
  let isOver = false

  /** Another validator of the process may have fetched them already. */
  const serves = (): boolean => {
    isOver ||= source.health().keys.state !== 'missing'
    age ??= createAge(clock, clock())
    return !isOver && age.now() < usableFor
  }

  async function fetched(): Promise<KeySet> {
    const keys = await source.current()
    isOver = true
    return keys
  }

  async function current(): Promise<KeySet> {
    if (!serves()) {
      return source.current()
    }
    fetched().catch(tellOfBug)
    diagnostics.stale.publish({ document: 'keys', issuer: label, staleFor: age?.now() ?? 0 })
    return seeds.current()
  }

  async function ready(): Promise<unknown> {
    try {
      return await fetched()
    } catch (error) {
      if (error instanceof UpstreamError && serves()) {
        return seeds.current()
      }
      throw error
    }
  }

  return {
    current,
    ready,
    retry: async (verifies) => (serves() && (await verifies(await fetched())) ? true : source.retry(verifies)),
    health: () => {
      const { keys, metadata } = source.health()
      const isStale = keys.state === 'missing' && (age === undefined || age.now() < usableFor) && !isOver
      return { keys: isStale ? { ...keys, state: 'stale', since: sinceOf(age) } : keys, metadata }
    },
  }
}

function sinceOf(age: Age | undefined): Date | undefined {
  return age && new Date(age.at(0))
}
