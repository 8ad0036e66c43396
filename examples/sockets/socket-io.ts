import { type AccessToken, isRefusal, scopes, type Validator } from '@tollgate/core'
import { type DefaultEventsMap, Server } from 'socket.io'
import { closeAtExpiry } from './close-at-expiry.ts'

type Events = DefaultEventsMap

export function createSocketServer(validator: Validator): Server<Events, Events, Events, { token: AccessToken }> {
  const io = new Server<Events, Events, Events, { token: AccessToken }>()

  io.use(async (socket, next) => {
    const { auth } = socket.handshake
    try {
      socket.data.token = Object.hasOwn(auth, 'token')
        ? await validator.validate(auth['token'], scopes('live'))
        : await validator.authenticate(socket.request, scopes('live'))
    } catch (error) {
      // Socket.IO sends the message to the client. That of a refusal is a fixed sentence.
      next(isRefusal(error) ? error : new Error('Try again later'))
      return
    }
    next()
  })

  io.on('connection', (socket) => {
    const cancel = closeAtExpiry(socket.data.token, () => socket.disconnect(true))
    socket.on('disconnect', cancel)
    socket.on('whoami', (reply: (subject?: string) => void) => reply(socket.data.token.subject))
  })
  return io
}
