import { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Server } from 'node:net'
import type { Express } from 'express'

/**
 * Express gives each request the prototypes of HTTP/1.1, with which HTTP/2 fails. This replaces them, as the package
 * http2-express-bridge does. Other apps stay as they are.
 */
export function enableHttp2(server: Server): void {
  const [app] = server.listeners('request') as Partial<Express>[]
  if (app?.request !== undefined && app.response !== undefined) {
    app.request = withPrototype(app.request, Http2ServerRequest.prototype)
    app.response = withPrototype(app.response, Http2ServerResponse.prototype)
  }
}

/** The members of the app and of Express, in front of another prototype. */
function withPrototype<Members extends object>(ofApp: Members, prototype: object): Members {
  const ofExpress: unknown = Object.getPrototypeOf(ofApp)
  const middle: unknown = Object.create(prototype, Object.getOwnPropertyDescriptors(ofExpress))
  return Object.create(middle as object, Object.getOwnPropertyDescriptors(ofApp)) as Members
}
