// npm install @tollgate/express @tollgate/core express
import { createProtect, scopes } from '@tollgate/express'
import { workos } from '@tollgate/core/issuers'
import express from 'express'

const protect = createProtect({
  issuer: workos('client_example'),
  audience: 'https://api.example.com',
})
const app = express()
app.get('/orders', protect(scopes('orders:read')), (req, res) => {
  res.json({ for: protect.auth(req).subject })
})

export { app }
