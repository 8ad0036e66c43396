import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { isErrorResponse, writeErrorResponse } from '../responses/error-response.ts'
import { nodeWriter } from '../responses/node-writer.ts'

/**
 * Responds to an upgrade that is not accepted, and closes its connection. An error that is no refusal and no outage is a
 * 500 without details, because the validator has published it.
 */
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
  response.on('finish', () => (socket as Socket).destroySoon())
  if (isErrorResponse(error)) {
    writeErrorResponse(error, nodeWriter(response))
  } else {
    Object.assign(response, { statusCode: 500 }).end()
  }
}
