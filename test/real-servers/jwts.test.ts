/** JWTs of oidc-provider, over real HTTP. */
import { type AuthorizationServer, startAuthorizationServer } from '@tollgate/example-demo/authorization-server'
import { createClient } from '@tollgate/example-demo/client'
import { audience as audienceGuard, scopes, trustedIssuer } from '@tollgate/express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { adapters } from '../harness/adapters.ts'
import { openApi } from '../harness/api.ts'

const api = 'https://orders.example'
const scope = 'read write'

async function start(
  options: Partial<Parameters<typeof startAuthorizationServer>[0]> = {},
): Promise<AuthorizationServer> {
  const server = await startAuthorizationServer({ scope, ...options })
  onTestFinished(() => server.stop().catch(() => undefined))
  return server
}

describe.each(adapters)('$name', (adapter) => {
  test.each(['ES256', 'RS256', 'Ed25519'] as const)(
    'a token signed with %s is accepted under the whole profile',
    async (algorithm) => {
      const { issuer } = await start({ algorithm })
      const getToken = await createClient(issuer)
      const strict = trustedIssuer(issuer, { profile: 'rfc9068', algorithms: [algorithm] })
      const served = await openApi(adapter, { protection: { issuer: strict, audience: api } })
      expect(await served.present(await getToken({ scope: 'read', resource: api }))).toBe('OK')
      expect(served.seen()).toMatchObject({ issuer, audience: [api], clientId: 'orders-app', subjectType: 'client' })
      expect([...(served.seen()?.scopes ?? [])]).toEqual(['read'])
    },
  )

  test('a token without the scope, or for another API, is refused', async () => {
    const { issuer } = await start()
    const getToken = await createClient(issuer)
    const served = await openApi(adapter, {
      protection: { issuer, audience: api },
      guards: [scopes('read'), audienceGuard(api)],
    })
    expect(await served.present(await getToken({ scope: 'write', resource: api }))).toBe('E-SCOPE')
    expect(await served.present(await getToken({ scope: 'read', resource: 'https://other.example' }))).toBe('E-TOK')
  })

  test('tokens of two trusted issuers are accepted, and a token of a third is refused', async () => {
    const [one, two, stranger] = await Promise.all([start(), start(), start()])
    const served = await openApi(adapter, { protection: { issuer: [one.issuer, two.issuer], audience: api } })
    const present = async ({ issuer }: AuthorizationServer): Promise<string> =>
      served.present(await (await createClient(issuer))({ scope: 'read', resource: api }))
    expect([await present(one), await present(two), await present(stranger)]).toEqual(['OK', 'OK', 'E-TOK'])
  })

  test('after a rotation, tokens signed with the new key and the old key are accepted', async () => {
    const server = await start()
    const getToken = await createClient(server.issuer)
    const served = await openApi(adapter, { protection: { issuer: server.issuer, audience: api } })
    const before = await getToken({ scope: 'read', resource: api })
    expect(await served.present(before)).toBe('OK')
    await server.rotateKeys()
    expect(await served.present(await getToken({ scope: 'read', resource: api }))).toBe('OK')
    expect(await served.present(before)).toBe('OK')
  })

  test('cached keys serve while the issuer is down, and without them the response is 503', async () => {
    const server = await start()
    const token = await (await createClient(server.issuer))({ scope: 'read', resource: api })
    const warm = await openApi(adapter, { protection: { issuer: server.issuer, audience: api } })
    expect(await warm.present(token)).toBe('OK')
    await server.stop()
    expect(await warm.present(token)).toBe('OK')
    const cold = await openApi(adapter, {
      protection: { issuer: server.issuer, audience: api, clock: () => Date.now() },
    })
    expect(await cold.present(token)).toBe('E-UP')
  })
})
