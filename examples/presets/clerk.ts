// npm install @tollgate/express @tollgate/core express
import { createProtect, scopes } from '@tollgate/express'
import { clerk } from '@tollgate/core/issuers'
import express from 'express'

const protect = createProtect({
  issuer: clerk('https://clerk.example.com', { dialect: { scopes: 'metadata.permissions' } }),
  audience: 'https://app.example.com',
})
const app = express()
app.get('/orders', protect(scopes('orders:read')), (req, res) => {
  res.json({ for: protect.auth(req).subject })
})

export { app }
