import { createProtect, type ProtectOptions, scopes } from '@tollgate/express'
import express, { type Express } from 'express'

export function createApp(options: ProtectOptions): Express {
  const protect = createProtect(options)
  const { validator } = protect
  const app = express()
  app.get('/orders', protect(scopes('orders:read')), (req, res) => void res.json({ for: protect.auth(req).subject }))

  // A sign-out: this token is refused from now on.
  app.post('/sign-out', protect(), async (req, res) => {
    await validator.revoke({ token: protect.auth(req).raw() })
    res.sendStatus(204)
  })

  // A lost phone: all tokens of the person until now. A token that the person gets afterwards is valid.
  app.post('/people/:subject/sign-out', protect(scopes('people:write')), async (req, res) => {
    await validator.revoke({ sub: req.params.subject })
    res.sendStatus(204)
  })

  // A secret that leaked, and was replaced a minute ago: the tokens that the client got until then.
  app.post('/clients/:id/sign-out', protect(scopes('people:write')), async (req, res) => {
    await validator.revoke({ clientId: req.params.id, before: Date.now() - 60_000 })
    res.sendStatus(204)
  })
  return app
}
