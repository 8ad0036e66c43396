import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { onTestFinished } from 'vitest'

/** Sends requests over connections that it keeps: for more requests than the machine has ports. */
export interface Client {
  /** The status of the answer to a GET with this bearer token. */
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
  /** Sends one request; called in turn for each, and not waited for before the next. */
  readonly send: (index: number) => Promise<void>
}

/**
 * Sends at a steady rate, however long the answers take (an open loop: who waits for answers goes easy on a server that is slow).
 * Resolves when all are answered.
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
