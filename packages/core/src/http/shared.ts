import { LRUCache } from 'lru-cache'
import type { Dispatcher } from 'undici'
import type { Clock } from '../clock.ts'
import type { Holdings } from './holdings.ts'
import type { Addresses } from './public-address.ts'

/** What the core knows of the world: how to reach it, and what time it is. */
export interface World {
  readonly dispatcher: Dispatcher
  /** Where it may be reached. */
  readonly addresses: Addresses
  readonly clock: Clock
}

/** The world as one issuer of a validator sees it. */
export interface Outside extends World {
  /** What diagnostics call the issuer. */
  readonly label: string
  /** What the validator keeps going until it is closed. */
  readonly holdings: Holdings
}

/** More issuers than this in one process forget those not seen for longest, and ask again. */
export const mostIssuers = 20_000

/** One value per key, dispatcher and clock in the process, so that middleware built twice still fetches once. */
export function createShared<Value extends object>(): (key: string, world: World, create: () => Value) => Value {
  const shared = new WeakMap<Dispatcher, WeakMap<Clock, LRUCache<string, Value>>>()

  return (name, { dispatcher, addresses, clock }, create) => {
    const byClock = shared.get(dispatcher) ?? new WeakMap<Clock, LRUCache<string, Value>>()
    shared.set(dispatcher, byClock)
    const byKey = byClock.get(clock) ?? new LRUCache<string, Value>({ max: mostIssuers })
    byClock.set(clock, byKey)
    const key = `${addresses} ${name}`
    const value = byKey.get(key) ?? create()
    byKey.set(key, value)
    return value
  }
}
