/** What `secure` and the plugins of Fastify and Nest do with a document. */
import swagger from '@fastify/swagger'
import { Controller, Get, Post } from '@nestjs/common'
import { ApiSecurity, ApiWebhook, DocumentBuilder, SwaggerModule } from '@nestjs/swagger'
import { createProtect, scopes } from '@tollgate/express'
import { openApiSecurity } from '@tollgate/express/openapi'
import tollgate from '@tollgate/fastify'
import { openApiSecurity as forFastify } from '@tollgate/fastify/openapi'
import { openApiSecurity as forHono } from '@tollgate/hono/openapi'
import { openApiSecurity as forKoa } from '@tollgate/koa/openapi'
import { Scopes } from '@tollgate/nestjs'
import { openApiSecurity as forNest } from '@tollgate/nestjs/openapi'
import express, { type Express } from 'express'
import fastify from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createApp } from '../nestjs/app.ts'
import { trust } from '../testing/faults.ts'
import { type Document, operationsOf } from './requirement.ts'

const invalid = { name: 'TypeError', code: 'ERR_INVALID_OPTION' }
const respond: express.RequestHandler = (_req, res) => void res.json({})
const ok = { 200: { description: 'OK' } }

function documentOf(path: string, operation: object = { responses: ok }, rest: object = {}): Document {
  return { openapi: '3.1.0', ...rest, paths: { [path]: { get: operation } } } as unknown as Document
}

function secure(
  document: Document,
  build: (app: Express, protect: ReturnType<typeof createProtect>) => void,
): Document {
  const protect = createProtect(trust)
  const app = express()
  build(app, protect)
  return openApiSecurity(protect).secure(document, app)
}

const securityOf = (document: Document, operation: string): unknown => operationsOf(document).get(operation)?.security

describe('a document by hand', () => {
  test('the given document does not change', () => {
    const document = documentOf('/orders')
    const secured = secure(document, (app, protect) => app.get('/orders', protect(scopes('a')), respond))
    expect(securityOf(secured, 'GET /orders')).toEqual([{ bearer: ['a'] }])
    expect(document).toEqual(documentOf('/orders'))
  })

  test('an operation without a route is refused, unless it has a security of its own', () => {
    const build = (app: Express): unknown => app.get('/orders', respond)
    expect(() => secure(documentOf('/order'), build)).toThrow(expect.objectContaining(invalid))
    const own = documentOf('/order', { responses: ok, security: [{ other: [] }] })
    expect(securityOf(secure(own, build), 'GET /order')).toEqual([{ other: [] }])
  })

  test('a security of its own does not count where the app has the route', () => {
    const own = documentOf('/orders', { responses: ok, security: [] })
    const secured = secure(own, (app, protect) => app.get('/orders', protect(), respond))
    expect(securityOf(secured, 'GET /orders')).toEqual([{ bearer: [] }])
  })

  test('responses and schemes of its own stay', () => {
    const responses = { ...ok, 401: { description: 'Sign in' } }
    const components = { schemas: { Order: {} }, securitySchemes: { other: { type: 'mutualTLS' } } }
    const secured = secure(documentOf('/orders', { responses }, { components }), (app, protect) =>
      app.get('/orders', protect(scopes('a')), respond),
    )
    const { responses: found = {} } = operationsOf(secured).get('GET /orders') ?? {}
    expect([Object.keys(found), found['401']]).toEqual([['200', '401', '403', '503'], { description: 'Sign in' }])
    expect(secured.components).toMatchObject({ schemas: { Order: {} }, securitySchemes: { other: {}, bearer: {} } })
  })

  test('the path of the first server belongs to the routes', () => {
    const servers = [{ url: 'https://api.example/v1' }]
    const secured = secure(documentOf('/orders', { responses: ok }, { servers }), (app, protect) =>
      app.use('/v1', express.Router().get('/orders', protect(scopes('a')), respond)).get('/orders', respond),
    )
    expect(securityOf(secured, 'GET /orders')).toEqual([{ bearer: ['a'] }])
  })

  test('a route with a fixed path is not that with a parameter', () => {
    const paths = { '/orders/latest': { get: {} }, '/orders/{id}': { get: {} } }
    const secured = secure({ openapi: '3.1.0', paths } as unknown as Document, (app, protect) =>
      app.get('/orders/latest', protect(scopes('a')), respond).get('/orders/:id', protect(scopes('b')), respond),
    )
    expect(securityOf(secured, 'GET /orders/latest')).toEqual([{ bearer: ['a'] }])
    expect(securityOf(secured, 'GET /orders/{id}')).toEqual([{ bearer: ['b'] }])
  })

  test('a layer behind the route does not count', () => {
    const secured = secure(documentOf('/orders'), (app, protect) => app.get('/orders', respond).use(protect()))
    expect(securityOf(secured, 'GET /orders')).toEqual([])
  })

  test('another format, and a value that is no app, are refused', () => {
    const { secure: secureExpress } = openApiSecurity(createProtect(trust))
    const swagger2 = { swagger: '2.0', paths: {} } as unknown as Document
    expect(() => secureExpress(swagger2, express())).toThrow(expect.objectContaining(invalid))
    for (const create of [openApiSecurity, forKoa, forHono]) {
      const api = create(createProtect(trust))
      expect(() => api.secure(documentOf('/orders'), {} as never)).toThrow(expect.objectContaining(invalid))
    }
  })
})

