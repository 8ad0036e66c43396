import { type AccessToken, createValidator, type Guard } from '@tollgate/core'

const { ISSUER = 'https://tenant.logto.app/oidc' } = process.env

export const validator = createValidator({ issuer: ISSUER, audience: 'https://api.example.com' })

/** Calls the route handler with the request, its token, and the parameters of the route. */
export function withAuth(...guards: readonly Guard[]) {
  const guard = validator.combine(...guards)
  return <Rest extends readonly unknown[]>(
    handler: (request: Request, token: AccessToken, ...rest: Rest) => Response | Promise<Response>,
  ) =>
    async (request: Request, ...rest: Rest): Promise<Response> => {
      // It does not catch the errors of the handler.
      const result = await validator.authenticate(request, guard).catch(validator.respond)
      return result instanceof Response ? result : handler(request, result, ...rest)
    }
}
