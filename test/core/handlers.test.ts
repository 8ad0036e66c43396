/** What handlers and guards can know of a request, and calls of `protect` in a handler. */
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createValidator, isRefusal, Refusal, scopes } from '@tollgate/core'
import { createProtect, defineGuard } from '@tollgate/express'
import { createProtect as createProtectForKoa, defineGuard as defineGuardOfKoa } from '@tollgate/koa'
import KoaRouter from '@koa/router'
import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import Koa from 'koa'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { listen } from '../harness/listen.ts'
import { openIssuer } from '../harness/reference.ts'
import { send } from '../harness/send.ts'
import { catchWarnings } from '../harness/warnings.ts'

type Header = readonly [name: string, value: string]

const bearer = (token: string): readonly Header[] => [['Authorization', `Bearer ${token}`]]

describe('a guard sees the route parameters', () => {
  test('of Express', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const own = defineGuard({
      check: ({ subject }, { native }) => (native?.params['id'] === subject ? 'pass' : refused()),
    })
    const app = express().get('/users/:id', protect(own), (_req, res) => void res.end())
    const origin = await listen(createServer(app))
    const headers = bearer(await issuer.accessToken({ sub: 'alice' }))
    expect((await send(origin, { path: '/users/alice', headers })).status).toBe(200)
    expect((await send(origin, { path: '/users/bob', headers })).status).toBe(403)
  })

  test('of Koa', async () => {
    const issuer = await openIssuer()
    const protect = createProtectForKoa(issuer.validatorOptions)
    const own = defineGuardOfKoa({
      check: ({ subject }, { native }) => (native?.params['id'] === subject ? 'pass' : refused()),
    })
    const router = new KoaRouter().get('/users/:id', protect(own), (ctx) => void (ctx.body = 'x'))
    const origin = await listen(createServer(new Koa().use(router.routes()).callback()))
    const headers = bearer(await issuer.accessToken({ sub: 'alice' }))
    expect((await send(origin, { path: '/users/alice', headers })).status).toBe(200)
    expect((await send(origin, { path: '/users/bob', headers })).status).toBe(403)
  })
})

function refused(): Refusal {
  return new Refusal({ reason: 'not-the-owner' })
}

describe('protect.auth', () => {
  test('distinguishes a refused request from one without protect()', async () => {
    const issuer = await openIssuer()
    const protect = createProtect({ ...issuer.validatorOptions, errors: 'throw' })
    const app = express()
    app.get('/refused', protect(scopes('admin')))
    app.get('/open', (req) => void protect.auth(req))
    const thrown: unknown[] = []
    const onError: ErrorRequestHandler = (error: unknown, req, res, _next) => {
      try {
        protect.auth(req)
      } catch (mistake) {
        thrown.push((mistake as Error).cause)
      }
      res.status(isRefusal(error) ? error.status : 500).end()
    }
    const origin = await listen(createServer(app.use(onError)))
    const headers = bearer(await issuer.accessToken({ sub: 'mallory' }))
    expect((await send(origin, { path: '/refused', headers })).status).toBe(403)
    expect((await send(origin, { path: '/open', headers })).status).toBe(500)
    expect(thrown).toMatchObject([{ reason: 'missing-scope', token: { subject: 'mallory' } }, undefined])
  })
})

