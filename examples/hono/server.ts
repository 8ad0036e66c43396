import {
  createProtect,
  isRefusal,
  isUnavailable,
  type Protect,
  type ProtectedEnv,
  type ProtectOptions,
  scopes,
} from '@tollgate/hono'
import { Hono } from 'hono'
import { cors } from 'hono/cors'

export function createApp(options: ProtectOptions, report: (error: Error) => void): Hono {
  const protect = createProtect(options)
  const app = new Hono()
  app.use(cors({ origin: 'https://app.example.com', exposeHeaders: ['WWW-Authenticate'] })) // before protect()

  // A token is optional here. An invalid token is refused.
  app.get('/catalogue', protect.optional(), (c) => {
    return c.json({ prices: c.var.auth === undefined ? 'list' : `for ${c.var.auth.subject}` })
  })

  app.use(protect()) // every route after this line needs a valid access token
  app.get('/orders', protect(scopes('orders:read')), (c) => c.json({ for: c.var.auth.subject }))
  app.get('/me', (c) => c.json({ subject: protect.auth(c).subject }))
  app.route('/admin', createAdmin(protect))

  app.onError((error, c) => {
    report(error)
    return c.json({ error: 'server_error' }, 500)
  })
  return app
}

/** A sub-app. Its type says that every route has the variable `auth`. */
function createAdmin(protect: Protect): Hono<ProtectedEnv> {
  const admin = new Hono<ProtectedEnv>()
  admin.use(protect(scopes('admin')))
  admin.get('/clients', (c) => c.json([c.var.auth.clientId]))
  admin.post('/restart', () => {
    throw new Error('Not on a Friday')
  })
  return admin
}

/** Every route needs a valid token. The app responds to refusals and outages. */
export function createStrictApp(options: ProtectOptions): Hono<ProtectedEnv> {
  const protect = createProtect({ ...options, errors: 'throw' })
  const app = new Hono<ProtectedEnv>()
  app.onError((error, c) => {
    if (!isRefusal(error) && !isUnavailable(error)) {
      console.error(error)
      return c.text('Internal Server Error', 500)
    }
    const title = error.expose ? error.message : 'Try again later'
    return c.json({ title, status: error.status }, error.status, { ...error.headers })
  })
  app.use(protect())
  app.get('/', (c) => c.json({ for: c.var.auth.subject }))
  return app
}
