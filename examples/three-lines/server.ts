import { createProtect, scopes } from '@tollgate/express'
import express from 'express'

export const app = express()

const protect = createProtect({
  issuer: 'https://tenant.logto.app/oidc',
  audience: 'https://api.example.com',
})
app.use(protect()) // every route needs a valid access token
app.get('/orders', protect(scopes('orders:read')), (req, res) => {
  res.json({ for: protect.auth(req).subject })
})
