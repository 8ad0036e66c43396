/** Opaque tokens of oidc-provider, over real HTTP and TLS. */
import {
  type ClientAuthentication,
  clientSecretBasic,
  clientSecretJwt,
  clientSecretPost,
  type IntrospectionOptions,
  privateKeyJwt,
  tlsClientAuth,
  trustedIssuer,
} from '@tollgate/express'
import { Agent } from 'undici'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Adapter, adapters } from '../harness/adapters.ts'
import { certificate as createCertificate } from '../harness/certificates.ts'
import { type Api, openApi } from '../harness/api.ts'
import { openApplication } from '../harness/application.ts'
import {
  type AuthorizationServer,
  jwtApi,
  opaqueApi,
  openAuthorizationServer,
  secret,
} from '../harness/authorization-server.ts'

const clientOf: Readonly<Record<string, (own: AuthorizationServer['own'], url: string) => ClientAuthentication>> = {
  client_secret_basic: () => clientSecretBasic('api-client_secret_basic', secret),
  client_secret_post: () => clientSecretPost('api-client_secret_post', secret),
  client_secret_jwt: () => clientSecretJwt('api-client_secret_jwt', secret),
  private_key_jwt: ({ signing }) => privateKeyJwt('api-private_key_jwt', signing),
  'private_key_jwt for the endpoint': ({ signing }) =>
    privateKeyJwt('api-private_key_jwt', signing, { audience: 'introspection-endpoint' }),
  'private_key_jwt for the token endpoint': ({ signing }, url) =>
    privateKeyJwt('api-private_key_jwt', signing, { audience: `${url}/token` }),
  self_signed_tls_client_auth: ({ certificate, ca }) => tlsClientAuth('api-tls', { ...certificate, ca }),
}

interface OpenOptions {
  /** A method of `clientOf`, or the id of a client that authenticates with the secret. */
  readonly method?: string
  readonly introspection?: Partial<IntrospectionOptions>
  readonly clock?: () => number
}

function open(
  adapter: Adapter,
  { url, own }: AuthorizationServer,
  { method = 'client_secret_basic', introspection = {}, clock = Date.now }: OpenOptions = {},
): Promise<Api> {
  const client = introspection.client ?? clientOf[method]?.(own, url) ?? clientSecretBasic(method, secret)
  return openApi(adapter, {
    protection: {
      issuer: trustedIssuer(url, { introspection: { ...introspection, client } }),
      audience: [opaqueApi, jwtApi],
      clock,
    },
  })
}

describe.each(adapters)('$name', (adapter) => {
  test('opaque tokens and JWTs are accepted, by client credentials and by authorization code', async () => {
    const server = await openAuthorizationServer()
    const app = await openApplication(server.url)
    const api = await open(adapter, server)
    expect(await api.present(await app.byClientCredentials(opaqueApi))).toBe('OK')
    expect(api.seen()).toMatchObject({
      kind: 'opaque',
      clientId: 'app',
      subject: undefined,
      // The response has no `sub`, which proves nothing about the subject.
      subjectType: 'unknown',
      audience: [opaqueApi],
    })
    const { access, refresh } = await app.byAuthorizationCode(opaqueApi)
    expect(await api.present(access)).toBe('OK')
    expect(api.seen()).toMatchObject({
      kind: 'opaque',
      clientId: 'app',
      subject: 'alice',
      subjectType: 'resource-owner',
    })
    expect(await api.present(await app.byClientCredentials(jwtApi))).toBe('OK')
    expect(api.seen()).toMatchObject({ kind: 'jwt', clientId: 'app', subjectType: 'client' })
    expect(await api.present((await app.byAuthorizationCode(jwtApi)).access)).toBe('OK')
    expect(api.seen()).toMatchObject({ kind: 'jwt', subject: 'alice' })
    expect(refresh).not.toBe('')
    expect(await api.present(refresh), 'a refresh token').toBe('E-TOK')
    expect(await api.present('made-up')).toBe('E-TOK')
  })

  test('wrong credentials are 500, and a revocation counts when the cached result has expired', async () => {
    const server = await openAuthorizationServer()
    const app = await openApplication(server.url)
    const token = await app.byClientCredentials(opaqueApi)
    const wrong = clientSecretBasic('api-client_secret_basic', 'wrong')
    expect(await (await open(adapter, server, { introspection: { client: wrong } })).present(token)).toBe('500')
    let ahead = 0
    const api = await open(adapter, server, { clock: () => Date.now() + ahead })
    expect(await api.present(token)).toBe('OK')
    await app.revoke(token)
    expect(await api.present(token)).toBe('OK')
    ahead = 60_000
    expect(await api.present(token)).toBe('E-TOK')
  })
})

describe('the calls to the server, which do not depend on the framework', () => {
  const [adapter] = adapters as readonly [Adapter, ...Adapter[]]

  test('each method authenticates the API, call after call', async () => {
    const server = await openAuthorizationServer()
    const app = await openApplication(server.url)
    for (const method of Object.keys(clientOf)) {
      const api = await open(adapter, server, { method })
      for (let round = 0; round < 3; round += 1) {
        expect(await api.present(await app.byClientCredentials(opaqueApi)), method).toBe('OK')
      }
    }
  })

  test('the dispatcher of the validator can present the client certificate', async () => {
    const server = await openAuthorizationServer()
    const app = await openApplication(server.url)
    const dispatcher = new Agent({ connect: { ...server.own.certificate, ca: server.own.ca } })
    onTestFinished(() => dispatcher.destroy())
    const issuer = trustedIssuer(server.url, { introspection: { client: tlsClientAuth('api-tls') } })
    const api = await openApi(adapter, { protection: { issuer, audience: opaqueApi, dispatcher } })
    expect(await api.present(await app.byClientCredentials(opaqueApi))).toBe('OK')
  })

  test('wrong credentials of each method are 500', async () => {
    const server = await openAuthorizationServer()
    const app = await openApplication(server.url)
    const token = await app.byClientCredentials(opaqueApi)
    const wrong = [
      clientSecretPost('nobody', secret),
      clientSecretJwt('api-client_secret_jwt', 'another secret, which is long enough'),
      tlsClientAuth('api-tls', { ...(await createCertificate('stranger')), ca: server.own.ca }),
    ]
    for (const client of wrong) {
      const api = await open(adapter, server, { introspection: { client } })
      expect(await api.present(token), client.method).toBe('500')
    }
  })

  test('signed and encrypted responses are accepted where they are agreed, and no others', async () => {
    const server = await openAuthorizationServer()
    const app = await openApplication(server.url)
    const token = await app.byClientCredentials(opaqueApi)
    const signed = { algorithms: ['ES256'] }
    const encrypted = { ...signed, decryptionKeys: server.own.decryption }
    const present = async (method: string, response: IntrospectionOptions['response'] & {}): Promise<string> =>
      (await open(adapter, server, { method, introspection: { response } })).present(token)
    expect(await present('api-signed', signed)).toBe('OK')
    expect(await present('api-encrypted', encrypted)).toBe('OK')
    expect(await present('api-signed', 'jwt'), 'ES256 is not RS256').toBe('502')
    expect(await present('api-signed', encrypted), 'not encrypted').toBe('502')
    expect(await present('api-encrypted', signed), 'encrypted').toBe('502')
  })
})
