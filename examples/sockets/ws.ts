import { createServer, type Server } from 'node:http'
import { scopes } from '@tollgate/core'
import type { Protect } from '@tollgate/express'
import { WebSocketServer } from 'ws'

export function createSocketServer(protect: Protect): Server {
  const sockets = new WebSocketServer({ noServer: true })
  const upgrade = protect.upgrade({ origins: 'https://app.example.com', firstMessage: 'accepted' }, scopes('live'))

  return createServer().on(
    'upgrade',
    upgrade.listen(sockets, (socket, lease) => {
      socket.on('message', () => socket.send(`for ${lease.token.subject}`))
    }),
  )
}
