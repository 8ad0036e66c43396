import type { RedisClient } from '@tollgate/redis'

type Reply = unknown

export interface ScriptedClient extends RedisClient {
  /** The commands that were sent, without the sealed values. */
  readonly sent: string[]
  /** What a command gets from now on. A promise that never settles is a paused server. */
  respond: (args: readonly string[]) => Promise<Reply>
}

export const paused = (): Promise<never> => new Promise(() => undefined)

/** A client without a server. */
export function scriptedClient(respond: ScriptedClient['respond'] = async () => null): ScriptedClient {
  const sent: string[] = []
  const client: ScriptedClient = {
    sent,
    respond,
    sendCommand: async (args) => {
      sent.push(args[0] ?? '')
      return client.respond(args)
    },
  }
  return client
}
