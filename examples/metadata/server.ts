import { createProtect, createValidator, scopes, type ValidatorOptions } from '@tollgate/express'
import express, { type Express } from 'express'

type Trust = Pick<ValidatorOptions, 'issuer' | 'dispatcher'>

/** An API with one resource. */
export function createApi({ issuer, dispatcher }: Trust): Express {
  const protect = createProtect({ issuer, dispatcher, audience: 'https://api.example.com' })
  const app = express()

  app.use(protect.metadata())
  app.get('/orders', protect(scopes('orders:read')), (_req, res) => void res.json([]))
  return app
}

/** Two resources on one host, each with its own audience and its own document. */
export function createTwoApis({ issuer, dispatcher }: Trust): Express {
  const ordersUrl = 'https://api.example.com/orders'
  const stockUrl = 'https://api.example.com/stock'
  const orders = createProtect({ issuer, dispatcher, audience: ordersUrl, resource: ordersUrl })
  const stock = createProtect({ issuer, dispatcher, audience: stockUrl, resource: stockUrl })
  const app = express()

  app.use(orders.metadata(), stock.metadata())
  app.get('/orders', orders(scopes('orders:read')), (_req, res) => void res.json([]))
  app.get('/stock', stock(scopes('stock:read')), (_req, res) => void res.json([]))
  return app
}

/** The same without a framework, for web requests. */
export function createFetch({ issuer, dispatcher }: Trust): (request: Request) => Promise<Response> {
  const audience = 'https://api.example.com'
  const resource = { url: audience, scopes: ['orders:read'], name: 'Orders' }
  const validator = createValidator({ issuer, dispatcher, audience, resource })
  const respondWithMetadata = validator.metadata()

  return async (request) => {
    const metadata = await respondWithMetadata(request)
    if (metadata !== undefined) {
      return new Response(metadata.body, metadata)
    }
    try {
      const auth = await validator.authenticate(request, scopes('orders:read'))
      return Response.json({ for: auth.subject })
    } catch (error) {
      return validator.respond(error)
    }
  }
}
