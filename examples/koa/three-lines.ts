import { Router } from '@koa/router'
import { createProtect, scopes } from '@tollgate/koa'
import Koa from 'koa'

export const app = new Koa()
const router = new Router()

const protect = createProtect({
  issuer: 'https://tenant.logto.app/oidc',
  audience: 'https://api.example.com',
})
app.use(protect()) // every route needs a valid access token
router.get('/orders', protect(scopes('orders:read')), (ctx) => {
  ctx.body = { for: ctx.state.auth.subject }
})
app.use(router.routes())
