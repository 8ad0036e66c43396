import { scopes } from '@tollgate/core'
import { validator } from './validator.ts'

export async function getOrders(request: Request): Promise<Response> {
  try {
    const token = await validator.authenticate(request, scopes('orders:read'))
    return Response.json({ for: token.subject })
  } catch (error) {
    return validator.respond(error)
  }
}
