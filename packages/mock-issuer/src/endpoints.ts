import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type Answer, json, send } from './answer.ts'
import type { Endpoint, Faults } from './faults.ts'
import { misbehave } from './misbehaviour.ts'
import { most } from './newest.ts'

/** A request that reached the issuer, whether it was answered rightly or not. */
export interface LoggedRequest {
  readonly endpoint: Endpoint | 'unknown'
  readonly method: string
  readonly path: string
}

/** What is served at a path. */
export interface Route {
  readonly endpoint: Endpoint
  /** To requests by other methods it is unknown. Default: all are answered. */
  readonly method?: string
  readonly answer: (request: IncomingMessage) => Answer | Promise<Answer>
}

/** Finds what a request is for, logs it, and has it answered, or not, if the endpoint misbehaves at the moment. */
export function createEndpoints(
  routes: Readonly<Record<string, Route>>,
  faults: Faults,
  log: LoggedRequest[],
): RequestListener {
  function find(method: string, path: string): Route | undefined {
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined
    return route?.method === undefined || route.method === method ? route : undefined
  }

  async function answer(route: Route | undefined, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = route === undefined ? undefined : faults.next(route.endpoint)
    const duty = () => route?.answer(request) ?? json(404, { error: 'not_found' })
    await (fault === undefined ? send(response, await duty()) : misbehave(fault, response, duty))
  }

  return (request, response) => {
    const { method = 'GET', url: path = '/' } = request
    const route = find(method, path)
    log.push({ endpoint: route?.endpoint ?? 'unknown', method, path })
    log.splice(0, log.length - most)
    answer(route, request, response).catch((error: unknown) => giveUp(response, error))
  }
}

/** The client has gone, which is its right; or this mock has a mistake, which is told to the test. */
function giveUp(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
  } else {
    send(response, json(500, { error: 'server_error', error_description: String(error) }))
  }
}
