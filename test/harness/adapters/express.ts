import { createServer } from 'node:http'
import { createProtect, type Protect } from '@tollgate/express'
import type { Validator } from '@tollgate/core'
import type { ProtectOptions } from '@tollgate/core/adapter'
import cors from 'cors'
import express5, { type ErrorRequestHandler, type RequestHandler } from 'express'
import express4 from 'express4'
import { type Adapter, isValidator, mistake, type Serving, statusAndHeadersOf } from './adapter.ts'

function protectBy(protection: ProtectOptions | Validator): Protect {
  return isValidator(protection) ? createProtect(protection) : createProtect(protection)
}

function expressAdapter(name: string, express: typeof express5): Adapter {
  function appOf({ protection, inner = protection, guards, onHandled, habits = [], onError }: Serving) {
    const protect = protectBy(protection)
    const protectInner = protectBy(inner)
    const handle =
      (by: { auth: (req: express5.Request) => Parameters<typeof onHandled>[0] }): RequestHandler =>
      (req, res) => {
        onHandled(by.auth(req))
        res.json({ ok: true })
      }
    const app = express()
    // In other environments the error handler of Express prints every error.
    app.set('env', 'test')
    app.set('trust proxy', habits.includes('trust proxy'))
    if (habits.includes('own challenge')) {
      app.use((_req, res, next) => {
        res.set({ 'X-Own': 'set before', 'WWW-Authenticate': 'Basic realm="staging"' })
        next()
      })
    }
    if (habits.includes('cors in front')) {
      app.use(cors({ exposedHeaders: ['WWW-Authenticate'] }))
    }
    if (habits.includes('metadata in front')) {
      app.use(protect.metadata(), protectInner.metadata(), protect(...guards))
    }
    if (habits.includes('metadata behind')) {
      app.use(protect(...guards), protect.metadata())
    }
    app.use(express.urlencoded({ extended: false }))
    if (habits.includes('cors behind')) {
      app.use(protect(), cors())
    }
    app.all('/items', protect(...guards), handle(protect))
    app.all('/optional', protect.optional(...guards), handle(protect.optional))
    app.use('/mounted', express.Router().all('/items', protect(...guards), handle(protect)))
    app.use('/twice', protect())
    app.all('/twice', protect(...guards), protect(...guards), handle(protect))
    app.all('/failing', protect(...guards), () => {
      throw mistake
    })
    app.use('/inner', protect(), express().all('/items', protectInner(...guards), handle(protectInner)))
    app.all('/unguarded', handle(protect))
    if (onError !== undefined) {
      const ownHandler: ErrorRequestHandler = (error, _req, res, _next) => {
        onError(error)
        const { status, headers } = statusAndHeadersOf(error)
        res.status(status).set(headers).send('mine')
      }
      app.use(ownHandler)
    }
    return { app, close: () => Promise.all([protect.validator.close(), protectInner.validator.close()]) }
  }

  return {
    name,
    create: async (options) => createProtect(options),
    serve: (serving) => {
      const { app, close } = appOf(serving)
      return createServer({ maxHeaderSize: 64 * 1024 }, app).on('close', () => void close())
    },
  }
}

export const expressAdapters: readonly Adapter[] = [
  expressAdapter('Express 5', express5),
  expressAdapter('Express 4', express4),
]
