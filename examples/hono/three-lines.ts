import { createProtect, scopes } from '@tollgate/hono'
import { Hono } from 'hono'

export const app = new Hono()

const protect = createProtect({
  issuer: 'https://tenant.logto.app/oidc',
  audience: 'https://api.example.com',
})
app.use(protect()) // every route after this line needs a valid access token
app.get('/orders', protect(scopes('orders:read')), (c) => {
  return c.json({ for: c.var.auth.subject })
})
