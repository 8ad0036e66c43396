import { type AccessToken, createValidator, type Guard, isRefusal, isUnavailable } from '@tollgate/core'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 as Result } from 'aws-lambda'

const { ISSUER = 'https://tenant.logto.app/oidc' } = process.env

/** Lambda reuses the module for later events. Therefore the validator caches keys and tokens. */
export const validator = createValidator({ issuer: ISSUER, audience: 'https://api.example.com' })

type Handler = (event: APIGatewayProxyEventV2, token: AccessToken) => Promise<Result>
type Authenticated = { readonly token: AccessToken } | { readonly response: Result }

/** Calls the handler with the event and its token. It responds to a refusal by itself. It catches no error of the handler. */
export function withAuth(...guards: readonly Guard[]) {
  const guard = validator.combine(...guards)
  return (handler: Handler) =>
    async (event: APIGatewayProxyEventV2): Promise<Result> => {
      const authenticated = await authenticate(event, guard)
      return 'token' in authenticated ? handler(event, authenticated.token) : authenticated.response
    }
}

async function authenticate(event: APIGatewayProxyEventV2, guard: Guard): Promise<Authenticated> {
  try {
    return { token: await validator.authenticate(toHttpRequest(event), guard) }
  } catch (error) {
    if (!isRefusal(error) && !isUnavailable(error)) {
      throw error
    }
    const { status, headers, body } = error
    const response = { statusCode: status, headers: { ...headers, 'Content-Type': 'application/json' } }
    return { response: { ...response, body: JSON.stringify(body) } }
  }
}

function toHttpRequest({ requestContext, rawPath, rawQueryString, headers, cookies = [] }: APIGatewayProxyEventV2) {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  return {
    method: requestContext.http.method,
    url: rawQueryString === '' ? rawPath : `${rawPath}?${rawQueryString}`,
    // API Gateway moves the cookies out of the headers.
    headers: [...lines, ...cookies.map((cookie) => ['cookie', cookie] as const)],
  }
}
