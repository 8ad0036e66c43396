/** `app.protect.unless(…)` as `onRequest` of a scope. It compares the pattern of the route that the router has chosen. */
import tollgate, { scopes } from '@tollgate/fastify'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import { expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { invalidOption, openApp, serve } from './app.ts'

type Unless = FastifyInstance['protect']['unless']

async function openWith(
  options: FastifyServerOptions,
  ...args: Parameters<Unless>
): Promise<{ readonly send: Awaited<ReturnType<typeof serve>>; readonly token: string }> {
  const issuer = await openIssuer()
  const app = openApp(options)
  await app.register(tollgate, issuer.validatorOptions)
  app.addHook('onRequest', app.protect.unless(...args))
  for (const path of ['/health', '/healthy', '/users/:id', '/users/me', '/orders', '/files/*']) {
    app.get(path, async ({ auth }) => auth?.subject ?? 'without a token')
  }
  await app.register(async (scope) => void scope.get('/', async () => 'of the prefix'), { prefix: '/prefix' })
  return { send: await serve(app), token: await issuer.accessToken() }
}

test('a route that unless names needs no token, and every other route and path needs one', async () => {
  const { send, token } = await openWith({}, ['/health', '/users/:id', '/prefix'])
  for (const path of [
    '/health',
    '/health?a=/orders',
    '/%68ealth',
    '/users/7',
    '/users/7%2Forders',
    '/users/',
    '/prefix',
    '/prefix/',
  ]) {
    expect((await send(path)).status, path).toBe(200)
  }
  for (const path of ['/health', '/users/7', '/prefix']) {
    expect((await send(path, { method: 'HEAD' })).status, path).toBe(200)
  }
  for (const path of ['/orders', '/healthy', '/users/me', '/files/health', '/orders?/health']) {
    expect((await send(path)).status, path).toBe(401)
    expect((await send(path, { token })).body, path).toBe('alice')
  }
  for (const path of ['/nothing', '/Health', '/health/', '//health', '/health/../orders', '/users/7/orders']) {
    expect((await send(path)).status, `${path} has no route`).toBe(401)
  }
  expect((await send('/health', { method: 'POST' })).status, 'this method has no route').toBe(401)
})

test('the settings of the router count', async () => {
  const settings = { caseSensitive: false, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true }
  const { send } = await openWith({ routerOptions: settings }, '/health')
  for (const path of ['/health', '/HEALTH', '/health/', '//health']) {
    expect((await send(path)).status, path).toBe(200)
  }
  for (const path of ['/healthy', '/ORDERS', '//orders/']) {
    expect((await send(path)).status, path).toBe(401)
  }
})

test('a function decides, and its errors and other results are failures', async () => {
  const { send } = await openWith({}, ({ routeOptions, originalUrl }) => {
    if (originalUrl === '/healthy') {
      throw new Error('a mistake')
    }
    return originalUrl === '/orders' ? ('yes' as unknown as boolean) : routeOptions.url === '/health'
  })
  expect((await send('/health')).status).toBe(200)
  expect((await send('/users/me')).status).toBe(401)
  expect((await send('/healthy')).status).toBe(500)
  expect((await send('/orders')).status).toBe(500)
})

test('guards apply to the routes that need a token, and config.auth closes a route that unless names', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  app.addHook('onRequest', app.protect.unless(['/health', '/closed'], scopes('read')))
  app.get('/health', async () => 'ok')
  app.get('/closed', { config: { auth: scopes('read') } }, async () => 'ok')
  app.get('/hook', { onRequest: app.protect.unless('/hook') }, async () => 'ok')
  const send = await serve(app)
  const token = await issuer.accessToken()
  expect((await send('/health', { token })).status).toBe(200)
  expect((await send('/closed')).status).toBe(401)
  expect((await send('/closed', { token })).status).toBe(403)
  expect((await send('/hook')).status).toBe(401)
})

test.each([[[]], ['health'], ['/files/*'], [/health/], ['/health?a'], [undefined]])(
  'unless(%j) is a TypeError',
  async (paths) => {
    const app = openApp()
    await app.register(tollgate, (await openIssuer()).validatorOptions)
    expect(() => app.protect.unless(paths as string)).toThrow(expect.objectContaining(invalidOption))
  },
)
