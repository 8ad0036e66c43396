import type { ExecutionContext } from '@nestjs/common'
import { type Guard, isRefusal, isUnavailable } from '@tollgate/core'
import { createRequestAuth, type ErrorResponse, linesOf, memberOf, toFrameworkError } from '@tollgate/core/adapter'
import { acceptToken } from './accepted-tokens.ts'
import { graphqlArgsOf, type NestRequest, requestOf, toHttpRequest, typeOf } from './calls.ts'
import { type Connections, createConnections } from './connections.ts'
import { toHttpException, toSocketException } from './exceptions.ts'
import type { TollgateSettings } from './options.ts'
import { setHeaders, setHeadersOfOperation } from './response-headers.ts'

/** Whether the call may lack credentials. */
export type Credentials = 'required' | 'optional'

/** Authenticates a call of a handler. Rejects with the exception that Nest turns into the response. */
export type CallAuth = (context: ExecutionContext, guard: Guard, credentials: Credentials) => Promise<void>

export function createCallAuth<Claims>(
  settings: TollgateSettings<Claims>,
  connections: Connections<Claims> = createConnections(settings),
): CallAuth {
  const requestAuth = createRequestAuth<NestRequest, Claims>(settings, toHttpRequest)

  return async (context, guard, credentials) => {
    try {
      const call = requestOf(context)
      const token =
        call.socket === undefined
          ? await requestAuth.authenticate(call.request, guard, credentials)
          : await connections.authenticate({ ...call, socket: call.socket }, guard, credentials)
      acceptToken(context, token)
      if (typeOf(context) === 'http') {
        Object.assign(call.request, { [settings.decorate]: token })
      }
      setHeaders(requestAuth.takeHeaders(call.request), responseOf(context))
    } catch (error) {
      throw isRefusal(error) || isUnavailable(error)
        ? await toException(error, context, settings)
        : toFrameworkError(error)
    }
  }
}

/** With `errors: 'throw'`, the exception filters of the application get the refusal or the outage itself. */
async function toException<Claims>(
  error: ErrorResponse,
  context: ExecutionContext,
  { errors }: TollgateSettings<Claims>,
): Promise<Error> {
  const type = typeOf(context)
  if (type === 'ws') {
    return toSocketException(error)
  }
  if (type === 'http') {
    setHeaders(linesOf(error), responseOf(context))
  } else {
    const { reply } = (graphqlArgsOf(context).context ?? {}) as { readonly reply?: unknown }
    setHeadersOfOperation(error, reply)
  }
  return type === 'http' && errors === 'throw' ? error : toHttpException(error)
}

/**
 * The response to a request. In GraphQL it is `reply` or `res` of the context, or `req.res` of Express. Apollo Server on
 * Fastify has none of them: a client there gets a new nonce with a refusal only. A message of a socket has no response.
 */
function responseOf(context: ExecutionContext): unknown {
  switch (typeOf(context)) {
    case 'http':
      return context.getArgByIndex(1)
    case 'graphql': {
      const graphql = graphqlArgsOf(context).context
      return memberOf(graphql, 'reply') ?? memberOf(graphql, 'res') ?? memberOf(memberOf(graphql, 'req'), 'res')
    }
    case 'ws':
      return undefined
  }
}
