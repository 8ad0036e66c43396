// npm install @tollgate/express @tollgate/core express
import { createProtect, scopes } from '@tollgate/express'
import { firebase } from '@tollgate/core/issuers'
import express from 'express'

const protect = createProtect({
  issuer: firebase('example-project', { dialect: { scopes: 'permissions' } }),
  audience: 'example-project',
})
const app = express()
app.get('/orders', protect(scopes('orders:read')), (req, res) => {
  res.json({ for: protect.auth(req).subject })
})

export { app }
