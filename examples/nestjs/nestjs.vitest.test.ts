import type { INestApplication } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { TOLLGATE_OPTIONS } from '@tollgate/nestjs'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { io } from 'socket.io-client'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { AppModule } from './app.js'
import { AppModule as SmallAppModule } from './small-app.js'

const issuer = await createMockIssuer()
let app: INestApplication
let smallApp: INestApplication

beforeAll(async () => {
  const module = await Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(TOLLGATE_OPTIONS)
    .useValue(issuer.validatorOptions)
    .compile()
  app = module.createNestApplication()
  await app.listen(0, '127.0.0.1')
  const smallModule = await Test.createTestingModule({ imports: [SmallAppModule] })
    .overrideProvider(TOLLGATE_OPTIONS)
    .useValue(issuer.validatorOptions)
    .compile()
  smallApp = smallModule.createNestApplication()
  await smallApp.listen(0, '127.0.0.1')
})

afterAll(async () => {
  await app.close()
  await smallApp.close()
  await issuer.close()
})

async function send(
  path: string,
  claims?: Record<string, unknown>,
  method = 'GET',
  server = app,
): Promise<[number, unknown]> {
  const token = claims === undefined ? '' : await issuer.accessToken(claims)
  const headers: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(`${await server.getUrl()}${path}`, { method, headers })
  return [response.status, await response.json()]
}

test('in the small app, a route needs a token, a scope, or nothing', async () => {
  const get = async (path: string, claims?: Record<string, unknown>) => send(path, claims, 'GET', smallApp)
  expect(await get('/orders', { sub: 'alice', scope: 'orders:read' })).toEqual([200, { for: 'alice' }])
  expect((await get('/orders', { scope: 'other' }))[0]).toBe(403)
  expect(await get('/me', { sub: 'alice', client_id: 'shop' })).toEqual([200, { subject: 'alice', client: 'shop' }])
  expect((await get('/me'))[0]).toBe(401)
  expect(await get('/health')).toEqual([200, { status: 'ok' }])
})

test('a caller with the scope gets the orders', async () => {
  expect(await send('/orders', { sub: 'alice', scope: 'orders:read' })).toEqual([200, { for: 'alice' }])
  expect((await send('/orders', { scope: 'other' }))[0]).toBe(403)
  expect((await send('/orders'))[0]).toBe(401)
})

test('a decorator of the application combines guards', async () => {
  const both = { scope: 'orders:write', tenant: 'acme', client_id: 'shop' }
  expect(await send('/orders', both, 'POST')).toEqual([201, { by: 'shop' }])
  expect((await send('/orders', { ...both, tenant: 'other' }, 'POST'))[0]).toBe(403)
})

test('a route needs the scopes of its class and its own, unless it is public', async () => {
  expect((await send('/reports', { scope: 'reports:read' }))[0]).toBe(200)
  expect((await send('/reports/salaries', { scope: 'reports:read' }))[0]).toBe(403)
  expect((await send('/reports/salaries', { scope: 'reports:read salaries:read' }))[0]).toBe(200)
  expect(await send('/reports/catalogue')).toEqual([200, ['salaries']])
})

test('other routes are public, optional, or need a token', async () => {
  expect((await send('/health'))[0]).toBe(200)
  expect(await send('/catalogue')).toEqual([200, { prices: 'list' }])
  expect(await send('/catalogue', { sub: 'bob' })).toEqual([200, { prices: 'for bob' }])
  expect((await send('/account'))[0]).toBe(401)
  expect(await send('/accounts/bob', { sub: 'bob' })).toEqual([200, { of: 'bob' }])
  expect((await send('/accounts/bob', { sub: 'eve' }))[0]).toBe(403)
})

test('a socket needs a token to connect, and the scopes of a message', async () => {
  const connect = async (headers: Record<string, string>) => {
    const socket = io(await app.getUrl(), { transports: ['websocket'], forceNew: true, extraHeaders: headers })
    onTestFinished(() => void socket.close())
    return new Promise<unknown>((resolve) => {
      socket.on('connect_error', ({ message }) => resolve(message))
      socket.on('connect', () => socket.emit('orders'))
      socket.onAny((event, data) => resolve([event, data]))
    })
  }
  expect(await connect({})).toBe('This connection needs a valid access token')
  const token = await issuer.accessToken({ sub: 'alice', scope: 'orders:read' })
  expect(await connect({ authorization: `Bearer ${token}` })).toEqual(['orders', { for: 'alice' }])
})

test('a stream ends with its token', async () => {
  const exp = Math.floor(Date.now() / 1000) + 2
  const headers = { authorization: `Bearer ${await issuer.accessToken({ exp })}` }
  const response = await fetch(`${await app.getUrl()}/prices`, { headers })
  expect(await response.text()).toContain('data: 1')
  expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000)
})

test('a socket goes on with a fresh token', async () => {
  const exp = Math.floor(Date.now() / 1000) + 2
  const extraHeaders = { authorization: `Bearer ${await issuer.accessToken({ exp })}` }
  const socket = io(await app.getUrl(), { transports: ['websocket'], forceNew: true, extraHeaders })
  onTestFinished(() => void socket.close())
  socket.emit('renew', await issuer.accessToken({ scope: 'orders:read' }))
  await new Promise((resolve) => setTimeout(resolve, exp * 1000 + 500 - Date.now()))
  socket.emit('orders')
  expect(await new Promise((resolve) => socket.onAny((event) => resolve(event)))).toBe('orders')
})
