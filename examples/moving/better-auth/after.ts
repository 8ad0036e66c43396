import { createValidator, scopes, trustedIssuer } from '@tollgate/core'
import type { Setting } from '../issuers.ts'

type Route = (req: Request) => Promise<Response>

export function createRoutes({ issuer, audience, jwksUri }: Setting): { readonly GET: Route; readonly POST: Route } {
  const validator = createValidator({ audience, issuer: trustedIssuer(issuer, { keys: jwksUri }) })

  const GET = async (req: Request) => {
    try {
      const token = await validator.authenticate(req, scopes('read:post'))
      return Response.json({ for: token.subject })
    } catch (error) {
      return validator.respond(error)
    }
  }

  const POST = async (req: Request) => {
    try {
      const token = await validator.authenticate(req, scopes('write:post'))
      return Response.json({ for: token.subject })
    } catch (error) {
      return validator.respond(error)
    }
  }
  return { GET, POST }
}
