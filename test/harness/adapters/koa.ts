import { createServer } from 'node:http'
import { bodyParser } from '@koa/bodyparser'
import cors from '@koa/cors'
import { Router } from '@koa/router'
import type { AccessToken, Validator } from '@tollgate/core'
import type { ProtectOptions } from '@tollgate/core/adapter'
import { createProtect, type KoaContext, type Protect } from '@tollgate/koa'
import Koa3 from 'koa'
import mount from 'koa-mount'
import Koa2 from 'koa2'
import { type Adapter, isValidator, mistake, type Serving, statusAndHeadersOf } from './adapter.ts'

function protectBy(protection: ProtectOptions | Validator): Protect {
  return isValidator(protection) ? createProtect(protection) : createProtect(protection)
}

function koaAdapter(name: string, Koa: typeof Koa3): Adapter {
  function appOf({ protection, inner = protection, guards, onHandled, habits = [], onError }: Serving) {
    const protect = protectBy(protection)
    const protectInner = protectBy(inner)
    const handle = (by: { auth: (ctx: KoaContext) => AccessToken | undefined }) => (ctx: KoaContext) => {
      onHandled(by.auth(ctx))
      ctx.body = { ok: true }
    }
    const app = new Koa({ proxy: habits.includes('trust proxy') })
    // By default Koa prints errors.
    app.silent = true
    if (onError !== undefined) {
      app.use(async (ctx, next) => {
        try {
          await next()
        } catch (error) {
          onError(error)
          const { status, headers } = statusAndHeadersOf(error)
          ctx.status = status
          ctx.set(headers)
          ctx.body = 'mine'
        }
      })
    }
    if (habits.includes('own challenge')) {
      app.use((ctx, next) => {
        ctx.set({ 'X-Own': 'set before', 'WWW-Authenticate': 'Basic realm="staging"' })
        return next()
      })
    }
    if (habits.includes('cors in front')) {
      app.use(cors({ exposeHeaders: ['WWW-Authenticate'] }))
    }
    if (habits.includes('metadata in front')) {
      app
        .use(protect.metadata())
        .use(protectInner.metadata())
        .use(protect(...guards))
    }
    if (habits.includes('metadata behind')) {
      app.use(protect(...guards)).use(protect.metadata())
    }
    app.use(bodyParser({ enableTypes: ['form'] }))
    if (habits.includes('cors behind')) {
      app.use(protect()).use(cors())
    }
    const router = new Router()
    router.all('/items', protect(...guards), handle(protect))
    router.all('/optional', protect.optional(...guards), handle(protect.optional))
    router.use('/twice', protect())
    router.all('/twice', protect(...guards), protect(...guards), handle(protect))
    router.all('/failing', protect(...guards), () => {
      throw mistake
    })
    router.all('/unguarded', handle(protect))
    const mounted = new Router()
    mounted.all('/items', protect(...guards), handle(protect))
    const innerApp = new Koa()
    innerApp.use(new Router().all('/items', protectInner(...guards), handle(protectInner)).routes())
    app.use(router.routes())
    app.use(mount('/mounted', mounted.routes()))
    app.use(mount('/inner', protect()))
    app.use(mount('/inner', innerApp))
    return { app, close: () => Promise.all([protect.validator.close(), protectInner.validator.close()]) }
  }

  return {
    name,
    create: async (options) => createProtect(options),
    serve: (serving) => {
      const { app, close } = appOf(serving)
      return createServer({ maxHeaderSize: 64 * 1024 }, app.callback()).on('close', () => void close())
    },
  }
}

export const koaAdapters: readonly Adapter[] = [koaAdapter('Koa 3', Koa3), koaAdapter('Koa 2', Koa2)]
