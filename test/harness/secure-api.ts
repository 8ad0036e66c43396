import { createSecureServer } from 'node:http2'
import { scopes } from '@tollgate/core'
import type { ProtectOptions } from '@tollgate/core/adapter'
import { onTestFinished } from 'vitest'
import type { Adapter } from './adapters.ts'
import { certificate } from './certificates.ts'
import { enableHttp2 } from './express-over-http2.ts'
import { listen } from './listen.ts'

export type HttpVersion = '1.1' | '2.0'

/** An API over TLS that demands the scope `read`. */
export interface SecureApi {
  readonly origin: string
  /** The certificate authority for its clients. */
  readonly ca: string
  /** What the server has received so far, such as `GET /items 2.0`. */
  readonly received: readonly string[]
  /** Replaces the app, as a deployment does. The origin stays. */
  readonly deploy: (protection: ProtectOptions) => void
}

/** Serves the app of an adapter until the test ends. */
export async function openSecureApi(
  adapter: Adapter,
  version: HttpVersion,
  protection: ProtectOptions,
): Promise<SecureApi> {
  const { cert, key } = await certificate('127.0.0.1')
  const server = createSecureServer({ cert, key, allowHTTP1: true })
  const origin = (await listen(server)).replace('http:', 'https:')
  const serve = (changed: ProtectOptions) => {
    const served = adapter.serve({
      protection: { origin, ...changed },
      guards: [scopes('read')],
      onHandled: () => undefined,
    })
    if (version === '2.0') {
      enableHttp2(served)
    }
    return served
  }
  const received: string[] = []
  let app = serve(protection)
  server.on('request', (request, response) => {
    received.push(`${request.method} ${request.url} ${request.httpVersion}`)
    app.emit('request', request, response)
  })
  onTestFinished(() => void app.close())
  return {
    origin,
    ca: cert,
    received,
    deploy: (changed) => {
      app.close()
      app = serve(changed)
    },
  }
}
