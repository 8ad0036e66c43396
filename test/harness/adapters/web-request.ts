import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { type AccessToken, createValidator, type Validator } from '@tollgate/core'
import type { ProtectOptions } from '@tollgate/core/adapter'
import { type Handler, Hono, type NotFoundHandler } from 'hono'
import { cors } from 'hono/cors'
import { type Adapter, isValidator, mistake, type Serving, statusAndHeadersOf } from './adapter.ts'

function validatorBy(protection: ProtectOptions | Validator): Validator {
  if (isValidator(protection)) {
    return protection
  }
  const { errors: _errors, preflights: _preflights, ...options } = protection
  return createValidator(options)
}

function appOf({ protection, inner = protection, guards, onHandled, habits = [], onError }: Serving) {
  if (habits.includes('own challenge') || habits.includes('cors behind')) {
    throw new Error('This adapter has no framework')
  }
  const validator = validatorBy(protection)
  const validatorInner = validatorBy(inner)

  function responding(validate: (request: Request) => Promise<AccessToken | undefined>): Handler {
    return async (context) => {
      try {
        const token = await validate(context.req.raw)
        onHandled(token)
        return context.json({ ok: true }, { headers: { ...token?.responseHeaders } })
      } catch (error) {
        if (onError === undefined) {
          return validator.respond(error)
        }
        onError(error)
        const { status, headers } = statusAndHeadersOf(error)
        return new Response('mine', { status, headers })
      }
    }
  }

  const authenticate = (request: Request) => validator.authenticate(request, ...guards)
  const app = new Hono()
  app.onError(() => new Response(null, { status: 500 }))
  if (habits.includes('cors in front')) {
    app.use(cors({ origin: '*', exposeHeaders: ['WWW-Authenticate'] }))
  }
  if (habits.includes('metadata in front') || habits.includes('metadata behind')) {
    validator.combine(...guards)
    const respondWithMetadata = [validator, validatorInner].map((one) => one.metadata())
    app.use(async ({ req }, next) => {
      const responses = respondWithMetadata.map((respond) => respond(req.raw))
      const response = await responses.find((one) => one !== undefined)
      return response === undefined ? next() : new Response(response.body, response)
    })
    app.notFound(responding(authenticate) as NotFoundHandler)
  }
  app.all('/items', responding(authenticate))
  app.all(
    '/optional',
    responding((request) => validator.authenticateOptional(request, ...guards)),
  )
  app.route('/mounted', new Hono().all('/items', responding(authenticate)))
  app.all(
    '/twice',
    responding((request) => validator.authenticate(request).then(() => authenticate(request))),
  )
  app.all(
    '/failing',
    responding((request) => authenticate(request).then(() => Promise.reject(mistake))),
  )
  app.all(
    '/inner/items',
    responding((request) =>
      validator.authenticate(request).then(() => validatorInner.authenticate(request, ...guards)),
    ),
  )
  app.all(
    '/unguarded',
    responding(() => Promise.reject(new TypeError('there is no token here'))),
  )
  return { app, close: () => Promise.all([validator.close(), validatorInner.close()]) }
}

/** A validator without an adapter, for web `Request`s. They come from Hono. */
export const webRequestAdapter: Adapter = {
  name: 'Request',
  create: async (options) => validatorBy(options),
  serve: (serving) => {
    const { app, close } = appOf(serving)
    const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
    return createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => void listener(request, response)).on(
      'close',
      () => void close(),
    )
  },
}
