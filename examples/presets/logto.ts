import { createProtect, scopes } from '@tollgate/express'
import { logto } from '@tollgate/core/issuers'
import express from 'express'

const protect = createProtect({
  issuer: logto('https://tenant.logto.app'),
  audience: 'https://api.example.com',
})
const app = express()
app.get('/orders', protect(scopes('orders:read')), (req, res) => {
  res.json({ for: protect.auth(req).subject })
})

export { app }
