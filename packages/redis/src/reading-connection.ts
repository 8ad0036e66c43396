import { setTimeout as after } from 'node:timers'
import type { OwnConnection } from './client.ts'
import { failure, withDeadline } from './guarded-client.ts'

/** A connection for commands that wait. It is opened for a use, and stays open for the next one. */
export interface ReadingConnection {
  /**
   * Does work on a connection. After a failure, after so many milliseconds, and when the signal aborts, it drops the
   * connection and rejects. The next use opens another one.
   */
  readonly use: <Result>(
    work: (connection: OwnConnection) => Promise<Result>,
    deadline: number,
    signal: AbortSignal,
  ) => Promise<Result>
}

/** Milliseconds. A follower that reads again does so at once. */
const maxIdle = 500

export function createReadingConnection(open: () => Promise<OwnConnection>): ReadingConnection {
  let idle: Promise<OwnConnection> | undefined
  let idleTimer: NodeJS.Timeout | undefined

  function take(): Promise<OwnConnection> {
    const taken = idle ?? open()
    idle = undefined
    clearTimeout(idleTimer)
    return taken
  }

  function giveBack(connection: Promise<OwnConnection>): void {
    if (idle !== undefined) {
      void drop(connection)
      return
    }
    idle = connection
    idleTimer = after(() => {
      idle = undefined
      void drop(connection)
    }, maxIdle).unref()
  }

  return {
    use: async (work, deadline, signal) => {
      signal.throwIfAborted()
      const connection = take()
      try {
        const result = await untilAborted(withDeadline(connection.then(work), deadline), signal)
        giveBack(connection)
        return result
      } catch (error) {
        void drop(connection)
        throw error
      }
    },
  }
}

/** A connection that opens late is closed, too. */
async function drop(connection: Promise<OwnConnection>): Promise<void> {
  try {
    await (await connection).close()
  } catch {
    // It never opened, or it has ended by itself.
  }
}

async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(failure('aborted', 'The read was ended'))
  signal.addEventListener('abort', stop)
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', stop)
    work.catch(() => undefined)
  }
}
