import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { AccessToken, Validator } from '@tollgate/core'
import type { ProtectOptions } from '@tollgate/core/adapter'
import { createProtect, type Protect } from '@tollgate/hono'
import { type Context, type ErrorHandler, type Handler, Hono } from 'hono'
import { cors } from 'hono/cors'
import { type Adapter, isValidator, mistake, type Serving, statusAndHeadersOf } from './adapter.ts'

function protectBy(protection: ProtectOptions | Validator): Protect {
  return isValidator(protection) ? createProtect(protection) : createProtect(protection)
}

/** The default error handling of Hono, except that it prints no error without a response. */
function defaultOf(app: Hono): ErrorHandler {
  const { errorHandler } = app as unknown as { readonly errorHandler: ErrorHandler }
  return (error, c) => ('getResponse' in error ? errorHandler(error, c) : c.text('Internal Server Error', 500))
}

function appOf({ protection, inner = protection, guards, onHandled, habits = [], onError }: Serving) {
  const protect = protectBy(protection)
  const protectInner = protectBy(inner)
  const handle =
    (by: { auth: (c: Context) => AccessToken | undefined }): Handler =>
    (c) => {
      onHandled(by.auth(c))
      return c.json({ ok: true })
    }
  const app = new Hono()
  app.onError(defaultOf(app))
  if (onError !== undefined) {
    app.onError((error) => {
      onError(error)
      return new Response('mine', statusAndHeadersOf(error))
    })
  }
  if (habits.includes('own challenge')) {
    app.use((c, next) => {
      c.header('X-Own', 'set before')
      c.header('WWW-Authenticate', 'Basic realm="staging"')
      return next()
    })
  }
  if (habits.includes('cors in front')) {
    app.use(cors({ origin: '*', exposeHeaders: ['WWW-Authenticate'] }))
  }
  if (habits.includes('metadata in front')) {
    app.use(protect.metadata(), protectInner.metadata(), protect(...guards))
  }
  if (habits.includes('metadata behind')) {
    app.use(protect(...guards), protect.metadata())
  }
  if (habits.includes('cors behind')) {
    app.use(protect(), cors())
  }
  app.all('/items', protect(...guards), handle(protect))
  app.all('/optional', protect.optional(...guards), handle(protect.optional))
  app.route('/mounted', new Hono().all('/items', protect(...guards), handle(protect)))
  app.use('/twice', protect())
  app.all('/twice', protect(...guards), protect(...guards), handle(protect))
  app.all('/failing', protect(...guards), () => {
    throw mistake
  })
  app.use('/inner/*', protect())
  app.route('/inner', new Hono().all('/items', protectInner(...guards), handle(protectInner)))
  app.all('/unguarded', handle(protect))
  return { app, close: () => Promise.all([protect.validator.close(), protectInner.validator.close()]) }
}

export const honoAdapter: Adapter = {
  name: 'Hono 4',
  create: async (options) => createProtect(options),
  serve: (serving) => {
    const { app, close } = appOf(serving)
    // The tests share their globals. examples/hono runs with the globals of Hono.
    const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
    return createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => void listener(request, response)).on(
      'close',
      () => void close(),
    )
  },
}
