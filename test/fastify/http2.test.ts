import { once } from 'node:events'
import { connect } from 'node:http2'
import { text } from 'node:stream/consumers'
import tollgate, { cookie, header, scopes, type ValidatorOptions } from '@tollgate/fastify'
import type { MockIssuer } from '@tollgate/mock-issuer'
import fastify, { type FastifyInstance } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { type Certificate, certificate } from '../harness/certificates.ts'
import { messagesOn } from '../harness/channel-messages.ts'
import { openIssuer } from '../harness/reference.ts'
import { statusOverHttp2 } from './http2-frames.ts'

/** An app over HTTP/2 that demands the scope `read`. */
async function serveHttp2(
  issuer: MockIssuer,
  https?: Certificate,
  options: Partial<ValidatorOptions> = {},
): Promise<string> {
  const over = https === undefined ? fastify({ http2: true }) : fastify({ http2: true, https: { ...https } })
  onTestFinished(async () => {
    await over.close()
  })
  // The type of an app depends on its server. The types of routes do not.
  const app = over as unknown as FastifyInstance
  await app.register(tollgate, { ...issuer.validatorOptions, credentials: options.credentials })
  app.get('/', { onRequest: app.protect(scopes('read')) }, async (request) => app.auth(request).subject)
  app.get('/config', { config: { auth: scopes('read') } }, async (request) => request.auth?.subject)
  return app.listen({ port: 0, host: '127.0.0.1' })
}

test.each([['in the clear'], ['over TLS']])('HTTP/2 %s gets the same responses as HTTP/1.1', async (how) => {
  const issuer = await openIssuer()
  const { cert, key } = await certificate('127.0.0.1')
  const origin = await serveHttp2(issuer, how === 'over TLS' ? { cert, key } : undefined)
  const client = connect(origin, { ca: cert })
  onTestFinished(() => client.destroy())
  const send = async (path: string, token?: string): Promise<{ status: unknown; challenge: unknown; body: string }> => {
    const credentials = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const stream = client.request({ ':path': path, ...credentials })
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
    return { status: headers[':status'], challenge: headers['www-authenticate'], body: await text(stream) }
  }
  for (const path of ['/', '/config']) {
    const without = { status: 401, challenge: 'Bearer realm="api", scope="read"', body: '{}' }
    expect(await send(path)).toEqual(without)
    expect(await send(path, await issuer.wrongToken('expired'))).toMatchObject({ status: 401 })
    expect(await send(path, await issuer.accessToken())).toMatchObject({ status: 403 })
    expect(await send(path, await issuer.accessToken({ scope: 'read' }))).toMatchObject({ status: 200, body: 'alice' })
  }
})

test('two Authorization fields in one HTTP/2 request are refused', async () => {
  const issuer = await openIssuer()
  const refusals = messagesOn('tollgate:refusal')
  const origin = await serveHttp2(issuer)
  const good = ['authorization', `Bearer ${await issuer.accessToken({ scope: 'read' })}`] as const
  const bad = ['authorization', `Bearer ${await issuer.wrongToken('expired')}`] as const
  const basic = ['authorization', 'Basic YTpi'] as const
  expect(await statusOverHttp2(origin, [good])).toBe(200)
  for (const fields of [
    [good, bad],
    [bad, good],
    [good, good],
    [basic, good],
    [good, basic],
  ]) {
    expect(await statusOverHttp2(origin, fields)).toBe(400)
  }
  expect(refusals.map(({ refusal }) => refusal.reason)).toEqual(Array.from({ length: 5 }, () => 'repeated-credentials'))
})

test('over HTTP/2 cookies come in several fields, and repeated fields are refused', async () => {
  const issuer = await openIssuer()
  const own = 'https://app.example.com'
  const credentials = [header('x-token'), cookie('session', { origins: own })]
  const origin = await serveHttp2(issuer, undefined, { credentials })
  const token = await issuer.accessToken({ scope: 'read' })
  const session = ['cookie', `session=${token}`] as const
  const xToken = ['x-token', token] as const
  expect(await statusOverHttp2(origin, [['cookie', 'a=b'], session, ['cookie', 'c=d']])).toBe(200)
  expect(await statusOverHttp2(origin, [session, session])).toBe(200)
  expect(await statusOverHttp2(origin, [session, ['cookie', 'session=other']])).toBe(400)
  expect(await statusOverHttp2(origin, [xToken])).toBe(200)
  expect(await statusOverHttp2(origin, [xToken, session])).toBe(200)
  expect(await statusOverHttp2(origin, [xToken, xToken])).toBe(400)
})
