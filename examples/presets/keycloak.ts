// npm install @tollgate/express @tollgate/core express
import { createProtect, scopes } from '@tollgate/express'
import { keycloak } from '@tollgate/core/issuers'
import express from 'express'

const protect = createProtect({
  issuer: keycloak('https://sso.example.com/realms/main'),
  audience: 'orders-api',
})
const app = express()
app.get('/orders', protect(scopes('orders')), (req, res) => {
  res.json({ for: protect.auth(req).subject })
})

export { app }
