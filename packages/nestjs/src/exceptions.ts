import {
  BadGatewayException,
  BadRequestException,
  ForbiddenException,
  type HttpException,
  InternalServerErrorException,
  ServiceUnavailableException,
  UnauthorizedException,
} from '@nestjs/common'
import type { ErrorResponse } from '@tollgate/core/adapter'
import { isRefusal } from '@tollgate/core'

/** The exceptions of Nest, so that filters such as `@Catch(UnauthorizedException)` see refusals. */
const exceptions = {
  400: BadRequestException,
  401: UnauthorizedException,
  403: ForbiddenException,
  500: InternalServerErrorException,
  502: BadGatewayException,
  503: ServiceUnavailableException,
} as const

/**
 * The exception of Nest for a refusal or an outage, which is its `cause`. Its body is the one that the other adapters
 * send. `extensions` and `statusCode` are for GraphQL: Apollo Server reads the first, mercurius reads the second.
 */
export function toHttpException(error: ErrorResponse): HttpException {
  const exception = new exceptions[error.status](error.body, { cause: error })
  exception.message = publicMessageOf(error)
  Object.defineProperties(exception, {
    extensions: { value: error.extensions },
    statusCode: { value: error.status },
    // GraphQL servers may send the stack to the client.
    stack: { value: `${exception.name}: ${exception.message}` },
  })
  return exception
}

/** The payload of the event `exception` that Nest sends to a socket. It contains no reason. */
export async function toSocketException(error: ErrorResponse): Promise<Error> {
  const { WsException } = await import('@nestjs/websockets')
  const { error: code } = error.body
  const payload = { status: 'error', message: publicMessageOf(error), ...(code === undefined ? {} : { error: code }) }
  return Object.assign(new WsException(payload), { cause: error })
}

/** The message of an outage names the authorization server. Clients get the description of the body. */
function publicMessageOf(error: ErrorResponse): string {
  return isRefusal(error)
    ? error.message
    : (error.body['error_description'] ?? 'The access token could not be validated')
}
