// npm install @tollgate/express @tollgate/core express
import { createProtect, scopes } from '@tollgate/express'
import { cognito } from '@tollgate/core/issuers'
import express from 'express'

const protect = createProtect({
  issuer: cognito('eu-central-1_Abc123'),
  audience: ['web-client-id', 'job-client-id'],
})
const app = express()
app.get('/orders', protect(scopes('orders/read')), (req, res) => {
  res.json({ for: protect.auth(req).subject })
})

export { app }
