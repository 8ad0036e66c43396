import type { AccessToken, Guard, Validator } from '@tollgate/core'

/** Returns `withAuth(...guards)(handler)`. It calls the handler with the request, the token, and further arguments. */
export function createWithAuth<Claims>(validator: Validator<Claims>) {
  return (...guards: readonly Guard[]) => {
    const guard = validator.combine(...guards)
    return <Rest extends readonly unknown[]>(
      handler: (request: Request, token: AccessToken<Claims>, ...rest: Rest) => Response | Promise<Response>,
    ) =>
      async (request: Request, ...rest: Rest): Promise<Response> => {
        // It does not catch the errors of the handler.
        const result = await validator.authenticate(request, guard).catch(validator.respond)
        return result instanceof Response ? result : handler(request, result, ...rest)
      }
  }
}
