/** A WebSocket ends with its lease, in every library. */
import { once } from 'node:events'
import type { Server } from 'node:http'
import { createValidator, type Lease, scopes, type Validator, webSocketProtocol } from '@tollgate/core'
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { bearer, endOf, frame, open, openStubborn } from './clients.ts'
import { connectionsOf, libraries, type Serve } from './libraries.ts'

/** The machine can be slow. The libraries themselves wait for 30 s. */
const soon = 5000

let issuer: MockIssuer
let validator: Validator
beforeEach(async () => {
  issuer = await createMockIssuer({ port: 'none' })
  validator = createValidator({ ...issuer.validatorOptions, credentials: ['authorization', webSocketProtocol()] })
  onTestFinished(async () => {
    await validator.close()
    await issuer.close()
  })
})

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds

interface Served {
  readonly server: Server
  readonly leases: Lease[]
  readonly messages: string[]
}

async function serveMessages(serve: Serve): Promise<Served> {
  const leases: Lease[] = []
  const messages: string[] = []
  const server = await serve({
    validator,
    guards: [scopes('live')],
    accept: (socket, lease) => {
      leases.push(lease)
      socket.on('message', (data) => messages.push(String(data)))
    },
  })
  return { server, leases, messages }
}

describe.each(Object.entries(libraries))('%s', (_, serve) => {
  test('a WebSocket ends at exp, and not before', async () => {
    const { server } = await serveMessages(serve)
    const exp = inSeconds(2)
    const ended = endOf(open(server, bearer(await issuer.accessToken({ scope: 'live', exp }))))
    expect(await ended).toEqual({ code: 1008 })
    expect(Date.now() / 1000).toBeGreaterThanOrEqual(exp)
    expect(Date.now() / 1000).toBeLessThan(exp + soon / 1000)
  })

  test('a client that does not take part is cut off, and its messages are dropped', async () => {
    const { server, leases, messages } = await serveMessages(serve)
    const headers = bearer(await issuer.accessToken({ scope: 'live', sid: 'a' }))
    for (const reads of [true, false]) {
      const { socket } = openStubborn(server, { headers, messages: ['one'], reads })
      await expect.poll(() => messages).toEqual(['one'])
      leases.pop()?.end()
      socket.write(frame('two'))
      await expect.poll(() => connectionsOf(server), { timeout: soon, interval: 20 }).toBe(0)
      expect(messages.splice(0)).toEqual(['one'])
    }
  })

  test('a revocation ends the WebSockets of its sid, and no others', async () => {
    const { server, leases } = await serveMessages(serve)
    const [first, second, other] = await Promise.all(
      ['a', 'a', 'b'].map(async (sid) => open(server, bearer(await issuer.accessToken({ scope: 'live', sid })))),
    )
    const ended = [first, second].map((socket) => endOf(socket as never))
    await expect.poll(() => leases.length).toBe(3)
    await validator.revoke({ sid: 'a' })
    expect(await Promise.all(ended)).toEqual([{ code: 1008 }, { code: 1008 }])
    expect(other?.readyState).toBe(1)
    expect(leases.filter(({ signal }) => !signal.aborted)).toHaveLength(1)
    const closed = endOf(other as never)
    await validator.close()
    expect(await closed).toEqual({ code: 1000 })
  })

  test('a WebSocket that its client closes ends the lease', async () => {
    const { server, leases } = await serveMessages(serve)
    const socket = open(server, bearer(await issuer.accessToken({ scope: 'live' })))
    await once(socket, 'open')
    await expect.poll(() => leases.length).toBe(1)
    socket.close()
    await expect.poll(() => leases[0]?.signal.reason as unknown).toMatchObject({ name: 'AbortError' })
  })

  test('the subprotocol carries the token, and the server echoes `bearer` only', async () => {
    const { server, messages } = await serveMessages(serve)
    const token = await issuer.accessToken({ scope: 'live' })
    const socket = open(server, {}, ['bearer', token])
    await once(socket, 'open')
    expect(socket.protocol).toBe('bearer')
    socket.send('hello')
    await expect.poll(() => messages).toEqual(['hello'])
    const { received } = openStubborn(server, { headers: { 'Sec-WebSocket-Protocol': `bearer, ${token}` } })
    await expect.poll(received).toContain('\r\n\r\n')
    expect(received()).toMatch(/^Sec-WebSocket-Protocol: bearer\r$/m)
    expect(received()).not.toContain(token)
  })
})
