import { koaJwtSecret } from 'jwks-rsa'
import Koa from 'koa'
import jwt from 'koa-jwt'
import type { Setting } from '../issuers.ts'

// The example of the README of koa-jwt 4.0. The keys come from `koaJwtSecret`, as the README shows further below. The
// issuer, the audience and the keys are arguments. `/api/me` is from the example koa-demo of jwks-rsa.
export function createApp({ issuer, audience, jwksUri }: Setting): Koa {
  const app = new Koa()

  // Custom 401 handling if you don't want to expose koa-jwt errors to users
  app.use(function (ctx, next) {
    return next().catch((err) => {
      if (401 == err.status) {
        ctx.status = 401
        ctx.body = 'Protected resource, use Authorization header to get access\n'
      } else {
        throw err
      }
    })
  })

  // Unprotected middleware
  app.use(function (ctx, next) {
    if (ctx.url.match(/^\/public/)) {
      ctx.body = 'unprotected\n'
      return
    }
    return next()
  })

  // Middleware below this line is only reached if JWT token is valid
  app.use(jwt({ secret: koaJwtSecret({ jwksUri, cache: true }), audience, issuer }))

  // Protected middleware
  app.use(function (ctx) {
    if (ctx.url.match(/^\/api\/me/)) {
      ctx.body = ctx.state['user']
    } else if (ctx.url.match(/^\/api/)) {
      ctx.body = 'protected\n'
    }
  })
  return app
}

/** The caller is known if there is a valid token, and unknown otherwise. */
export function createPassthroughApp({ issuer, audience, jwksUri }: Setting): Koa {
  const app = new Koa()
  app.use(jwt({ secret: koaJwtSecret({ jwksUri, cache: true }), audience, issuer, passthrough: true }))
  app.use((ctx) => {
    ctx.body = { for: ctx.state['user']?.sub ?? 'everybody' }
  })
  return app
}

/** The example of the README with `unless`. */
export function createUnlessApp({ issuer, audience, jwksUri }: Setting): Koa {
  const app = new Koa()
  const protection = jwt({ secret: koaJwtSecret({ jwksUri, cache: true }), audience, issuer })
  app.use(protection.unless({ path: [/^\/public/] }))
  app.use((ctx) => {
    ctx.body = 'served\n'
  })
  return app
}
