import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { onTestFinished } from 'vitest'

/** Sends requests over persistent connections, because the machine has fewer ports than a test has requests. */
export interface Client {
  /** The status of the response to a GET with this bearer token. */
  readonly statusOf: (token: string) => Promise<number>
}

export function openClient(origin: string, connections = 1): Client {
  const pool = new Pool(origin, { connections })
  onTestFinished(() => pool.destroy())
  return {
    statusOf: async (token) => {
      const options = { method: 'GET', path: '/items', headers: { authorization: `Bearer ${token}` } } as const
      const { statusCode, body } = await pool.request(options)
      await body.dump()
      return statusCode
    },
  }
}

export interface Load {
  readonly total: number
  readonly perSecond: number
  /** Sends one request. It is called for the next one before the response is there. */
  readonly send: (index: number) => Promise<void>
}

/**
 * Sends at a steady rate and does not wait for responses (an open loop), because a client that waits spares a slow server.
 * Resolves when all responses are there.
 */
export async function sendSteadily({ total, perSecond, send }: Load): Promise<void> {
  const startedAt = performance.now()
  const sent: Promise<void>[] = []
  while (sent.length < total) {
    const due = Math.min(total, Math.ceil(((performance.now() - startedAt) / 1000) * perSecond))
    while (sent.length < due) {
      sent.push(send(sent.length))
    }
    await sleep(10)
  }
  await Promise.all(sent)
}
