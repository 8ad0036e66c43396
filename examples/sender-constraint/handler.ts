import { createValidator, type ValidatorOptions } from '@tollgate/core'

type Options = Pick<ValidatorOptions, 'issuer' | 'audience' | 'dispatcher'>
type Handler = (request: Request) => Promise<Response>

/** A handler for a web `Request`: no adapter writes the headers of its response. */
export function createHandler(options: Options): Handler {
  const validator = createValidator({ ...options, dpop: { mode: 'required', nonces: 'required' } })

  return async (request) => {
    try {
      const { subject, responseHeaders } = await validator.authenticate(request)
      return Response.json({ for: subject }, { headers: responseHeaders })
    } catch (error) {
      return validator.respond(error)
    }
  }
}
