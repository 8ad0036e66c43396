/** `protect.unless` lets paths through, and matches them as the router of the framework does. */
import { createServer } from 'node:http'
import { scopes } from '@tollgate/core'
import { createProtect } from '@tollgate/express'
import { createProtect as createProtectForKoa } from '@tollgate/koa'
import express, { type ErrorRequestHandler } from 'express'
import Koa from 'koa'
import mount from 'koa-mount'
import KoaRouter from '@koa/router'
import { describe, expect, test } from 'vitest'
import { listen } from '../harness/listen.ts'
import { openIssuer } from '../harness/reference.ts'
import { send } from '../harness/send.ts'

const invalidOption = expect.objectContaining({ code: 'ERR_INVALID_OPTION' }) as Error

async function statusesOf(origin: string, paths: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const statuses = await Promise.all(paths.map(async (path) => [path, (await send(origin, { path })).status] as const))
  return Object.fromEntries(statuses)
}

describe('Express', () => {
  const onError: ErrorRequestHandler = (_error, _req, res, _next) => void res.status(500).end()

  async function open(
    settings: readonly string[] = [],
    paths: Parameters<ReturnType<typeof createProtect>['unless']>[0] = ['/health', '/docs/api'],
  ): Promise<string> {
    const issuer = await openIssuer()
    const app = express()
    settings.forEach((setting) => app.enable(setting))
    app.use(createProtect(issuer.validatorOptions).unless(paths))
    app.use((_req, res) => void res.send('handler'))
    return listen(createServer(app.use(onError)))
  }

  test('a path is matched without case and without a trailing slash, and nothing else passes', async () => {
    const paths = ['/health', '/HEALTH', '/health/', '/health?x=1', '/docs/api']
    expect(await statusesOf(await open(), paths)).toEqual(Object.fromEntries(paths.map((path) => [path, 200])))
    const others = ['/', '/health//', '//health', '/healthy', '/health/x', '/%68ealth', '/health%2f', '/docs']
    const further = ['/health;x', '/health%00', '/?/health', '/x?/health', '/health%3fx']
    const all = [...others, ...further]
    expect(await statusesOf(await open(), all)).toEqual(Object.fromEntries(all.map((path) => [path, 401])))
  })

  test('the settings of the app decide about case and slash', async () => {
    const origin = await open(['case sensitive routing', 'strict routing'])
    expect(await statusesOf(origin, ['/health', '/HEALTH', '/health/'])).toEqual({
      '/health': 200,
      '/HEALTH': 401,
      '/health/': 401,
    })
  })

  test('a path is relative to the place of the middleware', async () => {
    const issuer = await openIssuer()
    const app = express().use('/api', createProtect(issuer.validatorOptions).unless('/health'))
    const origin = await listen(createServer(app.use((_req, res) => void res.send('handler'))))
    expect(await statusesOf(origin, ['/api/health', '/api/x', '/api/api/health'])).toEqual({
      '/api/health': 200,
      '/api/x': 401,
      '/api/api/health': 401,
    })
  })

  test('two slashes are not the root, because some routers distinguish them', async () => {
    const origin = await open([], '/')
    expect(await statusesOf(origin, ['/', '/?x', '//', '///'])).toEqual({ '/': 200, '/?x': 200, '//': 401, '///': 401 })
  })

  test('without an app no setting is known, so that case and slash count', async () => {
    const issuer = await openIssuer()
    const unless = createProtect(issuer.validatorOptions).unless('/health')
    const origin = await listen(createServer((req, res) => unless(req, res, () => res.end('handler'))))
    expect(await statusesOf(origin, ['/health', '/HEALTH', '/health/'])).toEqual({
      '/health': 200,
      '/HEALTH': 401,
      '/health/': 401,
    })
  })

  test('a function decides by the request, and only true opens', async () => {
    const origin = await open([], (req) => req.method === 'GET' && req.url === '/open')
    expect(await statusesOf(origin, ['/open', '/closed'])).toEqual({ '/open': 200, '/closed': 401 })
    expect((await send(origin, { path: '/open', method: 'DELETE' })).status).toBe(401)
    for (const mistake of [() => 'yes', async () => true, () => undefined]) {
      expect((await send(await open([], mistake as never), { path: '/open' })).status).toBe(500)
    }
    const failing = (): boolean => {
      throw Object.assign(new Error('of the function'), { status: 200 })
    }
    expect((await send(await open([], failing), { path: '/open' })).status).toBe(500)
  })

  test('a later layer still protects an exempt path, and guards apply to the others', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = express().use(protect.unless('/health', scopes('read')))
    app.get('/health', protect(), (_req, res) => void res.send('handler'))
    app.get('/x', (_req, res) => void res.send('handler'))
    const origin = await listen(createServer(app))
    expect(await statusesOf(origin, ['/health', '/x'])).toEqual({ '/health': 401, '/x': 401 })
    const headers = [['Authorization', `Bearer ${await issuer.accessToken({ scope: 'other' })}`]] as const
    expect((await send(origin, { path: '/health', headers })).status).toBe(200)
    expect((await send(origin, { path: '/x', headers })).status).toBe(403)
  })

  test.each([[], '', 'health', '/a?b', '/a*', '/a b', '*', '(.*)', /health/, [undefined], 7])(
    'the path %j is an invalid option',
    async (paths) => {
      const protect = createProtect({ issuer: 'https://as.example', audience: 'x' })
      expect(() => protect.unless(paths as never)).toThrow(invalidOption)
    },
  )
})

test('Koa matches as its router does, also where it is mounted', async () => {
  const issuer = await openIssuer()
  const protect = createProtectForKoa(issuer.validatorOptions)
  const router = new KoaRouter().get('/health', (ctx) => void (ctx.body = 'health'))
  const within = new Koa().use(protect.unless('/health')).use(router.routes())
  const origin = await listen(createServer(new Koa().use(mount('/api', within)).callback()))
  const paths = ['/api/health', '/api/HEALTH', '/api/health/', '/api/x', '/api/health/x', '/api/%68ealth']
  expect(Object.values(await statusesOf(origin, paths))).toEqual([200, 200, 200, 401, 401, 401])
})
