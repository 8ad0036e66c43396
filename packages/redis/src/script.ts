import { hash } from '@tollgate/core/adapter'
import { type GuardedClient, isResponse } from './guarded-client.ts'

/** A Lua script, which the server runs as one atomic step. All of its keys must be in one slot of a cluster. */
export interface Script {
  readonly run: (
    client: Pick<GuardedClient, 'send'>,
    keys: readonly string[],
    args: readonly string[],
  ) => Promise<unknown>
}

export function createScript(source: string): Script {
  const digest = hash('sha1', source)
  return {
    run: async (client, keys, args) => {
      const rest = [String(keys.length), ...keys, ...args]
      try {
        return await client.send(['EVALSHA', digest, ...rest])
      } catch (error) {
        if (!isUnknownScript(error)) {
          throw error
        }
        // The server has restarted, or sees the script for the first time. It stores what EVAL sends.
        return client.send(['EVAL', source, ...rest])
      }
    },
  }
}

function isUnknownScript(error: unknown): boolean {
  return isResponse(error) && error instanceof Error && /no-?script/i.test(error.message)
}
