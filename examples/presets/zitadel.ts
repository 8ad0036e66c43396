// npm install @tollgate/express @tollgate/core express
import { createProtect, scopes } from '@tollgate/express'
import { zitadel } from '@tollgate/core/issuers'
import express from 'express'

const protect = createProtect({
  issuer: zitadel('example.zitadel.cloud', { project: '300' }),
  audience: '300',
})
const app = express()
app.get('/orders', protect(scopes('reader')), (req, res) => {
  res.json({ for: protect.auth(req).subject })
})

export { app }
