import type { IncomingMessage } from 'node:http'
import { type AccessToken, type Guard, isRefusal, isUnavailable, type Validator } from '@tollgate/core'
import { GraphQLError } from 'graphql'

/** The context of the resolvers: the token of the request, and a function that runs guards for it. */
export interface Context {
  readonly token: AccessToken
  readonly authorize: (...guards: readonly Guard[]) => Promise<AccessToken>
}

type Incoming = IncomingMessage | Request

/** Validates the token of an operation. A refusal becomes a GraphQLError with the status and the challenge. */
export async function createContext(validator: Validator, request: Incoming): Promise<Context> {
  const token = await validator.authenticate(request).catch(throwGraphQLError)
  return contextOf(validator, request, token)
}

/** The context for a request whose token a middleware has validated. */
export function contextOf(validator: Validator, request: Incoming, token: AccessToken): Context {
  return {
    token,
    authorize: (...guards) => validator.authorize(token, request, ...guards).catch(throwGraphQLError),
  }
}

function throwGraphQLError(error: unknown): never {
  if (!isRefusal(error) && !isUnavailable(error)) {
    throw error
  }
  throw new GraphQLError(isRefusal(error) ? error.message : 'Try again later', { extensions: { ...error.extensions } })
}
