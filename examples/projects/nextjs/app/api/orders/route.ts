import { scopes } from '@tollgate/core'
import { withAuth } from '@/lib/auth'

export const GET = withAuth(scopes('orders:read'))((_request, token) => Response.json({ for: token.subject }))

export const POST = withAuth(scopes('orders:write'))(async (request, token) => {
  const order = await request.json()
  return Response.json({ order, by: token.subject }, { status: 201 })
})
