import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import type { FleetOptions } from './api.ts'

/** A response, and the process that it came from. */
interface FleetResponse {
  readonly from: string
  readonly status: number
}

export interface Fleet {
  readonly send: (method: 'GET' | 'POST', path: string, token: string) => Promise<FleetResponse>
  readonly stop: () => Promise<void>
}

/** Starts processes of the API behind one port. */
export async function startFleet(count: number, options: FleetOptions): Promise<Fleet> {
  cluster.setupPrimary({ exec: new URL('serve.ts', import.meta.url).pathname })
  const workers: Worker[] = []
  let port = 0
  for (let index = 0; index < count; index += 1) {
    const worker = cluster.fork({ FLEET: JSON.stringify(options) })
    const [started] = (await once(worker, 'message')) as [{ readonly port: number }]
    port = started.port
    workers.push(worker)
  }
  // Each request has a connection of its own, so that it can come to any of the processes.
  const agent = new Agent({ keepAlive: false })

  return {
    send: async (method, path, token) => {
      const sent = request({
        method,
        path,
        agent,
        host: '127.0.0.1',
        port,
        headers: { authorization: `Bearer ${token}` },
      })
      sent.end()
      const [response] = await once(sent, 'response')
      response.resume()
      return { from: response.headers['x-process'], status: response.statusCode }
    },
    stop: async () => {
      await Promise.all(
        workers.map(async (worker) => {
          worker.kill()
          await once(worker, 'exit')
        }),
      )
    },
  }
}
