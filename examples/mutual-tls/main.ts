// Starts nginx in front of an API. Then the owner of a token calls it, and a thief tries to. Run it with
// `npx -y pnpm@12 --filter mutual-tls start`.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request as plainRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as tlsRequest, type RequestOptions as TlsOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createMockIssuer, createSenderClient } from '@tollgate/mock-issuer'
import { startNginx } from './nginx.ts'
import { createApp } from './server.ts'

const issuer = await createMockIssuer({ port: 'none' })
const owner = await (await createSenderClient()).certificate()
const thief = await (await createSenderClient()).certificate()
const token = await issuer.accessToken({ cnf: owner.cnf })

const secret = randomBytes(32).toString('base64url')
const api = createApp(issuer.validatorOptions, { proxy: 'nginx', secret }).listen(0, '127.0.0.1')
await once(api, 'listening')
const { port } = api.address() as AddressInfo
const { cert, key } = await (await createSenderClient()).certificate()
const nginx = await startNginx({ api: port, cert, key, secret })

const authorization = `Bearer ${token}`
const forged = { authorization, 'x-ssl-client-cert': encodeURIComponent(owner.cert), 'x-proxy-secret': 'a guess' }
try {
  console.log('The owner of the token, with the certificate:', await call(nginx.tls, { authorization }, owner))
  console.log('A thief, with another certificate:', await call(nginx.tls, { authorization }, thief))
  console.log('A thief, without a certificate:', await call(nginx.tls, { authorization }, {}))
  console.log('A thief who forges the header, with TLS:', await call(nginx.tls, forged, thief))
  console.log('A thief who forges the header, without TLS:', await call(nginx.plain, forged))
  console.log('A thief who forges the header, without nginx:', await call(port, forged))
} finally {
  await nginx.stop()
  api.close()
  await issuer.close()
}

/** Without `client`, the call is plain HTTP. */
async function call(to: number, headers: Record<string, string>, client?: TlsOptions): Promise<string> {
  const options: RequestOptions = { host: '127.0.0.1', port: to, path: '/orders', headers, agent: false }
  // The certificate of this nginx is made up.
  const sent = client ? tlsRequest({ ...options, ...client, rejectUnauthorized: false }) : plainRequest(options)
  const [response] = (await once(sent.end(), 'response')) as [IncomingMessage]
  const { error = 'accepted' } = JSON.parse(await text(response)) as { readonly error?: string }
  return `${response.statusCode} ${error}`
}
