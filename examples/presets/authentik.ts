// npm install @tollgate/express @tollgate/core express
import { createProtect, scopes } from '@tollgate/express'
import { authentik } from '@tollgate/core/issuers'
import express from 'express'

const protect = createProtect({
  issuer: authentik('https://auth.example.com/application/o/orders/', {
    dialect: { scopes: 'entitlements' },
  }),
  audience: 'example-client-id',
})
const app = express()
app.get('/orders', protect(scopes('orders:read')), (req, res) => {
  res.json({ for: protect.auth(req).subject })
})

export { app }
