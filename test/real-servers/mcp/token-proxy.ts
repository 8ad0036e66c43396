import { createServer, request } from 'node:http'
import { listen } from '../../harness/listen.ts'

/** A proxy in front of an origin. It adds a token to each request, if there is one, and changes nothing else. Returns its origin. */
export async function openTokenProxy(
  target: () => { readonly origin: string; readonly token: string },
): Promise<string> {
  return listen(
    createServer((incoming, outgoing) => {
      const { method, headers, url } = incoming
      const { origin, token } = target()
      const lines = token === '' ? headers : { ...headers, authorization: `Bearer ${token}` }
      const forwarded = request(`${origin}${url}`, { method: method ?? 'GET', headers: lines }, (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers)
        // The headers of a stream without events are sent at once, too.
        outgoing.flushHeaders()
        response.pipe(outgoing)
      })
      forwarded.on('error', () => outgoing.destroy())
      outgoing.on('close', () => forwarded.destroy())
      incoming.pipe(forwarded)
    }),
  )
}
