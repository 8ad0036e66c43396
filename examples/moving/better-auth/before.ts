import { oauthProviderResourceClient } from '@better-auth/oauth-provider/resource-client'
import { createAuthClient } from 'better-auth/client'
import { requestToResourceInput, verifyAccessTokenRequest } from 'better-auth/oauth2'
import type { Setting } from '../issuers.ts'

type Route = (req: Request) => Promise<Response>

// The code of "API Server" in the documentation of @better-auth/oauth-provider 1.7. The issuer, the audience and the
// keys are arguments. `jwksUrl` is there, because nothing is verified without it. The routes respond.
export function createRoutes({ issuer, audience, jwksUri }: Setting): { readonly GET: Route; readonly POST: Route } {
  const GET = async (req: Request) => {
    const payload = await verifyAccessTokenRequest(requestToResourceInput(req), {
      verifyOptions: { issuer, audience },
      jwksUrl: jwksUri,
      requiredScopes: ['read:post'], // optional
    })
    return Response.json({ for: payload.sub })
  }

  const serverClient = createAuthClient({
    plugins: [oauthProviderResourceClient()],
  })

  const POST = async (req: Request) => {
    const payload = await serverClient.verifyAccessTokenRequest(req, {
      verifyOptions: { issuer, audience },
      jwksUrl: jwksUri,
      requiredScopes: ['write:post'], // optional
    })
    return Response.json({ for: payload.sub })
  }
  return { GET, POST }
}
