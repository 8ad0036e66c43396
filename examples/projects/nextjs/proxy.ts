import { validator } from '@/lib/auth'

/** A second layer: a route of `/api` whose handler has no protection needs a token, too. */
export async function proxy(request: Request): Promise<Response | undefined> {
  try {
    await validator.authenticate(request)
    return undefined
  } catch (error) {
    return validator.respond(error)
  }
}

export const config = { matcher: '/api/:path*' }
