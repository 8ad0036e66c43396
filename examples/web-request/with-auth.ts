import type { Guard } from '@tollgate/core'
import { validator } from './validator.ts'

type Token = Awaited<ReturnType<typeof validator.authenticate>>

/** Calls the handler with the request, the token, and the arguments of the framework. Does not catch its errors. */
export function withAuth(...guards: readonly Guard[]) {
  const guard = validator.combine(...guards)
  return <Rest extends readonly unknown[]>(
    handler: (request: Request, token: Token, ...rest: Rest) => Response | Promise<Response>,
  ) =>
    async (request: Request, ...rest: Rest): Promise<Response> => {
      const result = await validator.authenticate(request, guard).catch((error: unknown) => validator.respond(error))
      return result instanceof Response ? result : handler(request, result, ...rest)
    }
}
