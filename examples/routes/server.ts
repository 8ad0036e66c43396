import {
  allOf,
  anyOf,
  anyScope,
  audience,
  claims,
  createProtect,
  defineGuard,
  Refusal,
  scopes,
  stepUp,
  isRefusal,
  isUnavailable,
  type ProtectOptions,
} from '@tollgate/express'
import express, { type ErrorRequestHandler, type Express } from 'express'

export function createApp(options: ProtectOptions): Express {
  const protect = createProtect(options)
  const app = express()

  app.get('/orders', protect(scopes('orders:read')), (req, res) => {
    const { subject, clientId, scopes: granted } = protect.auth(req)
    res.json({ subject, clientId, granted: [...granted] })
  })

  // Guards combine: an administrator, or a caller of the right tenant with the scope for writing.
  const sameTenant = claims(({ tenant }) => tenant === 'acme', 'wrong-tenant')
  app.post('/orders', protect(anyOf(scopes('admin'), allOf(scopes('orders:write'), sameTenant))), (_req, res) => {
    res.status(201).end()
  })

  // One scope of several, and a part of the API with its own audience.
  app.get('/stock', protect(anyScope('stock:read', 'stock:write')), (_req, res) => void res.json([]))
  app.get('/reports', protect(audience('https://api.example.com/reports')), (_req, res) => void res.json([]))

  // A strong sign-in of the last five minutes.
  app.post('/payments', protect(stepUp({ acr: ['gold', 'silver'], maxAge: '5m' })), (_req, res) => {
    res.status(201).end()
  })

  // A guard of your own.
  const firstParty = defineGuard({
    check: (token) =>
      token.clientId?.startsWith('internal-') === true ? 'pass' : new Refusal({ reason: 'third-party-client' }),
  })
  app.delete('/orders', protect(firstParty), (_req, res) => void res.status(204).end())

  // The order of another customer is 403.
  const ownOrders = defineGuard({
    check: (token, { native }) =>
      native?.params['customer'] === token.subject ? 'pass' : new Refusal({ reason: 'foreign-order' }),
  })
  app.get('/customers/:customer/orders', protect(ownOrders), (_req, res) => void res.json([]))

  // A token is optional here. An invalid token is refused.
  app.get('/catalogue', protect.optional(), (req, res) => {
    const token = protect.optional.auth(req)
    res.json({ prices: token === undefined ? 'list' : `for ${token.subject}` })
  })
  return app
}

/** Every path but two kinds of paths needs a token. */
export function createAppWithExceptions(options: ProtectOptions): Express {
  const protect = createProtect(options)
  const app = express()
  app.use(protect.unless(['/health', ({ url = '' }) => url.startsWith('/docs/')]))
  app.get('/health', (_req, res) => void res.json({ ok: true }))
  app.get('/docs/:page', (req, res) => void res.json({ page: req.params.page }))
  app.get('/orders', (_req, res) => void res.json([]))
  return app
}

/** The app responds to refusals and outages itself. */
export function createStrictApp(options: ProtectOptions): Express {
  const onError: ErrorRequestHandler = (error, _req, res, next) => {
    if (!isRefusal(error) && !isUnavailable(error)) {
      next(error)
      return
    }
    const title = error.expose ? error.message : 'Try again later'
    res.status(error.status).set(error.headers).json({ title, status: error.status })
  }
  const protect = createProtect({ ...options, errors: 'throw' })
  const app = express()
  app.get('/orders', protect(scopes('orders:read')), (_req, res) => void res.json([]))
  app.use(onError)
  return app
}
