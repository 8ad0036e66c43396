/** The names that the plugin adds to the app and to the request, beside other plugins that use the same names. */
import fastifyAuth from '@fastify/auth'
import fastifyJwt from '@fastify/jwt'
import tollgate, { scopes } from '@tollgate/fastify'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { invalidOption, openApp, serve } from './app.ts'

const mistake = expect.objectContaining(invalidOption)

/** A plugin that decorates the request like @clerk/fastify. */
const clerk = fastifyPlugin(async (app: FastifyInstance) => {
  app.decorateRequest('auth', null as never)
  app.addHook('preHandler', async (request) => void Object.assign(request, { auth: { userId: 'of clerk' } }))
})

function member(target: object, name: string): unknown {
  return (target as Readonly<Record<string, unknown>>)[name]
}

function accessor(app: FastifyInstance, name: string): (request: FastifyRequest) => { readonly subject: string } {
  return member(app, name) as ReturnType<typeof accessor>
}

test('decorate names the member of the request and the accessor of the app', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, { ...issuer.validatorOptions, decorate: 'token' })
  app.get('/', { onRequest: app.protect() }, async (request) => {
    const token = app.protect.auth(request)
    return [member(request, 'token') === token, accessor(app, 'token')(request) === token, 'auth' in request]
  })
  expect('auth' in app).toBe(false)
  const send = await serve(app)
  expect((await send('/', { token: await issuer.accessToken() })).body).toBe('[true,true,false]')
})

test('decorate works beside a validator', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  const { validator } = app.protect
  await app.register(async (scope) => {
    await scope.register(tollgate, { validator, decorate: 'token' })
    scope.get('/', { config: { auth: true } }, async (request) => [
      accessor(scope, 'token')(request).subject,
      member(request, 'auth') === undefined,
    ])
  })
  const send = await serve(app)
  expect((await send('/', { token: await issuer.accessToken() })).body).toBe('["alice",true]')
})

test('a plugin that owns request.auth keeps it, and another name works beside it', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(clerk)
  await app.register(tollgate, { ...issuer.validatorOptions, decorate: 'token' })
  app.get('/', { onRequest: app.protect(scopes('read')) }, async (request) => ({
    auth: member(request, 'auth'),
    subject: accessor(app, 'token')(request).subject,
  }))
  const send = await serve(app)
  expect((await send('/')).status).toBe(401)
  const { body } = await send('/', { token: await issuer.accessToken({ scope: 'read' }) })
  expect(JSON.parse(body)).toEqual({ auth: { userId: 'of clerk' }, subject: 'alice' })
})

test.each<[what: string, own: (app: FastifyInstance) => unknown, options: { readonly decorate?: string }]>([
  ['request.auth of another plugin', (app) => app.register(clerk), {}],
  ['request.token of another plugin', (app) => app.decorateRequest('token', null), { decorate: 'token' }],
  ['app.token of another plugin', (app) => app.decorate('token', () => 1), { decorate: 'token' }],
  ['request.body of Fastify', () => undefined, { decorate: 'body' }],
  ['request.headers of Fastify', () => undefined, { decorate: 'headers' }],
  ['app.route of Fastify', () => undefined, { decorate: 'route' }],
  ['app.protect of this plugin', () => undefined, { decorate: 'protect' }],
  ['a member of every object', () => undefined, { decorate: 'constructor' }],
  ['the prototype', () => undefined, { decorate: '__proto__' }],
])('a taken name is a TypeError: %s', async (_what, own, options) => {
  const { validatorOptions } = await openIssuer()
  const app = openApp()
  await own(app)
  await expect(async () => app.register(tollgate, { ...validatorOptions, ...options })).rejects.toThrow(mistake)
  const around = openApp()
  await own(around)
  const within = async (scope: FastifyInstance): Promise<void> => {
    await scope.register(tollgate, { ...validatorOptions, ...options })
  }
  await expect(async () => around.register(within)).rejects.toThrow(mistake)
})

test.each([[''], ['a b'], ['1st'], ['a-b'], [7], [null], [{}]])('decorate: %j is a TypeError', async (decorate) => {
  const options = { ...(await openIssuer()).validatorOptions, decorate: decorate as string }
  await expect(async () => openApp().register(tollgate, options)).rejects.toThrow(mistake)
})

