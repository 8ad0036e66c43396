import { createValidator, scopes, type ValidatorOptions } from '@tollgate/core'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { createProtect, type Protect, type Protected } from './protect.ts'

export function createApp(options: ValidatorOptions, report: (error: Error) => void): Hono<Protected> {
  const protect = createProtect(createValidator(options))
  const app = new Hono<Protected>()
  app.use(cors({ origin: 'https://app.example.com', exposeHeaders: ['WWW-Authenticate'] })) // before protect()
  app.use(protect()) // every route needs a valid access token
  app.get('/orders', protect(scopes('orders:read')), (c) => c.json({ for: c.get('auth').subject }))
  app.route('/admin', createAdmin(protect))
  app.onError((error, c) => {
    report(error)
    return c.json({ error: 'server_error' }, 500)
  })
  return app
}

function createAdmin(protect: Protect): Hono<Protected> {
  const admin = new Hono<Protected>()
  admin.use(protect(scopes('admin')))
  admin.get('/clients', (c) => c.json([c.get('auth').clientId]))
  admin.post('/restart', () => {
    throw new Error('Not on a Friday')
  })
  return admin
}
