import type { JSONWebKeySet } from 'jose'
import { diagnostics, tellOfBug } from '../diagnostics/channels.ts'
import { type Age, createAge } from '../http/lifetime.ts'
import type { Outside } from '../http/shared-documents.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import type { KeySet } from './key-set.ts'
import { type FetchedKeys, inlineKeys, type KeySource } from './key-source.ts'
import { noUsableKey } from './remote-keys.ts'

/** Milliseconds since they were first needed: as long as fetched keys serve while the issuer is down. */
const usableFor = 3_600_000

/** How far a seed has come. It is remembered with the source of the keys, for an issuer that is found anew must not begin anew. */
interface Progress {
  /** Since it was first needed. */
  age: Age | undefined
  /** Keys were fetched: it is never gone back to. */
  isOver: boolean
}

const remembered = new WeakMap<FetchedKeys, Progress>()

/**
 * Keys that were known at start-up, and serve until the first fetch has brought others, which is under way as soon as the first token
 * arrives. They are never gone back to.
 */
export function seededKeys(seed: JSONWebKeySet, issuer: string, source: FetchedKeys, outside: Outside): KeySource {
  const { clock, label } = outside
  const seeds = inlineKeys(seed)
  const progress = remembered.get(source) ?? { age: undefined, isOver: false }
  remembered.set(source, progress)

  const isOver = (): boolean => progress.isOver || source.atHand()?.isUsable === true
  const serves = (): boolean => !isOver() && (progress.age?.now() ?? 0) < usableFor

  /** Its hour begins with the first token. */
  function begin(): void {
    progress.age ??= createAge(clock, clock())
    progress.isOver ||= isOver()
  }

  async function fetched(): Promise<KeySet> {
    const keys = await source.current()
    if (!keys.isUsable) {
      throw noUsableKey(issuer)
    }
    progress.isOver = true
    return keys
  }

  async function current(): Promise<KeySet> {
    begin()
    if (!serves()) {
      return source.current()
    }
    fetched().catch(tellOfBug)
    diagnostics.stale.publish({ document: 'keys', issuer: label, staleFor: progress.age?.now() ?? 0 })
    return seeds.current()
  }

  async function ready(): Promise<unknown> {
    begin()
    try {
      return await fetched()
    } catch (error) {
      if (error instanceof UpstreamError && serves()) {
        return seeds.current()
      }
      throw error
    }
  }

  function health(): ReturnType<KeySource['health']> {
    const { keys, metadata } = source.health()
    const { age } = progress
    const isStale = keys.state === 'missing' && serves()
    return { keys: isStale ? { ...keys, state: 'stale', since: age && new Date(age.at(0)) } : keys, metadata }
  }

  return {
    current,
    atOnce: (now) => (progress.isOver ? source.atOnce(now) : undefined),
    ready,
    retry: async (verifies) => (serves() && (await verifies(await fetched()))) || source.retry(verifies),
    isProven: () => !serves(),
    held: source.held,
    health,
  }
}