test('an app.protect of another plugin in the same scope is a TypeError, and a scope of its own works', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(fastifyPlugin(async (scope) => void scope.decorate('protect', (() => 'theirs') as never)))
  await expect(async () => app.register(tollgate, issuer.validatorOptions)).rejects.toThrow(mistake)

  const other = openApp()
  await other.register(fastifyPlugin(async (scope) => void scope.decorate('protect', (() => 'theirs') as never)))
  await other.register(async (scope) => {
    await scope.register(tollgate, issuer.validatorOptions)
    scope.get('/', { onRequest: scope.protect() }, async (request) => scope.protect.auth(request).subject)
  })
  other.get('/theirs', async () => (other.protect as unknown as () => string)())
  const send = await serve(other)
  expect((await send('/')).status).toBe(401)
  expect((await send('/', { token: await issuer.accessToken() })).body).toBe('alice')
  expect((await send('/theirs')).body).toBe('theirs')
})

test('scopes beside and inside each other can choose other names', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  const names = ['token', 'access'] as const
  for (const decorate of names) {
    await app.register(async (scope) => {
      await scope.register(tollgate, { ...issuer.validatorOptions, decorate })
      scope.get(
        `/${decorate}`,
        { config: { auth: true } },
        async (request) => accessor(scope, decorate)(request).subject,
      )
      await scope.register(async (inner) => {
        await inner.register(tollgate, { ...issuer.validatorOptions, decorate: 'inner' })
        inner.get(`/${decorate}/inner`, { onRequest: [scope.protect(), inner.protect()] }, async (request) =>
          [decorate, 'inner'].map((name) => (member(request, name) as { subject: string }).subject),
        )
      })
    })
  }
  const send = await serve(app)
  const token = await issuer.accessToken()
  for (const name of names) {
    expect((await send(`/${name}`, { token })).body).toBe('alice')
    expect((await send(`/${name}/inner`, { token })).body).toBe('["alice","alice"]')
  }
})

test('@fastify/auth accepts an API key or a token with errors: throw, and sends the challenge of a refusal', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(fastifyAuth)
  await app.register(tollgate, { ...issuer.validatorOptions, errors: 'throw' })
  const apiKey = async ({ headers }: FastifyRequest): Promise<void> => {
    if (headers['x-api-key'] !== 'good') {
      throw Object.assign(new Error('no key'), { statusCode: 401 })
    }
  }
  app.get('/or', { onRequest: app.auth([apiKey, app.protect()], { relation: 'or' }) }, async () => 'ok')
  app.get('/and', { onRequest: app.auth([apiKey, app.protect()], { relation: 'and' }) }, async () => 'ok')
  const send = await serve(app)
  const token = await issuer.accessToken()
  const key = { headers: [['X-Api-Key', 'good']] } as const
  expect((await send('/or', key)).status).toBe(200)
  expect((await send('/or', { token })).status).toBe(200)
  expect(await send('/or')).toMatchObject({ status: 401, challenges: ['Bearer realm="api"'] })
  expect((await send('/and', key)).status).toBe(401)
  expect((await send('/and', { token })).status).toBe(401)
  expect((await send('/and', { ...key, token })).status).toBe(200)
})

test('@fastify/jwt works beside the plugin, in either order', async () => {
  const issuer = await openIssuer()
  for (const order of ['first', 'last']) {
    const app = openApp()
    const jwt = async (): Promise<unknown> => app.register(fastifyJwt, { secret: 'a secret of the app' })
    await (order === 'first' ? jwt() : undefined)
    await app.register(tollgate, issuer.validatorOptions)
    await (order === 'last' ? jwt() : undefined)
    app.get('/', { onRequest: app.protect() }, async (request) => ({
      own: 'user' in request,
      for: request.auth?.subject,
    }))
    const send = await serve(app)
    expect((await send('/')).status, order).toBe(401)
    expect((await send('/', { token: await issuer.accessToken() })).body, order).toBe('{"own":true,"for":"alice"}')
  }
})
