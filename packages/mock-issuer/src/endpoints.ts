import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Endpoint, Faults } from './faults.ts'
import { type HttpResponse, json, send } from './http-response.ts'
import { misbehave } from './misbehaviour.ts'
import { maxEntries } from './newest-entries.ts'

/** A request that the issuer received, with or without a fault. */
export interface LoggedRequest {
  readonly endpoint: Endpoint | 'unknown'
  readonly method: string
  readonly path: string
}

/** The resource at one path. */
export interface Route {
  readonly endpoint: Endpoint
  /** Requests with other methods get 404. Default: `respond` gets every method. */
  readonly method?: string
  readonly respond: (request: IncomingMessage) => HttpResponse | Promise<HttpResponse>
}

/** Creates the request listener. It logs each request, and sends the response of the route or a fault. */
export function createEndpoints(
  routes: Readonly<Record<string, Route>>,
  faults: Faults,
  log: LoggedRequest[],
): RequestListener {
  function find(method: string, path: string): Route | undefined {
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined
    return route?.method === undefined || route.method === method ? route : undefined
  }

  async function respond(route: Route | undefined, request: IncomingMessage, target: ServerResponse): Promise<void> {
    const fault = route === undefined ? undefined : faults.next(route.endpoint)
    const createResponse = async () => route?.respond(request) ?? json(404, { error: 'not_found' })
    if (fault === undefined) {
      send(target, await createResponse())
    } else {
      await misbehave(fault, target, createResponse)
    }
  }

  return (request, target) => {
    const { method = 'GET', url: path = '/' } = request
    const route = find(method, path)
    log.push({ endpoint: route?.endpoint ?? 'unknown', method, path })
    log.splice(0, log.length - maxEntries)
    respond(route, request, target).catch((error: unknown) => sendFailure(target, error))
  }
}

/** Sends 500 for a defect in a claim or in this package. Without a connection the caller has left. */
function sendFailure(target: ServerResponse, error: unknown): void {
  if (target.headersSent || target.destroyed) {
    target.destroy()
  } else {
    send(target, json(500, { error: 'server_error', error_description: String(error) }))
  }
}
