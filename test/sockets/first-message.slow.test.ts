/** The token in the first message, and the list of origins. */
import { once } from 'node:events'
import type { Server } from 'node:http'
import { createValidator, scopes, type Validator, webSocketProtocol } from '@tollgate/core'
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { messagesOn } from '../harness/channel-messages.ts'
import { bearer, endOf, frame, open, openStubborn } from './clients.ts'
import { beforeTheUpgrade, byUpgrade, connectionsOf, type Protection, type Serve } from './libraries.ts'

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

async function serveEvents(serve: Serve, options: Protection['options'] = { firstMessage: 'accepted' }) {
  const events: string[] = []
  const server = await serve({
    validator,
    options,
    guards: [scopes('live')],
    accept: (socket, { token }) => {
      events.push(`accepted ${token.subject}`)
      socket.on('message', (data) => events.push(String(data)))
    },
  })
  return { server, events }
}

async function expectGone(server: Server): Promise<void> {
  await expect.poll(() => connectionsOf(server), { timeout: soon, interval: 20 }).toBe(0)
}

describe.each(Object.entries(byUpgrade))('%s', (library, serve) => {
  test('the first message is the token, and the next ones are delivered', async () => {
    const { server, events } = await serveEvents(serve)
    const token = await issuer.accessToken({ scope: 'live' })
    openStubborn(server, { messages: [token, 'one', 'two'] })
    await expect.poll(() => events).toEqual(['accepted alice', 'one', 'two'])
    const socket = open(server)
    await once(socket, 'open')
    socket.send(token)
    socket.send('three')
    await expect.poll(() => events.slice(3)).toEqual(['accepted alice', 'three'])
  })

  test('a token in the request needs no message', async () => {
    const { server, events } = await serveEvents(serve)
    const headers = bearer(await issuer.accessToken({ scope: 'live' }))
    openStubborn(server, { headers, messages: ['one'] })
    await expect.poll(() => events).toEqual(['accepted alice', 'one'])
  })

  test('a bad first message closes the WebSocket, and the handler gets nothing', async () => {
    const { server, events } = await serveEvents(serve)
    const token = await issuer.accessToken({ scope: 'live' })
    const bad = [
      frame(''),
      frame('not a token'),
      frame(await issuer.wrongToken('tampered')),
      frame(await issuer.accessToken()),
      frame(token, 2),
      frame(JSON.stringify({ token })),
    ]
    for (const [index, bytes] of bad.entries()) {
      const { socket, received } = openStubborn(server)
      await expect.poll(received).toContain('\r\n\r\n')
      socket.write(Buffer.concat([bytes, frame(token), frame('one')]))
      await expectGone(server)
      // 1008, and the sentence of the refusal.
      expect(received(), String(index)).toContain('\x03\xf0The ')
      expect(received()).not.toContain(token)
    }
    expect(events).toEqual([])
  })

  test('an issuer that is down closes the WebSocket with 1013', async () => {
    const { server } = await serveEvents(serve)
    issuer.misbehave('jwks', { status: 503 })
    const socket = open(server)
    await once(socket, 'open')
    const ended = endOf(socket)
    socket.send(await issuer.accessToken({ scope: 'live' }))
    expect(await ended).toEqual({ code: 1013 })
  })

  test('a client that sends 32 KiB without a token is cut off', async () => {
    const { server, events } = await serveEvents(serve)
    for (const bytes of [frame('x'.repeat(40_000)), frame('x'.repeat(40_000)).subarray(0, 33_000)]) {
      const { socket } = openStubborn(server)
      await once(socket, 'connect')
      socket.write(bytes)
      await expect.poll(() => connectionsOf(server), { timeout: soon, interval: 20 }).toBe(1)
      await expectGone(server)
    }
    expect(events).toEqual([])
  })

  // The limit of 5 s is real time: fake timers do not change it.
  test('a client that sends no token within 5 s is closed', async () => {
    const { server, events } = await serveEvents(serve)
    const begun = performance.now()
    const ended = endOf(open(server))
    openStubborn(server)
    expect(await ended).toEqual({ code: 1008 })
    expect(performance.now() - begun).toBeGreaterThan(4900)
    await expectGone(server)
    expect(events).toEqual([])
  })

  test('a page of an unlisted origin is refused before anything else', async () => {
    const refusals = messagesOn('tollgate:refusal')
    const options = { firstMessage: 'accepted', origins: 'https://app.example' } as const
    const { server, events } = await serveEvents(serve, options)
    const good = bearer(await issuer.accessToken({ scope: 'live' }))
    const expected = beforeTheUpgrade.has(library) ? { status: 403 } : { code: 1008 }
    for (const headers of [{}, good, bearer('nonsense')]) {
      for (const origin of ['https://evil.example', 'null', 'https://app.example.evil', 'https://APP.example']) {
        expect(await endOf(open(server, { ...headers, origin }))).toMatchObject(expected)
      }
    }
    expect(new Set(refusals.map(({ refusal }) => refusal.reason))).toEqual(new Set(['cross-origin']))
    open(server, { ...good, origin: 'https://app.example' })
    open(server, good)
    await expect.poll(() => events).toEqual(['accepted alice', 'accepted alice'])
  })

  test('an error of the application closes the WebSocket, and does not end the process', async () => {
    const failures = messagesOn('tollgate:failure')
    const bug = new Error('a bug of the application')
    for (const accept of [() => Promise.reject(bug), () => void raise(bug)]) {
      const server = await serve({ validator, accept })
      expect(await endOf(open(server, bearer(await issuer.accessToken())))).toEqual({ code: 1011 })
      expect(failures.at(-1)).toMatchObject({ outcome: 'internal_error', error: bug })
    }
  })
})

function raise(error: Error): never {
  throw error
}
