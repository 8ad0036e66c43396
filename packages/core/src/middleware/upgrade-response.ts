import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { isErrorResponse, writeErrorResponse } from '../responses/error-response.ts'

/** Responds to an upgrade that is not accepted, and closes its connection. Any other error is a 500 without details, which the validator has published. */
export function respondToUpgrade(request: IncomingMessage, socket: Duplex, error: unknown): void {
  const response = new ServerResponse(request)
  try {
    response.assignSocket(socket as Socket)
  } catch {
    // A client can send the upgrade while the connection still waits for the response to an earlier request.
    socket.destroy()
    return
  }
  response.shouldKeepAlive = false
  // The client can keep its half of the connection open.
  const close = (): void => (socket as Socket).destroySoon()
  if (isErrorResponse(error)) {
    writeErrorResponse(error, {
      set: (name, value) => response.setHeader(name, value),
      append: (name, value) => response.appendHeader(name, value),
      end: (status, body) => Object.assign(response, { statusCode: status }).end(body, close),
    })
  } else {
    Object.assign(response, { statusCode: 500 }).end(close)
  }
}
