// npm install @tollgate/express @tollgate/core express
import { createProtect, scopes } from '@tollgate/express'
import { auth0 } from '@tollgate/core/issuers'
import express from 'express'

const protect = createProtect({
  issuer: auth0('example.eu.auth0.com'),
  audience: 'https://api.example.com',
})
const app = express()
app.get('/orders', protect(scopes('read:orders')), (req, res) => {
  res.json({ for: protect.auth(req).subject })
})

export { app }
