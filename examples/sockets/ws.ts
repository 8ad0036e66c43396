import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type AccessToken, isRefusal, isUnavailable, scopes, type Validator } from '@tollgate/core'
import { type WebSocket, WebSocketServer } from 'ws'
import { closeAtExpiry } from './close-at-expiry.ts'

export function createSocketServer(validator: Validator): Server {
  const server = createServer()
  const sockets = new WebSocketServer({ noServer: true })

  server.on('upgrade', async (req, socket, head) => {
    // Without this listener, a connection that breaks in the meantime ends the process.
    socket.on('error', () => socket.destroy())
    try {
      const token = await validator.authenticate(req, scopes('live'))
      sockets.handleUpgrade(req, socket, head, (webSocket) => serve(webSocket, token))
    } catch (error) {
      respond(req, socket, error)
    }
  })
  return server
}

/** Responds to an upgrade like the adapters do. Any other error is a 500 without details. */
function respond(req: IncomingMessage, socket: Duplex, error: unknown): void {
  const { status, headers } = isRefusal(error) || isUnavailable(error) ? error : { status: 500, headers: {} }
  const response = new ServerResponse(req)
  response.assignSocket(socket as Socket)
  response.shouldKeepAlive = false
  response.writeHead(status, headers).end(() => socket.end())
}

function serve(socket: WebSocket, token: AccessToken): void {
  const cancel = closeAtExpiry(token, () => socket.close(1008, 'The access token has expired'))
  socket.on('close', cancel)
  socket.on('message', () => socket.send(`for ${token.subject}`))
}