describe('@fastify/swagger', () => {
  test('a transform of the app runs first, and a transform of a route does not lose the security', async () => {
    const app = fastify()
    onTestFinished(() => app.close())
    const transform = ({ url }: { url: string }): { schema: object; url: string } => ({
      schema: url === '/hidden' ? { hide: true } : { summary: 'Of the app', response: ok },
      url,
    })
    await app.register(swagger, { openapi: { openapi: '3.1.0' }, ...forFastify(app, { transform }) })
    await app.register(tollgate, trust)
    const respondNow = async (): Promise<object> => ({})
    app.get('/orders', { config: { auth: scopes('a') } }, respondNow)
    app.get('/hidden', { config: { auth: scopes('a') } }, respondNow)
    app.get('/own', { config: { auth: scopes('b'), swaggerTransform: false } }, respondNow)
    await app.ready()
    const document = app.swagger() as unknown as Document
    expect([...operationsOf(document).keys()]).toEqual(['GET /orders', 'GET /own'])
    expect(operationsOf(document).get('GET /orders')).toMatchObject({
      summary: 'Of the app',
      security: [{ bearer: ['a'] }],
    })
    expect(securityOf(document, 'GET /own')).toEqual([{ bearer: ['b'] }])
  })

  test('a document by hand', async () => {
    const app = fastify()
    onTestFinished(() => app.close())
    const { secure: secureFastify } = forFastify(app)
    await app.register(tollgate, trust)
    app.get('/orders/:id', { onRequest: app.protect(scopes('a')) }, async () => ({}))
    await app.ready()
    expect(securityOf(secureFastify(documentOf('/orders/{id}')), 'GET /orders/{id}')).toEqual([{ bearer: ['a'] }])
    expect(() => secureFastify(documentOf('/order'))).toThrow(expect.objectContaining(invalid))
  })

  test('Swagger 2 is refused', async () => {
    const app = fastify()
    onTestFinished(() => app.close())
    await app.register(swagger, { swagger: {}, ...forFastify(app) })
    await app.register(tollgate, trust)
    app.get('/orders', { config: { auth: true } }, async () => ({}))
    await app.ready()
    expect(() => app.swagger()).toThrow(expect.objectContaining(invalid))
  })
})

describe('@nestjs/swagger', () => {
  @Controller('orders')
  @ApiSecurity('old')
  @Scopes('a')
  class OrdersController {
    @Get()
    list(): object {
      return {}
    }

    @Post('paid')
    @ApiWebhook('paid')
    paid(): object {
      return {}
    }
  }
  const config = new DocumentBuilder().setTitle('Orders').setVersion('1').setOpenAPIVersion('3.1.0').build()

  test('the requirement replaces the annotations, which stay in documents without it', async () => {
    const app = await createApp(trust, { controllers: [OrdersController] })
    await app.init()
    const create = (): Document => SwaggerModule.createDocument(app, config) as unknown as Document
    const before = create()
    const secured = forNest(app).secure(create)
    expect(securityOf(secured, 'GET /orders')).toEqual([{ bearer: ['a'] }])
    expect(JSON.stringify(secured)).not.toContain('tollgate:')
    expect(create()).toEqual(before)
    expect(securityOf(before, 'GET /orders')).toEqual([{ old: [] }])
  })

  test('an error of the function leaves the annotations in place', async () => {
    const app = await createApp(trust, { controllers: [OrdersController] })
    await app.init()
    const failing = (): never => {
      throw new Error('no document')
    }
    expect(() => forNest(app).secure(failing)).toThrow('no document')
    const document = SwaggerModule.createDocument(app, config) as unknown as Document
    expect(securityOf(document, 'GET /orders')).toEqual([{ old: [] }])
    expect(() => forNest(app).secure(document as never)).toThrow(expect.objectContaining(invalid))
  })
})
