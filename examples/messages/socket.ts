import { type AccessToken, isRefusal, scopes, type Validator } from '@tollgate/core'

/** The parts of a socket of Socket.IO that this middleware uses. */
export interface Socket {
  readonly handshake: { readonly auth: Readonly<Record<string, unknown>> }
  readonly data: { token?: AccessToken }
}

/** The middleware for `io.use(…)`. A browser connects with `io(url, { auth: { token } })`. */
export function authenticateSockets(validator: Validator) {
  return async (socket: Socket, next: (error?: Error) => void): Promise<void> => {
    try {
      socket.data.token = await validator.validate(socket.handshake.auth['token'], scopes('live'))
    } catch (error) {
      // Socket.IO sends the message to the client. That of a refusal is a fixed sentence.
      next(isRefusal(error) ? error : new Error('Try again later'))
      return
    }
    next()
  }
}
