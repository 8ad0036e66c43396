import type { RequestListener } from 'node:http'
import { type Send, type Sent, withServer } from './send.ts'

/** Whether the app, on this request, requests the metadata of an issuer that it cannot know. */
export type IsTrusting = (sent: Sent) => Promise<boolean>

/**
 * Runs an issuer on loopback while `work` runs. No app can know this issuer. An app that requests its metadata trusts
 * every issuer, because its `issuer` function returns every `iss`. Does NOT find an app whose issuers have `network:
 * 'public'`, or that takes tokens from another place than `Authorization`.
 */
export async function withMadeUpIssuer<Result>(
  send: Send,
  work: (isTrusting: IsTrusting) => Promise<Result>,
): Promise<Result> {
  let requests = 0
  const respond: RequestListener = (_request, response) => {
    requests += 1
    response.writeHead(404).end()
  }
  let tokens = 0
  return withServer(respond, (port) =>
    work(async (sent) => {
      const before = requests
      tokens += 1
      // Each token has an issuer of its own, because a validator waits before it requests metadata again.
      const token = madeUpToken(`http://127.0.0.1:${port}/${tokens}`)
      await send({ ...sent, headers: { ...sent.headers, authorization: `Bearer ${token}` } })
      return requests > before
    }),
  )
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
