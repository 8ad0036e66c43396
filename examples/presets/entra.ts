// npm install @tollgate/express @tollgate/core express
import { createProtect, scopes } from '@tollgate/express'
import { entra } from '@tollgate/core/issuers'
import express from 'express'

const protect = createProtect({
  issuer: entra('11111111-2222-4333-8444-555555555555'),
  audience: 'aaaaaaaa-0000-4000-8000-000000000001',
})
const app = express()
app.get('/orders', protect(scopes('Orders.Read')), (req, res) => {
  res.json({ for: protect.auth(req).subject })
})

export { app }
