import { active, clientSecretBasic, createProtect, scopes, trustedIssuer } from '@tollgate/hono'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { cors } from 'hono/cors'

/** The app that the servers of the other runtimes serve. Its issuer and its audience are in the environment. */
function createApp(): Hono {
  const { ISSUER = '', AUDIENCE = '', CLIENT_ID = '', CLIENT_SECRET = '' } = process.env
  const protect = createProtect({ issuer: ISSUER, audience: AUDIENCE, formBody: 'accepted' })
  const throwing = createProtect(protect.validator, { errors: 'throw' })
  const down = createProtect({ issuer: 'http://127.0.0.1:9', audience: AUDIENCE })
  const introspection = { client: clientSecretBasic(CLIENT_ID, CLIENT_SECRET) }
  const opaque = createProtect({ issuer: trustedIssuer(ISSUER, { introspection }), audience: AUDIENCE })

  const app = new Hono().use(cors({ origin: '*', exposeHeaders: ['WWW-Authenticate'] }))
  app.get('/', protect(), (c) => c.text(c.var.auth.subject ?? ''))
  app.get('/scopes', protect(scopes('admin')), (c) => c.text('admin'))
  app.get('/optional', protect.optional(), (c) => c.text(c.var.auth?.subject ?? 'absent'))
  app.get('/throw', throwing(), (c) => c.text('ok'))
  app.get('/down', down(), (c) => c.text('ok'))
  app.get('/opaque', opaque(active({ within: '1s' })), (c) => c.text(c.var.auth.subject ?? ''))
  app.post('/form', bodyLimit({ maxSize: 10_000 }), protect(), async (c) =>
    c.text(`${c.var.auth.subject} ${String((await c.req.parseBody())['of'])}`),
  )
  return app
}

export const app: Hono = createApp()