describe('decorate', () => {
  test('names the member that receives the token, and leaves `auth` to others', async () => {
    const issuer = await openIssuer()
    const options = { ...issuer.validatorOptions, decorate: 'token' }
    const app = express().use(((req, _res, next) => {
      Object.assign(req, { auth: 'of another package' })
      next()
    }) satisfies RequestHandler)
    app.get('/', createProtect(options)(), (req, res) => {
      const { auth, token } = req as object as { auth: string; token: { subject: string } }
      res.send([auth, token.subject].join())
    })
    const headers = bearer(await issuer.accessToken({ sub: 'alice' }))
    expect((await send(await listen(createServer(app)), { path: '/', headers })).body).toBe('of another package,alice')
    const koa = new Koa().use(createProtectForKoa(options)()).use((ctx) => {
      ctx.body = [String(ctx.state['auth']), (ctx.state['token'] as { subject: string }).subject].join()
    })
    const origin = await listen(createServer(koa.callback()))
    expect((await send(origin, { path: '/', headers })).body).toBe('undefined,alice')
  })

  test.each(['', 'headers', 'url', '__proto__', 'toString', 'on', 'get', 'host', 'unshift', '_dump', 'a b', 7])(
    '%j is an invalid option',
    (decorate) => {
      const options = { issuer: 'https://as.example', audience: 'x', decorate: decorate as string }
      expect(() => createProtect(options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
    },
  )
})

describe('protect(…) in a handler', () => {
  test.each<readonly [name: string, call: (protect: ReturnType<typeof createProtect>) => unknown]>([
    ['as a bare statement', (protect) => void protect(scopes('admin'))],
    // @ts-expect-error -- a middleware cannot be awaited
    // oxlint-disable-next-line typescript/await-thenable -- the mistake
    ['awaited', async (protect) => await protect(scopes('admin'))],
    ['of optional', (protect) => void protect.optional()],
    ['of unless', (protect) => void protect.unless('/')],
  ])('%s is a failure, in Express and in Koa, after a body was read as well', async (_name, call) => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const onError: ErrorRequestHandler = (error: unknown, _req, res, _next) =>
      void res.status(error instanceof TypeError ? 500 : 400).end()
    const app = express().use(express.json())
    app.all('/', async (_req, res) => {
      await call(protect)
      res.send('secret')
    })
    const origin = await listen(createServer(app.use(onError)))
    const koa = new Koa().use(async (ctx) => {
      await call(protect)
      ctx.body = 'secret'
    })
    koa.silent = true
    const second = await listen(createServer(koa.callback()))
    const headers = [['Content-Type', 'application/json']] as const
    expect((await send(origin, { path: '/' })).status).toBe(500)
    expect((await send(origin, { path: '/', method: 'POST', headers, body: '{"a":1}' })).status).toBe(500)
    expect((await send(second, { path: '/' })).status).toBe(500)
  })

  test('between requests it is allowed', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    for (let round = 0; round < 3; round += 1) {
      const app = express().get('/', protect(), (_req, res) => void res.end())
      const origin = await listen(createServer(app))
      expect((await send(origin, { path: '/' })).status).toBe(401)
    }
  })

  test('a module that loads in its first request can create and use protect', async () => {
    const issuer = await openIssuer()
    const app = express().use((req, res, next) => createProtect(issuer.validatorOptions)()(req, res, next))
    const headers = bearer(await issuer.accessToken())
    const origin = await listen(createServer(app.use((_req, res) => void res.send('loaded'))))
    expect((await send(origin, { path: '/', headers })).body).toBe('loaded')
  })

  test('a module that Node loads in a request can call protect', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const folder = await mkdtemp(join(tmpdir(), 'tollgate-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const file = join(folder, 'lazy.cjs')
    await writeFile(file, 'module.exports = globalThis.createLazily()')
    Object.assign(globalThis, { createLazily: () => protect(scopes('read')) })
    const require = createRequire(import.meta.url)
    const app = express().use((req, res, next) => (require(file) as ReturnType<typeof protect>)(req, res, next))
    const origin = await listen(createServer(app.use((_req, res) => void res.send('lazy'))))
    expect((await send(origin, { path: '/' })).status).toBe(401)
    const headers = bearer(await issuer.accessToken({ scope: 'read' }))
    expect((await send(origin, { path: '/', headers })).body).toBe('lazy')
  })

  test('await outside a request rejects with a TypeError', async () => {
    const protect = createProtect({ issuer: 'https://as.example', audience: 'x' })
    // @ts-expect-error -- a middleware cannot be awaited
    // oxlint-disable-next-line typescript/await-thenable -- the mistake
    await expect((async () => await protect())()).rejects.toBeInstanceOf(TypeError)
  })
})

test('createProtect in each request causes one warning', async () => {
  const issuer = await openIssuer()
  const warnings = catchWarnings('all')
  const app = express().use((req, res, next) => createProtect(issuer.validatorOptions)()(req, res, next))
  const origin = await listen(createServer(app))
  for (let count = 0; count < 20; count += 1) {
    expect((await send(origin, { path: '/' })).status).toBe(401)
  }
  expect(warnings.filter((warning) => warning.includes('create it once'))).toHaveLength(1)
})

test('a wrapper of a validator that protect() would not call is an invalid option', () => {
  const validator = createValidator({ issuer: 'https://as.example', audience: 'x' })
  const wrapper = { ...validator, authenticate: validator.authenticate.bind(validator) }
  expect(() => createProtect(wrapper)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  expect(() => createProtect({ ...wrapper, authenticateOptional: wrapper.authenticate })).not.toThrow()
  expect(() => createProtect({ ...validator })).not.toThrow()
})

test('something that is no request is a failure that says so', async () => {
  const protect = createProtect({ issuer: 'https://as.example', audience: 'x' })
  const socket = { readyState: 1, send: () => undefined }
  const error = await new Promise<Error | undefined>((resolve) => {
    protect()(socket as never, {} as never, (thrown) => resolve(thrown as Error | undefined))
  })
  expect(error?.cause).toBeInstanceOf(TypeError)
  expect(String(error?.cause)).toMatch(/a request/)
})

test('authenticate takes the request of a WebSocket upgrade', async () => {
  const issuer = await openIssuer()
  const validator = createValidator(issuer.validatorOptions)
  const server = createServer()
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request: IncomingMessage, socket, head) => {
    validator.authenticate(request).then(
      ({ subject }) => sockets.handleUpgrade(request, socket, head, (opened) => opened.send(String(subject))),
      (error: Refusal) => socket.end(`HTTP/1.1 ${error.status} Refused\r\n\r\n`),
    )
  })
  const url = (await listen(server)).replace('http', 'ws')
  const good = new WebSocket(url, { headers: Object.fromEntries(bearer(await issuer.accessToken({ sub: 'alice' }))) })
  const [message] = (await once(good, 'message')) as [Buffer]
  expect(message.toString()).toBe('alice')
  good.terminate()
  const [bad] = (await once(new WebSocket(url), 'error')) as [Error]
  expect(bad.message).toMatch(/401/)
})
