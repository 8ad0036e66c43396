import { LRUCache } from 'lru-cache'
import type { Dispatcher } from 'undici'
import type { Clock } from '../lib/clock.ts'
import type { Addresses } from './public-address.ts'

/** What the core knows of the world: how to reach it, and what time it is. */
interface World {
  readonly dispatcher: Dispatcher
  /** Where it may be reached. */
  readonly network: Addresses
  readonly clock: Clock
}

/** The world as an issuer sees it. */
export interface Outside extends World {
  /** What diagnostics call the issuer. */
  readonly label: string
}

/** More issuers than this in one process forget those not seen for longest, and ask again. */
export const mostIssuers = 20_000

/** One value per name, dispatcher and clock in the process, so that middleware built twice still fetches once. */
export interface Shared<Value extends object> {
  readonly get: (name: string, world: World, create: () => Value) => Value
  /** Forgets this value, and no other that has taken its place. */
  readonly forget: (name: string, world: World, value: Value) => void
}

export function createShared<Value extends object>(): Shared<Value> {
  const shared = new WeakMap<Dispatcher, WeakMap<Clock, LRUCache<string, Value>>>()

  function valuesOf({ dispatcher, clock }: World): LRUCache<string, Value> {
    const byClock = shared.get(dispatcher) ?? new WeakMap<Clock, LRUCache<string, Value>>()
    shared.set(dispatcher, byClock)
    const values = byClock.get(clock) ?? new LRUCache<string, Value>({ max: mostIssuers })
    byClock.set(clock, values)
    return values
  }

  return {
    get: (name, world, create) => {
      const values = valuesOf(world)
      const key = keyOf(name, world)
      const value = values.get(key) ?? create()
      values.set(key, value)
      return value
    },
    forget: (name, world, value) => {
      const values = valuesOf(world)
      const key = keyOf(name, world)
      if (values.peek(key) === value) {
        values.delete(key)
      }
    },
  }
}

function keyOf(name: string, { network }: World): string {
  return `${network} ${name}`
}
