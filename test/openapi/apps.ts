/** The same API in each framework, and the document of its routes. */
import { createServer } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { Router } from '@koa/router'
import * as expressAdapter from '@tollgate/express'
import { openApiSecurity as forExpress } from '@tollgate/express/openapi'
import * as honoAdapter from '@tollgate/hono'
import { openApiSecurity as forHono } from '@tollgate/hono/openapi'
import * as koaAdapter from '@tollgate/koa'
import { openApiSecurity as forKoa } from '@tollgate/koa/openapi'
import { scopes, type ValidatorOptions } from '@tollgate/core'
import type express5 from 'express'
import { Hono } from 'hono'
import Koa from 'koa'
import { versions } from '../express/versions.ts'
import { listen } from '../harness/api.ts'
import { type Framework, guards, type OpenApp } from './api.ts'
import { openFastify } from './fastify-app.ts'
import { openNest } from './nest-app.ts'
import { plainDocument } from './plain-document.ts'

async function openExpress(express: typeof express5, options: ValidatorOptions, version: string): Promise<OpenApp> {
  const protect = expressAdapter.createProtect(options)
  const app = express()
  const respond: express5.RequestHandler = (_req, res) => void res.json({})
  app.get('/public', respond)
  app.use('/optional', protect.optional(scopes('read')), express.Router().get('/', respond))
  app.use(protect.unless(['/health', '/optional/none']))
  app.get('/health', respond)
  const orders = express.Router()
  orders.get('/', protect(...guards['GET /orders']), respond)
  orders.post('/', protect(...guards['POST /orders']), respond)
  orders.use('/:id', protect())
  orders
    .route('/:id')
    .get(protect(...guards['GET /orders/{id}']), respond)
    .delete(protect(...guards['DELETE /orders/{id}']), respond)
    .put(protect(...guards['PUT /orders/{id}']), respond)
  app.use('/orders', orders)
  const inner = express()
  inner.use(protect(...guards['POST /payments']))
  inner.post('/', respond)
  app.use('/payments', inner)
  app.all('/tenants', protect(...guards['GET /tenants']))
  app.get('/tenants', respond)
  app.get('/me', respond)
  const document = forExpress(protect).secure(plainDocument(version), app)
  return { origin: await listen(createServer(app)), document }
}

async function openKoa(options: ValidatorOptions, version: string): Promise<OpenApp> {
  const protect = koaAdapter.createProtect(options)
  const app = new Koa()
  const respond = (ctx: { body: unknown }): void => {
    ctx.body = {}
  }
  const open = new Router()
  open.get('/public', respond)
  open.get('/optional', protect.optional(scopes('read')), respond)
  app.use(open.routes())
  app.use(protect.unless('/health'))
  const orders = new Router({ prefix: '/orders' })
  orders.get('/', protect(...guards['GET /orders']), respond)
  orders.post('/', protect(...guards['POST /orders']), respond)
  orders.get('/:id', protect(...guards['GET /orders/{id}']), respond)
  orders.delete('/:id', protect(...guards['DELETE /orders/{id}']), respond)
  orders.put('/:id', protect(...guards['PUT /orders/{id}']), respond)
  const payments = new Router()
  payments.use(protect(...guards['POST /payments']))
  payments.post('/', respond)
  const rest = new Router()
  rest.get('/health', respond)
  rest.use('/payments', payments.routes())
  rest.all('/tenants', protect(...guards['GET /tenants']))
  rest.get('/tenants', respond)
  rest.get('/me', respond)
  app.use(orders.routes()).use(rest.routes())
  const document = forKoa(protect).secure(plainDocument(version), app)
  return { origin: await listen(createServer(app.callback())), document }
}

async function openHono(options: ValidatorOptions, version: string): Promise<OpenApp> {
  const protect = honoAdapter.createProtect(options)
  const app = new Hono()
  const respond = (c: { json: (body: object) => Response }): Response => c.json({})
  app.get('/public', respond)
  app.get('/optional', protect.optional(scopes('read')), respond)
  app.use(protect.unless('/health'))
  app.get('/health', respond)
  const orders = new Hono()
  orders.onError((_error, c) => c.text('', 500))
  orders.get('/', protect(...guards['GET /orders']), respond)
  orders.post('/', protect(...guards['POST /orders']), respond)
  orders.get('/:id{[0-9]+}', protect(...guards['GET /orders/{id}']), respond)
  orders.delete('/:id', protect(...guards['DELETE /orders/{id}']), respond)
  orders.put('/:id', protect(...guards['PUT /orders/{id}']), respond)
  app.route('/orders', orders)
  app.use('/payments/*', protect(...guards['POST /payments']))
  app.post('/payments', respond)
  app.on('GET', '/tenants', protect(...guards['GET /tenants']), respond)
  app.get('/me', respond)
  const document = forHono(protect).secure(plainDocument(version), app)
  return {
    origin: await listen(createAdaptorServer({ fetch: app.fetch }) as ReturnType<typeof createServer>),
    document,
  }
}

export const frameworks: readonly Framework[] = [
  ...versions.map(([name, express]) => ({
    name,
    open: (options: ValidatorOptions, version: string) => openExpress(express, options, version),
  })),
  { name: 'Koa', open: openKoa },
  { name: 'Hono', open: openHono },
  { name: 'Fastify', open: openFastify },
  { name: 'Nest on Express', open: (options, version) => openNest('express', options, version) },
  { name: 'Nest on Fastify', open: (options, version) => openNest('fastify', options, version) },
]
