import type { ServerResponse } from 'node:http'
import type { ResponseWriter } from './error-response.ts'

/** Writes to a response of Node. */
export function nodeWriter(response: ServerResponse): ResponseWriter {
  return {
    set: (name, value) => response.setHeader(name, value),
    append: (name, value) => response.appendHeader(name, value),
    end: (status, body) => Object.assign(response, { statusCode: status }).end(body),
  }
}
