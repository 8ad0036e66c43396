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

/** One value per URL, dispatcher and clock in the process, so that middleware built twice still fetches once. */
export function sharedByUrl<Value extends object>(
  create: (url: string, outside: Outside) => Value,
): (url: string, outside: Outside) => Value {
  const shared = new WeakMap<Dispatcher, WeakMap<Clock, LRUCache<string, Value>>>()

  return (url, outside) => {
    const byClock = shared.get(outside.dispatcher) ?? new WeakMap<Clock, LRUCache<string, Value>>()
    shared.set(outside.dispatcher, byClock)
    const byUrl = byClock.get(outside.clock) ?? new LRUCache<string, Value>({ max: most })
    byClock.set(outside.clock, byUrl)
    const value = byUrl.get(url) ?? create(url, outside)
    byUrl.set(url, value)
    return value
  }
}
