import type { IncomingMessage } from 'node:http'
import { type AccessToken, type Guard, isRefusal, isUnavailable, type Validator } from '@tollgate/core'
import { TRPCError } from '@trpc/server'

/** The context of the procedures. `authorize` rejects unless the request has a token that the guards accept. */
export interface Context {
  readonly authorize: (...guards: readonly Guard[]) => Promise<AccessToken>
}

/** Returns the option `createContext`. It validates the token once for all procedures of a batch. */
export function createContext(validator: Validator) {
  return async ({ req }: { readonly req: IncomingMessage }): Promise<Context> => {
    const token = await validator.authenticateOptional(req).catch(throwTRPCError)
    return { authorize: (...guards) => validator.authorize(token, req, ...guards).catch(throwTRPCError) }
  }
}

const codes = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  500: 'INTERNAL_SERVER_ERROR',
  502: 'BAD_GATEWAY',
  503: 'SERVICE_UNAVAILABLE',
} as const

function throwTRPCError(error: unknown): never {
  if (!isRefusal(error) && !isUnavailable(error)) {
    throw error
  }
  const message = isRefusal(error) ? error.message : 'Try again later'
  throw new TRPCError({ code: codes[error.status], message, cause: error })
}

/** The option `responseMeta`: the challenge of a refusal, and the `Retry-After` of an outage. */
export function responseMeta({ errors }: { readonly errors: readonly TRPCError[] }) {
  const causes = errors.map(({ cause }) => cause)
  return { headers: { ...causes.find((cause) => isRefusal(cause) || isUnavailable(cause))?.headers } }
}
