import { Inject } from '@nestjs/common'
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { type AccessToken, Auth, LEASES, type Leases, Protect, Scopes } from '@tollgate/nestjs'

/** The parts of a server of Socket.IO. */
interface Server {
  use(middleware: (socket: object, next: (error?: Error) => void) => void): void
}

@WebSocketGateway()
@Protect()
export class OrdersGateway {
  readonly #leases: Leases

  constructor(@Inject(LEASES) leases: Leases) {
    this.#leases = leases
  }

  // Nest runs no guard for a connection. Without this, a client without a token connects, and receives broadcasts.
  afterInit(server: Server) {
    server.use((socket, next) => {
      this.#leases.of(socket).then(
        () => next(),
        () => next(new Error('This connection needs a valid access token')),
      )
    })
  }

  // The connection was authenticated once. It closes when its token ends.
  @SubscribeMessage('orders')
  @Scopes('orders:read')
  orders(@Auth() token: AccessToken) {
    return { event: 'orders', data: { for: token.subject } }
  }

  @SubscribeMessage('renew')
  async renew(@ConnectedSocket() client: object, @MessageBody() token: string) {
    const lease = await this.#leases.of(client)
    await lease.renew(token)
  }
}
