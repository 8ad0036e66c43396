// npm install @tollgate/express @tollgate/core express
import { createProtect, scopes } from '@tollgate/express'
import { okta } from '@tollgate/core/issuers'
import express from 'express'

const protect = createProtect({
  issuer: okta('https://example.okta.com/oauth2/aus1'),
  audience: 'api://orders',
})
const app = express()
app.get('/orders', protect(scopes('orders.read')), (req, res) => {
  res.json({ for: protect.auth(req).subject })
})

export { app }
