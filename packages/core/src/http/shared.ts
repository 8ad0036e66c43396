import { LRUCache } from 'lru-cache'
import type { Dispatcher } from 'undici'
import type { Clock } from '../clock.ts'

/** What the core knows of the world: how to reach it, and what time it is. */
export interface Outside {
  readonly dispatcher: Dispatcher
  readonly clock: Clock
}

/** More issuers than this in one process forget those not seen for longest, and ask again. */
const most = 20_000

/** One value per key, dispatcher and clock in the process, so that middleware built twice still fetches once. */
export function createShared<Value extends object>(): (key: string, outside: Outside, create: () => Value) => Value {
  const shared = new WeakMap<Dispatcher, WeakMap<Clock, LRUCache<string, Value>>>()

  return (key, { dispatcher, clock }, create) => {
    const byClock = shared.get(dispatcher) ?? new WeakMap<Clock, LRUCache<string, Value>>()
    shared.set(dispatcher, byClock)
    const byKey = byClock.get(clock) ?? new LRUCache<string, Value>({ max: most })
    byClock.set(clock, byKey)
    const value = byKey.get(key) ?? create()
    byKey.set(key, value)
    return value
  }
}
