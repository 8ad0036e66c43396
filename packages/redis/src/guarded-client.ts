import { startPatientTimer } from '@tollgate/core/adapter'
import { keyOf, type RedisClient } from './client.ts'

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
/** Milliseconds between two probes, which cost no request anything. A client may need 3 s more to connect again. */
const probeWait = 500
/** Commands of one client that have not ended. A command that hangs has not. */
const maxPending = 1024

/** The cache and the log of one client share its circuit. */
const guarded = new WeakMap<RedisClient, GuardedClient>()

export function guard(client: RedisClient): GuardedClient {
  const known = guarded.get(client) ?? createGuardedClient(client)
  guarded.set(client, known)
  return known
}

function createGuardedClient(client: RedisClient): GuardedClient {
  const circuit = createCircuit()
  let pending = 0

  async function sendNow(args: readonly string[]): Promise<unknown> {
    pending += 1
    try {
      return await client.sendCommand(args)
    } finally {
      pending -= 1
    }
  }

  /** A late response says that the server may be back. It closes no circuit, because a server may be late each time. */
  async function call(args: readonly string[], deadline: number): Promise<unknown> {
    let isLate = false
    const note = (): void => (isLate ? circuit.mayBeBack() : circuit.succeeded())
    const work = sendNow(args)
    work.then(note, (error: unknown) => (isResponse(error) ? note() : undefined))
    try {
      return await withDeadline(work, deadline)
    } catch (error) {
      isLate = true
      throw error
    }
  }

  /** No request waits for it. It concerns the same key, because a cluster may have lost one of its nodes. */
  function probe(args: readonly string[]): void {
    call(['GETRANGE', keyOf(args) ?? '', '0', '0'], defaultDeadline).catch(() => undefined)
  }

  return {
    hasFailed: circuit.hasFailed,
    send: async (args, deadline = defaultDeadline) => {
      if (pending >= maxPending) {
        throw failure('overloaded', 'Too many commands have not ended')
      }
      if (circuit.isOpen()) {
        if (circuit.isProbeDue()) {
          probe(args)
        }
        throw failure('backing-off', 'Redis failed five times in a row, and is tried twice a second')
      }
      try {
        return await call(args, deadline)
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
  readonly isOpen: () => boolean
  /** Once after each wait. */
  readonly isProbeDue: () => boolean
  readonly succeeded: () => void
  /** The next probe is due at once. */
  readonly mayBeBack: () => void
  readonly failed: () => void
  readonly hasFailed: () => boolean
}

function createCircuit(): Circuit {
  let failures = 0
  let nextProbe = 0
  const wait = (): void => void (nextProbe = performance.now() + probeWait)

  return {
    isOpen: () => failures >= maxFailures,
    isProbeDue: () => {
      const isDue = performance.now() >= nextProbe
      if (isDue) {
        wait()
      }
      return isDue
    },
    succeeded: () => {
      failures = 0
    },
    mayBeBack: () => {
      nextProbe = 0
    },
    failed: () => {
      failures += 1
      if (failures === maxFailures) {
        wait()
      }
    },
    hasFailed: () => failures > 0,
  }
}

/** Whether the server has responded with an error that concerns the command alone. The clients spell it differently. */
export function isResponse(error: unknown): boolean {
  return error instanceof Error && /^WRONGTYPE\b|no-?script/i.test(error.message)
}

/**
 * Waits for work, at most so many milliseconds in which the event loop is not blocked. The work goes on, and its late
 * error is dropped. The timer does not keep the process alive.
 */
export async function withDeadline<Result>(work: Promise<Result>, milliseconds: number): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const cancel = startPatientTimer(milliseconds, () => reject(failure('too-late', 'Redis did not respond in time')))
  try {
    return await Promise.race([work, promise])
  } finally {
    cancel()
    work.catch(() => undefined)
  }
}

/** The code is published on diagnostics channels. */
export function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
