import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Send, Sent } from './send.ts'

/** Whether the protection of a request asks an issuer that a stranger made up for its keys. */
export type IsTrusting = (sent: Sent) => Promise<boolean>

/**
 * Runs an issuer on loopback that no app can know, while `work` runs. An app that requests its metadata would accept the
 * tokens of everyone: its `issuer` function returns every `iss`. Does NOT find an app whose issuers have `network:
 * 'public'`, or that takes tokens from another place than `Authorization`.
 */
export async function withMadeUpIssuer<Result>(
  send: Send,
  work: (isTrusting: IsTrusting) => Promise<Result>,
): Promise<Result> {
  let requests = 0
  const server = createServer((_request, response) => {
    requests += 1
    response.writeHead(404).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  let tokens = 0
  try {
    return await work(async (sent) => {
      const before = requests
      tokens += 1
      // Each token has an issuer of its own, because a validator waits before it requests metadata again.
      const token = madeUpToken(`http://127.0.0.1:${port}/${tokens}`)
      await send({ ...sent, headers: { ...sent.headers, authorization: `Bearer ${token}` } })
      return requests > before
    })
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

function madeUpToken(iss: string): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss,
    sub: 'tollgate',
    aud: 'tollgate',
    client_id: 'tollgate',
    jti: 'tollgate',
    iat: now,
    exp: now + 60,
  }
  const parts = [{ alg: 'ES256', typ: 'at+jwt', kid: 'tollgate' }, claims].map((part) => encode(JSON.stringify(part)))
  return [...parts, encode('0'.repeat(64))].join('.')
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}
