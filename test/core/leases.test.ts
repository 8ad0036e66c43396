/** The leases of connections: their end, their renewal, and the connections that are bound to them. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createValidator, defineGuard, lease, scopes, type Validator } from '@tollgate/core'
import { createProtect } from '@tollgate/express'
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'

let issuer: MockIssuer
let validator: Validator
beforeAll(async () => {
  issuer = await createMockIssuer({ port: 'none' })
  validator = createValidator(issuer.validatorOptions)
})
afterAll(async () => {
  await validator.close()
  await issuer.close()
})

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds

async function ended(signal: AbortSignal): Promise<unknown> {
  if (!signal.aborted) {
    await once(signal, 'abort', { signal: AbortSignal.timeout(20_000) })
  }
  return signal.reason
}

describe('a lease', () => {
  test('ends at exp, and not before', async () => {
    const exp = inSeconds(2)
    const token = await validator.validate(await issuer.accessToken({ exp }))
    const { signal } = lease(token)
    expect(await ended(signal)).toMatchObject({ reason: 'expired', status: 401 })
    expect(Date.now() / 1000 - exp).toBeGreaterThanOrEqual(0)
    expect(Date.now() / 1000 - exp).toBeLessThan(1)
  })

  test('ends when its token is revoked, and no other lease does', async () => {
    const first = lease(await validator.validate(await issuer.accessToken({ sid: 'a' })))
    const other = lease(await validator.validate(await issuer.accessToken({ sid: 'b' })))
    await validator.revoke({ sid: 'a' })
    expect(await ended(first.signal)).toMatchObject({ reason: 'revoked' })
    expect(other.signal.aborted).toBe(false)
    other.end()
    expect(other.signal.reason).toMatchObject({ name: 'AbortError' })
  })

  test('goes on with a fresh token of the same subject', async () => {
    const opened = lease(await validator.validate(await issuer.accessToken({ exp: inSeconds(2) })))
    const fresh = await opened.renew(await issuer.accessToken())
    expect(opened.token).toBe(fresh)
    await expect(opened.renew(await issuer.accessToken({ sub: 'bob' }))).rejects.toMatchObject({
      reason: 'other-owner',
    })
    await new Promise((resolve) => setTimeout(resolve, 2200))
    expect(opened.signal.aborted).toBe(false)
    opened.end()
  })

  test('is not renewed with a token that is revoked while a guard waits', async () => {
    let waiting: (() => void) | undefined
    let isSlow = false
    const guard = defineGuard({
      check: async () => {
        if (isSlow) {
          await new Promise<void>((resolve) => (waiting = resolve))
        }
        return 'pass' as const
      },
    })
    const opened = lease(await validator.validate(await issuer.accessToken({ sid: 'c' }), guard))
    isSlow = true
    const renewal = opened.renew(await issuer.accessToken({ sid: 'd' }))
    await expect.poll(() => waiting).toBeDefined()
    await validator.revoke({ sid: 'd' })
    waiting?.()
    await expect(renewal).rejects.toMatchObject({ reason: 'revoked' })
    expect(opened.signal.aborted).toBe(false)
    opened.end()
  })

  test('takes no parsed message for a request', async () => {
    const token = await issuer.accessToken()
    const opened = lease(await validator.validate(token))
    const message = JSON.parse(
      JSON.stringify({ method: 'GET', url: '/', headers: { authorization: `Bearer ${token}` } }),
    )
    await expect(opened.renew(message)).rejects.toMatchObject({ reason: 'malformed-credentials' })
    opened.end()
  })

  test('a fresh token must pass the guards of the connection', async () => {
    const token = await validator.validate(await issuer.accessToken({ scope: 'live' }), scopes('live'))
    const opened = lease(token)
    await expect(opened.renew(await issuer.accessToken({ scope: 'other' }))).rejects.toMatchObject({
      reason: 'missing-scope',
    })
    opened.end()
  })
})

describe('protect.upgrade with ws', () => {
  let server: Server
  let url: string
  const protectOf = () => createProtect(validator)
  beforeAll(async () => {
    server = createServer()
    const sockets = new WebSocketServer({ noServer: true })
    const upgrade = protectOf().upgrade({ firstMessage: 'accepted', origins: 'https://app.example' }, scopes('live'))
    server.on(
      'upgrade',
      upgrade.listen(sockets, (socket, { token }) => {
        socket.on('message', (data) => socket.send(`${token.subject}: ${String(data)}`))
      }),
    )
    await once(server.listen(0, '127.0.0.1'), 'listening')
    url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => void server.close())

  test('accepts a token in the request, and ends with it', async () => {
    const token = await issuer.accessToken({ scope: 'live', exp: inSeconds(2) })
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } })
    await once(socket, 'open')
    socket.send('hello')
    expect(String((await once(socket, 'message'))[0])).toBe('alice: hello')
    expect(await once(socket, 'close')).toEqual([1008, Buffer.from('The access token has expired')])
  })

  test('accepts a token in the first message, and delivers the next one', async () => {
    const token = await issuer.accessToken({ scope: 'live' })
    const socket = new WebSocket(url)
    await once(socket, 'open')
    socket.send(token)
    socket.send('hello')
    expect(String((await once(socket, 'message'))[0])).toBe('alice: hello')
    socket.close()
  })

  test('refuses a bad first message, and another origin', async () => {
    const socket = new WebSocket(url)
    await once(socket, 'open')
    socket.send('nonsense')
    expect(await once(socket, 'close')).toEqual([1008, Buffer.from('The access token is not valid')])
    const [, response] = (await once(
      new WebSocket(url, { origin: 'https://evil.example' }),
      'unexpected-response',
    )) as [unknown, IncomingMessage]
    response.resume()
    expect(response.statusCode).toBe(403)
  })
})
