import type { IncomingMessage, ServerResponse } from 'node:http'
import type { MetadataResponse } from '../resource/metadata-response.ts'
import { toFrameworkError } from './protect-options.ts'

/** A middleware for servers of Node, such as `connect`, Express, and the middleware of NestJS. */
export type NodeMiddleware<Request> = (req: Request, res: ServerResponse, next: (error?: unknown) => void) => void

/** Creates the middleware that responds to a request for the metadata, and lets every other request through. */
export function createNodeMetadata<Request extends IncomingMessage>(
  respondTo: (req: Request) => Promise<MetadataResponse> | undefined,
): NodeMiddleware<Request> {
  return (req, res, next) => {
    const response = respondTo(req)
    if (response === undefined) {
      next()
    } else {
      response.then((ready) => writeMetadata(ready, res)).catch((error: unknown) => next(toFrameworkError(error)))
    }
  }
}

/** Writes the response to a response of Node. */
export function writeMetadata({ status, headers, body }: MetadataResponse, res: ServerResponse): void {
  Object.entries(headers).forEach(([name, value]) => res.setHeader(name, value))
  res.statusCode = status
  res.end(body ?? undefined)
}
