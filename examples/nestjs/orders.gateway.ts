import type { IncomingMessage } from 'node:http'
import { Inject } from '@nestjs/common'
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { type AccessToken, Auth, Protect, Scopes, type Validator, VALIDATOR } from '@tollgate/nestjs'

/** The parts of a server of Socket.IO. */
interface Server {
  use(middleware: (socket: { readonly request: IncomingMessage }, next: (error?: Error) => void) => void): void
}

@WebSocketGateway()
@Protect()
export class OrdersGateway {
  readonly #validator: Validator

  constructor(@Inject(VALIDATOR) validator: Validator) {
    this.#validator = validator
  }

  // Nest runs no guard for a connection. Without this, a client without a token connects, and receives broadcasts.
  afterInit(server: Server) {
    server.use((socket, next) => {
      this.#validator.authenticate(socket.request).then(
        () => next(),
        () => next(new Error('This connection needs a valid access token')),
      )
    })
  }

  // The token is validated again for each message, because the socket lives longer than the token.
  @SubscribeMessage('orders')
  @Scopes('orders:read')
  orders(@Auth() token: AccessToken) {
    return { event: 'orders', data: { for: token.subject } }
  }
}
