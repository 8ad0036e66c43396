import { scopes } from '@tollgate/core'
import { withAuth } from './with-auth.ts'

export const handler = withAuth(scopes('orders:read'))(async (_event, token) => ({
  statusCode: 200,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ for: token.subject }),
}))
