import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import type { Revocation } from '@tollgate/core'
import type { RedisRevocationsOptions } from '@tollgate/redis'
import { onTestFinished } from 'vitest'

export interface FleetSettings {
  readonly issuer: string
  readonly audience: string
  readonly client: { readonly id: string; readonly secret: string }
  readonly redis: string
  readonly secrets: readonly string[]
  readonly revocations?: Omit<RedisRevocationsOptions, 'secrets'>
}

export interface Call {
  readonly id: number
  readonly operation: 'revoke' | 'evict' | 'health' | 'delay'
  readonly argument: unknown
}

export interface Reply {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

/** The response to one request. `status` is 0 when the process has ended. */
interface Received {
  readonly status: number
  /** Milliseconds. */
  readonly took: number
  /** Why the process refused the request. */
  readonly reason?: string | undefined
  /** A nonce for DPoP proofs. */
  readonly nonce?: string | undefined
}

/** One process of the fleet, as the test sees it. */
export interface FleetProcess {
  readonly name: string
  /** Sends a token under Bearer. */
  readonly get: (token: string) => Promise<Received>
  readonly send: (headers: OutgoingHttpHeaders) => Promise<Received>
  readonly revoke: (revocation: Revocation) => Promise<void>
  readonly evict: (token: string) => Promise<void>
  readonly health: () => Promise<{ readonly state: string; readonly entries: number }>
  /** Milliseconds: the 99th percentile of the delay of its event loop since the last call. */
  readonly loopDelay: () => Promise<number>
  readonly kill: (signal?: NodeJS.Signals) => Promise<void>
}

/** Starts processes with one issuer and one Redis. They end with the test. */
export async function startFleet(count: number, settings: FleetSettings): Promise<readonly FleetProcess[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => startFleetProcess(`process ${index + 1}`, settings)))
}

export async function startFleetProcess(name: string, settings: FleetSettings): Promise<FleetProcess> {
  const child = fork(new URL('process.ts', import.meta.url).pathname, {
    env: { ...process.env, FLEET_PROCESS: JSON.stringify({ ...settings, name }) },
    execArgv: ['--disable-warning=TollgateWarning', '--disable-warning=ExperimentalWarning'],
  })
  onTestFinished(() => end(child, 'SIGKILL'))
  const [started] = (await Promise.race([once(child, 'message'), ended(child)])) as [{ readonly port: number }]
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  onTestFinished(() => agent.destroy())
  const call = callsTo(child)

  return {
    name,
    get: (token) => send(agent, started.port, { authorization: `Bearer ${token}` }),
    send: (headers) => send(agent, started.port, headers),
    revoke: async (revocation) => void (await call('revoke', revocation)),
    evict: async (token) => void (await call('evict', token)),
    health: async () => (await call('health')) as Awaited<ReturnType<FleetProcess['health']>>,
    loopDelay: async () => (await call('delay')) as number,
    kill: (signal = 'SIGKILL') => end(child, signal),
  }
}

async function ended(child: ChildProcess): Promise<never> {
  const [code] = (await once(child, 'exit')) as [number | null]
  throw new Error(`A process of the fleet ended with ${code} before it was ready`)
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }
}

function callsTo(child: ChildProcess): (operation: Call['operation'], argument?: unknown) => Promise<unknown> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let last = 0
  child.on('message', ({ id, result, error }: Reply) => {
    const one = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) {
      one?.resolve(result)
    } else {
      one?.reject(new Error(error))
    }
  })
  return (operation, argument) => {
    last += 1
    const one = Promise.withResolvers<unknown>()
    waiting.set(last, one)
    child.send({ id: last, operation, argument } satisfies Call)
    return one.promise
  }
}

async function send(agent: Agent, port: number, headers: OutgoingHttpHeaders): Promise<Received> {
  const begun = performance.now()
  const sent = request({ agent, host: '127.0.0.1', port, headers })
  sent.end()
  try {
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    response.resume()
    await once(response, 'end')
    const { 'x-reason': reason, 'dpop-nonce': nonce } = response.headers as Readonly<Record<string, string>>
    return { status: response.statusCode ?? 0, took: performance.now() - begun, reason, nonce }
  } catch {
    return { status: 0, took: performance.now() - begun }
  }
}
