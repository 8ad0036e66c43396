import { type ErrorResponse, linesOf } from '@tollgate/core/adapter'

/** The parts of a response of Express or Node. */
interface NodeResponse {
  readonly headersSent: boolean
  setHeader(name: string, value: string): unknown
  appendHeader(name: string, value: string): unknown
}

/** The parts of a reply of Fastify. */
interface FastifyReply {
  readonly sent: boolean
  getHeader(name: string): number | string | readonly string[] | undefined
  header(name: string, value: string | readonly string[]): unknown
}

/**
 * Sets headers on the response, so that they are there whichever exception filter responds to a refusal. Other challenges
 * of the application stay in place.
 */
export function setHeaders(lines: ReturnType<typeof linesOf>, response: unknown): void {
  for (const [name, value] of lines) {
    if (isFastifyReply(response)) {
      setOnReply(response, name, value)
    } else if (isNodeResponse(response)) {
      setOnResponse(response, name, value)
    }
  }
}

/** The replies of GraphQL that have the headers of a refusal. */
const challenged = new WeakSet<object>()

/**
 * The same for a GraphQL operation, which can be refused once for each of its fields. The reply gets the headers of the
 * first refusal, because a request chooses how many fields it has.
 */
export function setHeadersOfOperation(error: ErrorResponse, reply: unknown): void {
  if (typeof reply === 'object' && reply !== null && !challenged.has(reply)) {
    challenged.add(reply)
    setHeaders(linesOf(error), reply)
  }
}

function setOnReply(reply: FastifyReply, name: string, value: string): void {
  if (!reply.sent) {
    const lines = isAppended(name) ? [reply.getHeader(name) ?? [], value].flat().map(String) : [value]
    reply.header(name, lines.length === 1 ? value : lines)
  }
}

function setOnResponse(response: NodeResponse, name: string, value: string): void {
  if (!response.headersSent) {
    if (isAppended(name)) {
      response.appendHeader(name, value)
    } else {
      response.setHeader(name, value)
    }
  }
}

function isAppended(name: string): boolean {
  return ['www-authenticate', 'access-control-expose-headers'].includes(name.toLowerCase())
}

function isFastifyReply(response: unknown): response is FastifyReply {
  return has(response, 'header') && has(response, 'getHeader') && !has(response, 'setHeader')
}

function isNodeResponse(response: unknown): response is NodeResponse {
  return has(response, 'setHeader') && has(response, 'appendHeader')
}

function has(response: unknown, method: string): boolean {
  return typeof response === 'object' && response !== null && method in response
}
