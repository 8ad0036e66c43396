// npm install @tollgate/express @tollgate/core express
import { createProtect, scopes } from '@tollgate/express'
import { descope } from '@tollgate/core/issuers'
import express from 'express'

const protect = createProtect({
  issuer: descope('P2example'),
  audience: 'P2example',
})
const app = express()
app.get('/orders', protect(scopes('orders:read')), (req, res) => {
  res.json({ for: protect.auth(req).subject })
})

export { app }
