import { createProtect, trustedIssuer } from '@tollgate/koa'
import Koa from 'koa'
import type { Setting } from '../issuers.ts'

export function createApp({ issuer, audience, jwksUri }: Setting): Koa {
  const app = new Koa()

  // Unprotected middleware
  app.use(function (ctx, next) {
    if (ctx.url.match(/^\/public/)) {
      ctx.body = 'unprotected\n'
      return
    }
    return next()
  })

  // Middleware below this line runs only if the access token is valid
  const protect = createProtect({ audience, issuer: trustedIssuer(issuer, { keys: jwksUri }) })
  app.use(protect())

  // Protected middleware
  app.use(function (ctx) {
    if (ctx.url.match(/^\/api\/me/)) {
      ctx.body = protect.auth(ctx).claims
    } else if (ctx.url.match(/^\/api/)) {
      ctx.body = 'protected\n'
    }
  })
  return app
}

/** A token is optional. A bad token is refused. */
export function createOptionalApp({ issuer, audience, jwksUri }: Setting): Koa {
  const app = new Koa()
  const protect = createProtect({ audience, issuer: trustedIssuer(issuer, { keys: jwksUri }) })
  app.use(protect.optional())
  app.use((ctx) => {
    ctx.body = { for: protect.optional.auth(ctx)?.subject ?? 'everybody' }
  })
  return app
}

/** Paths under `/public` need no token. */
export function createUnlessApp({ issuer, audience, jwksUri }: Setting): Koa {
  const app = new Koa()
  const protect = createProtect({ audience, issuer: trustedIssuer(issuer, { keys: jwksUri }) })
  app.use(protect.unless((ctx) => ctx.path.startsWith('/public/')))
  app.use((ctx) => {
    ctx.body = 'served\n'
  })
  return app
}
