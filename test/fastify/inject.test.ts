import tollgate, { scopes } from '@tollgate/fastify'
import { expect, test } from 'vitest'
import { listening } from '../harness/listening.ts'
import { openIssuer } from '../harness/reference.ts'
import { openApp } from './asking.ts'

test('inject is answered as a socket is', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  app.get('/', { onRequest: app.protect(scopes('read')) }, async (request) => app.auth(request).subject)
  const refused = await app.inject('/')
  expect([refused.statusCode, refused.headers['www-authenticate'], refused.json()]).toEqual([
    401,
    'Bearer realm="api", scope="read"',
    {},
  ])
  const present = async (authorization: string): Promise<number> =>
    (await app.inject({ url: '/', headers: { authorization } })).statusCode
  const good = await issuer.accessToken({ scope: 'read' })
  expect(await present(`Bearer ${good}`)).toBe(200)
  expect(await present(`Bearer ${await issuer.accessToken()}`)).toBe(403)
  expect(await present(`Bearer ${await issuer.wrongToken('expired')}`)).toBe(401)
  expect(await present('Bearer')).toBe(400)
})

test('of two tokens none is picked', async () => {
  const issuer = await openIssuer()
  const refusals = listening('tollgate:refusal')
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  app.get('/', { onRequest: app.protect() }, async () => 'ok')
  const good = `Bearer ${await issuer.accessToken()}`
  const bad = `Bearer ${await issuer.wrongToken('expired')}`
  for (const authorization of [
    [good, bad],
    [bad, good],
    [good, good],
    ['Basic YTpi', good],
    [good, 'Basic YTpi'],
  ]) {
    // Its types know of texts only; it takes arrays for lines.
    const headers = { authorization } as unknown as Record<string, string>
    const { statusCode, headers: answered } = await app.inject({ url: '/', headers })
    expect([statusCode, answered['www-authenticate']]).toEqual([400, expect.stringContaining('invalid_request')])
  }
  expect(new Set(refusals.map(({ refusal }) => refusal.reason))).toEqual(new Set(['repeated-credentials']))
})
