import { type Lease, isRefusal, scopes } from '@tollgate/core'
import type { Protect } from '@tollgate/express'
import { type DefaultEventsMap, Server } from 'socket.io'

type Events = DefaultEventsMap

export function createSocketIo(protect: Protect): Server<Events, Events, Events, { lease: Lease }> {
  const io = new Server<Events, Events, Events, { lease: Lease }>()
  io.use(protect.upgrade(scopes('live')).handshake)

  io.on('connection', (socket) => {
    const { lease } = socket.data
    socket.on('whoami', (reply: (subject?: string) => void) => reply(lease.token.subject))
    socket.on('renew', (token: unknown, reply: (result: string) => void) => {
      lease.renew(String(token)).then(
        () => reply('renewed'),
        (error: unknown) => reply(isRefusal(error) ? error.message : 'Try again later'),
      )
    })
  })
  return io
}
