import { createServer } from 'node:http'
import { Router } from '@koa/router'
import { createProtect } from '@tollgate/koa'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { bind, respondLate, type StreamServer, write } from './stream-server.ts'

function koaServer(name: string, Koa: typeof Koa3): StreamServer {
  return {
    name,
    protocol: 'http/1.1',
    cutsOff: true,
    serve: async (streams) => {
      const protect = createProtect(streams.validator)
      const router = new Router().use(protect())
      router.all('/written', (ctx) => {
        ctx.respond = false
        write(streams, bind(streams, protect.auth(ctx), ctx.res))
      })
      router.all('/piped', (ctx) => {
        bind(streams, protect.auth(ctx), ctx.res)
        ctx.body = streams.body()
      })
      router.all('/silent', (ctx) => {
        ctx.respond = false
        bind(streams, protect.auth(ctx), ctx.res)
      })
      router.all('/late', (ctx) => {
        ctx.respond = false
        void respondLate(streams, protect.auth(ctx), ctx.res)
      })
      return createServer(silent(new Koa()).use(router.routes()).callback())
    },
  }
}

/** By default Koa prints that a body stopped. */
function silent(app: Koa3): Koa3 {
  app.silent = true
  return app
}

export const koaServers: readonly StreamServer[] = [koaServer('Koa 3', Koa3), koaServer('Koa 2', Koa2)]
