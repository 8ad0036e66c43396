import type { Guard } from '@tollgate/core'
import { validator } from './validator.ts'

type Token = Awaited<ReturnType<typeof validator.authenticate>>

/** Handlers get the token after the request, and then whatever else the framework passes. What they throw is not answered here. */
export function withAuth(...guards: readonly Guard[]) {
  const guard = validator.combine(...guards)
  return <Rest extends readonly unknown[]>(
    handler: (request: Request, token: Token, ...rest: Rest) => Response | Promise<Response>,
  ) =>
    async (request: Request, ...rest: Rest): Promise<Response> => {
      const verdict = await validator.authenticate(request, guard).catch((error: unknown) => validator.respond(error))
      return verdict instanceof Response ? verdict : handler(request, verdict, ...rest)
    }
}
