/** Connections that end, or that the server gives up, while a request is on its way. */
import { createServer, type Socket } from 'node:net'
import { createValidator, trustedIssuer, type ValidatorOptions } from '@tollgate/core'
import { Agent } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { settle } from '../harness/clock.ts'
import { listen } from '../harness/listen.ts'
import { audience } from '../harness/reference.ts'
import { client } from '../harness/scripted-api.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'
import { waitFor } from '../harness/wait-for.ts'

type Fault = (socket: Socket) => void

const faults = {
  'is reset': (socket) => socket.resetAndDestroy(),
  'is closed': (socket) => void socket.end(),
  'brings a 408': (socket) => void socket.end('HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n'),
} satisfies Record<string, Fault>

interface Scene {
  readonly present: (token: string) => Promise<string>
  /** Each request, as the number of requests on its connection so far. */
  readonly requests: readonly number[]
  /** From now on, a response has to wait for `respondToAll`. */
  readonly collect: () => void
  readonly respondToAll: () => void
}

/** An introspection endpoint. The fault meets each request after the first so many of its connection. */
async function open(fault: Fault, good: number, options: Partial<ValidatorOptions> = {}): Promise<Scene> {
  const requests: number[] = []
  const waiting: (() => void)[] = []
  let isCollecting = false
  const server = createServer((socket) => {
    let count = 0
    socket
      .on('error', () => undefined)
      .on('data', (data) => {
        if (String(data).includes('token=')) {
          count += 1
          requests.push(count)
          const act = (): void => (count > good ? fault(socket) : void socket.write(response))
          waiting.push(act)
          if (!isCollecting) {
            waiting.splice(0).forEach((one) => one())
          }
        }
      })
  })
  const url = await listen(server)
  const issuer = trustedIssuer('https://as.example', { introspection: { client, endpoint: `${url}/introspect` } })
  const validator = createValidator({ issuer, audience, ...options })
  onTestFinished(() => validator.close())
  return {
    present: async (token) => {
      const reason = await reasonOf(validator.authenticate(requestWith(token)))
      // A connection is idle shortly after its response.
      await settle()
      return reason
    },
    requests,
    collect: () => {
      isCollecting = true
    },
    respondToAll: () => {
      isCollecting = false
      waiting.splice(0).forEach((act) => act())
    },
  }
}

const body = JSON.stringify({ active: true, aud: audience, exp: 4_000_000_000 })
const response = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`

const dispatchers: Readonly<Record<string, () => Agent | undefined>> = {
  'the default dispatcher': () => undefined,
  'a dispatcher of the developer': () => {
    const agent = new Agent()
    onTestFinished(() => agent.destroy())
    return agent
  },
}

const cases = Object.entries(faults).flatMap(([name, fault]) =>
  Object.entries(dispatchers).map(([other, dispatcher]) => ({ name, fault, other, dispatcher })),
)

test.each(cases)('a request whose reused connection $name is repeated on a new one, with $other', async (given) => {
  const { present, requests } = await open(given.fault, 1, { dispatcher: given.dispatcher() })
  expect([await present('one'), await present('two')]).toEqual(['OK', 'OK'])
  expect(requests).toEqual([1, 2, 1])
})

test.each(Object.entries(faults))(
  'of several stale connections, each of which %s, no request meets two',
  async (_name, fault) => {
    const scene = await open(fault, 1)
    const present = async (prefix: string, count: number): Promise<readonly string[]> => {
      scene.collect()
      const before = scene.requests.length
      const reasons = Array.from({ length: count }, (_, index) => scene.present(`${prefix}-${index}`))
      await waitFor(() => scene.requests.length === before + count)
      scene.respondToAll()
      return Promise.all(reasons)
    }
    expect(new Set(await present('first', 8))).toEqual(new Set(['OK']))
    expect(await scene.present('one')).toBe('OK')
    expect(scene.requests.slice(8)).toEqual([2, 1])
    expect(new Set(await present('second', 8))).toEqual(new Set(['OK']))
    expect(scene.requests.filter((count) => count > 2)).toEqual([])
  },
)

test.each([
  ['is reset', 'network', [1, 1]],
  ['brings a 408', 'unexpected-status', [1, 1]],
  ['is closed', 'network', [1]],
] as const)('a server whose every connection %s gets at most one repeat', async (name, reason, expected) => {
  const { present, requests } = await open(faults[name], 0)
  expect(await present('one')).toBe(reason)
  expect(requests).toEqual(expected)
})
