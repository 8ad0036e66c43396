import type { RedisClient } from './client.ts'

/** Sends commands with a deadline, and through a circuit breaker. */
export interface GuardedClient {
  /** Rejects after so many milliseconds, and at once while the circuit is open. */
  readonly send: (args: readonly string[], deadline?: number) => Promise<unknown>
  /** Whether the last command failed. A request that has waited for one deadline need not wait for another. */
  readonly hasFailed: () => boolean
}

/** Milliseconds. Redis responds in less than one, and a client queues its commands while there is no connection. */
const defaultDeadline = 200
/** Failures in a row that open the circuit. */
const maxFailures = 5
/** Milliseconds until the next probe: from the first to the last, doubled each time. */
const [firstWait, maxWait] = [500, 4000]
/** Commands of one client that have not ended. A command that hangs has not. */
const maxPending = 1024

/** The caches and the replay store of one client share its circuit. */
const guarded = new WeakMap<RedisClient, GuardedClient>()

export function guard(client: RedisClient): GuardedClient {
  const known = guarded.get(client) ?? createGuardedClient(client)
  guarded.set(client, known)
  return known
}

function createGuardedClient(client: RedisClient): GuardedClient {
  const circuit = createCircuit()
  let pending = 0

  return {
    hasFailed: circuit.hasFailed,
    send: async (args, deadline = defaultDeadline) => {
      if (pending >= maxPending) {
        throw failure('overloaded', 'Too many commands have not ended')
      }
      circuit.pass()
      pending += 1
      // A late response says that the server is back, too.
      const work = client.sendCommand(args).finally(() => (pending -= 1))
      work.then(circuit.succeeded, (error: unknown) => isResponse(error) && circuit.succeeded())
      try {
        return await withDeadline(work, deadline)
      } catch (error) {
        if (!isResponse(error)) {
          circuit.failed()
        }
        throw error
      }
    },
  }
}

interface Circuit {
  /** Throws while the circuit is open, except for one probe after each wait. */
  readonly pass: () => void
  readonly succeeded: () => void
  readonly failed: () => void
  readonly hasFailed: () => boolean
}

function createCircuit(): Circuit {
  let failures = 0
  let wait = 0
  let nextProbe = 0

  function open(): void {
    wait = Math.min(wait === 0 ? firstWait : 2 * wait, maxWait)
    nextProbe = performance.now() + wait
  }

  return {
    hasFailed: () => failures > 0,
    pass: () => {
      if (wait > 0 && performance.now() < nextProbe) {
        throw failure('backing-off', 'Redis failed five times in a row; the next try follows in at most 4 s')
      }
      // The next command waits again, unless this one succeeds.
      if (wait > 0) {
        open()
      }
    },
    succeeded: () => {
      failures = 0
      wait = 0
    },
    failed: () => {
      failures += 1
      if (failures >= maxFailures && wait === 0) {
        open()
      }
    },
  }
}

/** Whether the server has responded with an error that concerns the command alone. The clients spell it differently. */
export function isResponse(error: unknown): boolean {
  return error instanceof Error && /^WRONGTYPE\b|no-?script/i.test(error.message)
}

/**
 * Waits for work, at most so many milliseconds. The work goes on, and its late error is dropped. The timer does not
 * keep the process alive.
 */
export async function withDeadline<Result>(work: Promise<Result>, milliseconds: number): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(failure('too-late', 'Redis did not respond in time')), milliseconds).unref()
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined)
  }
}

/** The code is published on diagnostics channels. */
export function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
