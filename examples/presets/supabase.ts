// npm install @tollgate/express @tollgate/core express
import { createProtect, scopes } from '@tollgate/express'
import { supabase } from '@tollgate/core/issuers'
import express from 'express'

const protect = createProtect({
  issuer: supabase('https://exampleref.supabase.co', {
    dialect: { scopes: 'app_metadata.permissions' },
  }),
  audience: 'authenticated',
})
const app = express()
app.get('/orders', protect(scopes('orders:read')), (req, res) => {
  res.json({ for: protect.auth(req).subject })
})

export { app }
