import { createValidator, Refusal, scopes, Unavailable } from '@tollgate/core'

const validator = createValidator({
  issuer: 'https://tenant.logto.app/oidc',
  audience: 'https://api.example.com',
})

export async function handle(request: Request): Promise<Response> {
  try {
    const token = await validator.authenticate(request, scopes('orders:read'))
    return Response.json({ for: token.subject })
  } catch (error) {
    if (error instanceof Refusal || error instanceof Unavailable) {
      return Response.json(error.body, { status: error.status, headers: error.headers })
    }
    throw error
  }
}
