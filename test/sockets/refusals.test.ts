/** A refused WebSocket is closed with every library, also when its client does not take part. */
import { createValidator, claims, type Guard, scopes, type Validator } from '@tollgate/core'
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import { describe, expect, onTestFinished, test } from 'vitest'
import { once } from 'node:events'
import { bearer, endOf, frame, type Headers, open, openStubborn } from './clients.ts'
import { beforeTheUpgrade, connectionsOf, libraries, type Serve } from './libraries.ts'

/** A peer that does not take part is cut off after 500 ms. The libraries themselves wait for 30 s. The machine can be slow. */
const soon = 5000

interface Case {
  readonly status: number
  readonly code: number
  readonly headers?: (issuer: MockIssuer) => Promise<Headers>
  readonly guards?: readonly Guard[]
}

const live = async (issuer: MockIssuer): Promise<Headers> => bearer(await issuer.accessToken({ scope: 'live' }))

const cases: Readonly<Record<string, Case>> = {
  'no token': { status: 401, code: 1008 },
  'a wrong token': { status: 401, code: 1008, headers: async (issuer) => bearer(await issuer.wrongToken('expired')) },
  'two tokens': {
    status: 400,
    code: 1008,
    headers: async (issuer) => ({ authorization: `Bearer ${await issuer.accessToken()}, Bearer other` }),
  },
  'a missing scope': { status: 403, code: 1008, headers: async (issuer) => bearer(await issuer.accessToken()) },
  'an issuer that is down': {
    status: 503,
    code: 1013,
    headers: async (issuer) => {
      issuer.misbehave('jwks', { status: 503 })
      return live(issuer)
    },
  },
  'a guard that fails': {
    status: 500,
    code: 1011,
    headers: live,
    guards: [
      claims(() => {
        throw new Error('a bug of the application')
      }, 'never'),
    ],
  },
}

async function openIssuer(): Promise<{ issuer: MockIssuer; validator: Validator }> {
  const issuer = await createMockIssuer({ port: 'none' })
  const validator = createValidator(issuer.validatorOptions)
  onTestFinished(async () => {
    await validator.close()
    await issuer.close()
  })
  return { issuer, validator }
}

async function serveCase(serve: Serve, { guards = [scopes('live')], headers = async () => ({}) }: Case) {
  const { issuer, validator } = await openIssuer()
  const accepted: string[] = []
  const server = await serve({
    validator,
    guards,
    accept: (socket) => {
      accepted.push('accepted')
      socket.on('message', (data) => accepted.push(String(data)))
    },
  })
  return { server, accepted, headers: await headers(issuer) }
}

describe.each(Object.entries(libraries))('%s', (library, serve) => {
  test.each(Object.entries(cases))('refuses %s', async (_, one) => {
    const { server, accepted, headers } = await serveCase(serve, one)
    const socket = open(server, headers)
    const ended = endOf(socket)
    // The response of a refused upgrade comes in place of it.
    void once(socket, 'open').then(
      () => socket.send('too early'),
      () => undefined,
    )
    expect(await ended).toMatchObject(beforeTheUpgrade.has(library) ? { status: one.status } : { code: one.code })
    await expect.poll(() => connectionsOf(server), { timeout: soon, interval: 20 }).toBe(0)
    expect(accepted).toEqual([])
  })

  test.each([true, false])('cuts off a refused client that does not take part (reads: %s)', async (reads) => {
    for (const one of Object.values(cases)) {
      const { server, accepted, headers } = await serveCase(serve, one)
      const { socket } = openStubborn(server, { headers, messages: ['one', 'two'], reads })
      await once(socket, 'connect')
      socket.write(frame('three'))
      await expect.poll(() => connectionsOf(server), { timeout: soon, interval: 20 }).toBe(1)
      await expect.poll(() => connectionsOf(server), { timeout: soon, interval: 20 }).toBe(0)
      expect(accepted).toEqual([])
    }
  })

  test('a frame that breaks the protocol does not end the process', async () => {
    const { issuer, validator } = await openIssuer()
    const accepted: object[] = []
    const server = await serve({ validator, accept: (socket) => accepted.push(socket) })
    const headers = bearer(await issuer.accessToken())
    for (const one of [{}, headers, headers]) {
      const known = accepted.length
      const { socket } = openStubborn(server, { headers: one })
      await once(socket, 'connect')
      socket.write(Buffer.from([0xff, 0xff, 0, 0]))
      await expect.poll(() => connectionsOf(server), { timeout: soon, interval: 20 }).toBe(1)
      // The libraries wait for the end of an accepted client.
      await expect.poll(() => accepted.length).toBe(one === headers ? known + 1 : known)
      socket.end()
      await expect.poll(() => connectionsOf(server), { timeout: soon, interval: 20 }).toBe(0)
    }
  })

  test('delivers the messages that come early after the authentication, and none before', async () => {
    const { issuer, validator } = await openIssuer()
    const events: string[] = []
    const server = await serve({
      validator,
      accept: (socket, { token }) => {
        events.push(`accepted ${token.subject}`)
        socket.on('message', (data) => events.push(String(data)))
      },
    })
    const texts = ['one', 'two', 'x'.repeat(70_000), 'three']
    // The keys are not cached, so that the authentication waits.
    openStubborn(server, { headers: bearer(await issuer.accessToken()), messages: texts })
    await expect.poll(() => events).toEqual(['accepted alice', ...texts])
    const socket = open(server, bearer(await issuer.accessToken({ sub: 'bob' })))
    await once(socket, 'open')
    texts.forEach((text) => socket.send(text))
    await expect.poll(() => events.slice(5)).toEqual(['accepted bob', ...texts])
  })
})
