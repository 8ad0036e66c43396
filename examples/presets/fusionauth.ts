// npm install @tollgate/express @tollgate/core express
import { createProtect, scopes } from '@tollgate/express'
import { fusionauth } from '@tollgate/core/issuers'
import express from 'express'

const tenantId = '00000000-0000-4000-8000-000000000001'
const protect = createProtect({
  issuer: fusionauth('https://auth.example.com', {
    metadata: `https://auth.example.com/${tenantId}/.well-known/openid-configuration`,
  }),
  audience: ['example-application-id', 'example-entity-id'],
})
const app = express()
app.get('/orders', protect(scopes('read')), (req, res) => {
  res.json({ for: protect.auth(req).subject })
})

export { app }
