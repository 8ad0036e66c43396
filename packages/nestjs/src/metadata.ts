import type { IncomingMessage } from 'node:http'
import type { RespondWithMetadata } from '@tollgate/core'
import { createNodeMetadata, type NodeMiddleware } from '@tollgate/core/adapter'

/** A request in a middleware of Nest. Both platforms set `originalUrl`, because `url` is relative to a mounted path. */
export type MiddlewareRequest = IncomingMessage & { readonly originalUrl?: string }

/** Creates the middleware that serves the metadata. Nest runs middleware in front of all guards. */
export function createMetadataMiddleware(respond: RespondWithMetadata): NodeMiddleware<MiddlewareRequest> {
  return createNodeMetadata((req) => respond({ method: req.method ?? 'GET', url: req.originalUrl ?? req.url ?? '/' }))
}
