/** Where a protection stands decides what a request passes, and the document says the same. */
import { createServer } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { Router } from '@koa/router'
import * as expressAdapter from '@tollgate/express'
import { openApiSecurity as forExpress } from '@tollgate/express/openapi'
import * as honoAdapter from '@tollgate/hono'
import { openApiSecurity as forHono } from '@tollgate/hono/openapi'
import * as koaAdapter from '@tollgate/koa'
import { openApiSecurity as forKoa } from '@tollgate/koa/openapi'
import type express5 from 'express'
import { Hono } from 'hono'
import Koa from 'koa'
import { describe, expect, test } from 'vitest'
import { versions } from '../express/versions.ts'
import { listen } from '../harness/api.ts'
import { trust } from '../testing/faults.ts'
import { type Document, operationsOf } from './requirement.ts'

const paths = ['/behind', '/between', '/orders', '/orders/{id}', '/admin', '/admin/users']
const document = {
  openapi: '3.1.0',
  info: { title: 'Places', version: '1' },
  paths: Object.fromEntries(paths.map((path) => [path, { get: { responses: {} } }])),
} as unknown as Document

function openExpress(express: typeof express5, version: string): readonly [Document, ReturnType<typeof createServer>] {
  const protect = expressAdapter.createProtect(trust)
  const app = express()
  const respond: express5.RequestHandler = (_req, res) => void res.json({})
  const pass: express5.RequestHandler = (_req, _res, next) => next()
  app.get('/behind', respond, protect())
  app.get('/between', pass, protect())
  app.get('/between', respond)
  app.use('/orders/:id', protect())
  app.get(version === '4' ? '/orders/:id?' : '/orders{/:id}', respond)
  // Express skips it for `/admin`, because `/ad` is no whole segment.
  app.use(/^\/ad/, protect())
  app.get(['/admin', '/admin/users'], respond)
  return [forExpress(protect).secure(document, app), createServer(app)]
}

function openKoa(): readonly [Document, ReturnType<typeof createServer>] {
  const protect = koaAdapter.createProtect(trust)
  const app = new Koa()
  const respond = (ctx: { body: unknown }): void => {
    ctx.body = {}
  }
  const router = new Router()
  router.get('/behind', respond, protect())
  router.get('/between', (_ctx, next) => next(), protect())
  router.get('/between', respond)
  router.use('/orders/:id', protect())
  router.get('/orders{/:id}', respond)
  router.get(['/admin', '/admin/users'], respond)
  app.use(router.routes())
  return [forKoa(protect).secure(document, app), createServer(app.callback())]
}

function openHono(): readonly [Document, ReturnType<typeof createServer>] {
  const protect = honoAdapter.createProtect(trust)
  const app = new Hono()
  const respond = (c: { json: (body: object) => Response }): Response => c.json({})
  app.get('/behind', respond, protect())
  app.get('/between', (_c, next) => next(), protect())
  app.get('/between', respond)
  app.use('/orders/:id', protect())
  app.get('/orders/:id?', respond)
  app.on('GET', ['/admin', '/admin/users'], respond)
  return [
    forHono(protect).secure(document, app),
    createAdaptorServer({ fetch: app.fetch }) as ReturnType<typeof createServer>,
  ]
}

describe.each([
  ...versions.map(([name, express]) => ({ name, open: () => openExpress(express, name.at(-1) ?? '') })),
  { name: 'Koa', open: openKoa },
  { name: 'Hono', open: openHono },
])('places of a protection: $name', ({ open }) => {
  test('the document says of each operation whether it needs a token', async () => {
    const [secured, server] = open()
    const origin = await listen(server)
    for (const path of paths) {
      const { status } = await fetch(`${origin}${path.replace('{id}', '7')}`)
      const security = status === 401 ? [{ bearer: [] }] : []
      expect(operationsOf(secured).get(`GET ${path}`)?.security, path).toEqual(security)
    }
  })

  test('a protection behind the function that responds is not in the document', () => {
    const [secured] = open()
    expect(operationsOf(secured).get('GET /behind')?.security).toEqual([])
    expect(operationsOf(secured).get('GET /between')?.security).toEqual([{ bearer: [] }])
    expect(operationsOf(secured).get('GET /orders')?.security).toEqual([])
    expect(operationsOf(secured).get('GET /orders/{id}')?.security).toEqual([{ bearer: [] }])
  })
})
