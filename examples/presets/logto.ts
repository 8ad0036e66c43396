// npm install @tollgate/express @tollgate/core express
import { createProtect, organization, scopes } from '@tollgate/express'
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

/** The organization of the route. The guard gets the path with its query, and no parameters of the framework. */
const id = (request?: { readonly url: string }) => /^\/organizations\/([^/?]+)/.exec(request?.url ?? '')?.[1]

app.get('/organizations/:id/orders', protect(organization({ id, kind: 'api' }), scopes('orders:read')), (req, res) => {
  res.json({ organization: protect.auth(req).claims['organization_id'] })
})

export { app }
