import type { RedisClient } from '@tollgate/redis'

/** As much of a Redis server as `redisTokenCache` needs. A test reads and writes its values as an attacker would. */
export interface ScriptedRedis extends RedisClient {
  readonly values: Map<string, string>
}

export function scriptedRedis(): ScriptedRedis {
  const values = new Map<string, string>()

  function set(key: string, value: string, isNew: boolean): 'OK' | null {
    if (isNew && values.has(key)) {
      return null
    }
    values.set(key, value)
    return 'OK'
  }

  /** The scripts compare a lease with the stored one. Only that which writes has two keys. */
  function run(count: number, args: readonly string[]): number {
    const [keys, [lease, value = '']] = [args.slice(0, count), args.slice(count)]
    const leaseKey = keys.at(-1) ?? ''
    if (values.get(leaseKey) !== lease) {
      return 0
    }
    values.delete(leaseKey)
    if (count === 2) {
      values.set(keys[0] ?? '', value)
    }
    return 1
  }

  return {
    values,
    sendCommand: async ([command, key = '', ...args]) => {
      switch (command) {
        case 'GETRANGE':
          return values.get(key) ?? ''
        case 'SET':
          return set(key, args[0] ?? '', args.includes('NX'))
        case 'DEL':
          return [key, ...args].filter((one) => values.delete(one)).length
        case 'EVALSHA':
          return run(Number(args[0]), args.slice(1))
        default:
          throw new Error(`The test has no command ${command}`)
      }
    },
  }
}
