import { scopes } from '@tollgate/core'
import { withAuth } from '@/lib/auth'

interface Context {
  readonly params: Promise<{ readonly id: string }>
}

export const GET = withAuth(scopes('orders:read'))(async (_request, token, { params }: Context) => {
  const { id } = await params
  return Response.json({ id, for: token.subject })
})
