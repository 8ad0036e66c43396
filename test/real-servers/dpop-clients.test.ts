/** Tokens that oidc-provider binds to the key of a client, and clients that others wrote. */
import { clientSecretBasic, type DpopOptions, trustedIssuer } from '@tollgate/core'
import type { ProtectOptions } from '@tollgate/core/adapter'
import * as openid from 'openid-client'
import { Agent, fetch as undiciFetch } from 'undici'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Adapter, adapters } from '../harness/adapters.ts'
import { jwtApi, opaqueApi, openAuthorizationServer, secret } from '../harness/authorization-server.ts'
import { type HttpVersion, openSecureApi, type SecureApi } from '../harness/secure-api.ts'
import { type DpopClient, dpopClients, type OpenDpopClient } from './dpop-clients.ts'

const works: (() => void | Promise<void>)[] = []
let issuer = ''
beforeAll(async () => {
  issuer = (await openAuthorizationServer(undefined, (work) => void works.unshift(work))).url
})
afterAll(async () => {
  for (const work of works) {
    await work()
  }
})

interface Setup {
  readonly dpop?: Partial<DpopOptions>
  readonly resource?: string
  readonly version?: HttpVersion
  readonly algorithm?: 'ES256' | 'Ed25519'
}

interface Scene {
  readonly api: SecureApi
  readonly client: DpopClient
  /** Calls the API. Returns each response of the API: its status, and `nonce` if it had one. */
  readonly call: () => Promise<readonly string[]>
  /** Seconds from the real time to the time of the API. */
  readonly setClock: (ahead: number) => void
  readonly deploy: (dpop: Partial<DpopOptions>) => void
  readonly fetch: typeof fetch
}

async function open(
  adapter: Adapter,
  openClient: OpenDpopClient,
  { dpop = {}, resource = jwtApi, version = '1.1', algorithm = 'ES256' }: Setup = {},
): Promise<Scene> {
  let ahead = 0
  const protectionWith = (changed: Partial<DpopOptions>): ProtectOptions => ({
    issuer: trustedIssuer(issuer, {
      introspection: { client: clientSecretBasic('api-client_secret_basic', secret) },
    }),
    audience: [opaqueApi, jwtApi],
    clock: () => Date.now() + ahead * 1000,
    dpop: { mode: 'accepted', ...changed },
  })
  const api = await openSecureApi(adapter, version, protectionWith(dpop))
  const agent = new Agent({ allowH2: version === '2.0', connect: { ca: api.ca } })
  onTestFinished(() => agent.destroy())
  const responses: string[] = []
  const recordingFetch = (async (url: string, init: object) => {
    const response = await undiciFetch(url, { ...init, dispatcher: agent })
    if (url.startsWith(api.origin)) {
      responses.push(`${response.status}${response.headers.has('dpop-nonce') ? ' nonce' : ''}`)
    }
    return response
  }) as unknown as typeof fetch
  const client = await openClient({ issuer, resource, algorithm, fetch: recordingFetch })
  return {
    api,
    client,
    call: async () => {
      responses.length = 0
      await (await client.get(`${api.origin}/items?page=2`)).body?.cancel()
      return [...responses]
    },
    setClock: (seconds) => (ahead = seconds),
    deploy: (changed) => api.deploy(protectionWith({ ...dpop, ...changed })),
    fetch: recordingFetch,
  }
}

const [older, newer] = [
  'an older secret of the tests, and of nothing else',
  'a newer secret of the tests, and of nothing else',
]

const versionsOf = ({ name }: Adapter): readonly HttpVersion[] =>
  // The app of Express inside NestJS is not accessible, and Express by itself has no HTTP/2.
  name.startsWith('NestJS') ? ['1.1'] : ['1.1', '2.0']

const rows = adapters.flatMap((adapter) =>
  versionsOf(adapter).flatMap((version) =>
    Object.entries(dpopClients).map(([client, openClient]) => ({
      name: `${adapter.name} · HTTP/${version} · ${client}`,
      adapter,
      version,
      openClient,
    })),
  ),
)

describe.each(rows)('$name', ({ adapter, version, openClient }) => {
  test.each([
    ['JWT', jwtApi, 'ES256'],
    ['opaque token', opaqueApi, 'Ed25519'],
  ] as const)('a bound %s is accepted with proofs', async (_kind, resource, algorithm) => {
    const { api, call } = await open(adapter, openClient, { resource, version, algorithm })
    expect([await call(), await call()]).toEqual([['200'], ['200']])
    expect(api.received).toEqual([`GET /items?page=2 ${version}`, `GET /items?page=2 ${version}`])
  })

  test('the client repeats a call when the API demands another nonce', async () => {
    const dpop: Partial<DpopOptions> = { nonces: 'required', secrets: older }
    const { call, setClock, deploy } = await open(adapter, openClient, { version, dpop })
    // A proof may be 5 s in the future and 60 s old. So each proof is recent in spite of these times.
    setClock(-4)
    expect(await call(), 'the first call').toEqual(['401 nonce', '200'])
    expect(await call(), 'the second call').toEqual(['200'])
    setClock(27)
    expect(await call(), 'after 31 s').toEqual(['200 nonce'])
    expect(await call(), 'with the newer nonce').toEqual(['200'])
    deploy({ secrets: [newer, older] })
    expect(await call(), 'with a newer secret').toEqual(['200'])
    deploy({ secrets: newer })
    expect(await call(), 'without the older secret').toEqual(['401 nonce', '200'])
  })
})

describe.each(rows.filter(({ openClient }) => openClient === dpopClients['openid-client']))(
  '$name',
  ({ adapter, version, openClient }) => {
    test('a nonce that has expired is replaced', async () => {
      const { call, setClock } = await open(adapter, openClient, {
        resource: opaqueApi,
        version,
        dpop: { nonces: 'required' },
      })
      setClock(-4)
      expect(await call()).toEqual(['401 nonce', '200'])
      setClock(57)
      expect(await call(), 'after 61 s').toEqual(['401 nonce', '200'])
    })

    test('the client can read the challenges for a stolen token', async () => {
      const { api, client, fetch } = await open(adapter, openClient, {
        version,
        dpop: { algorithms: ['ES256', 'Ed25519'] },
      })
      const config = new openid.Configuration({ issuer }, 'thief')
      config[openid.customFetch] = fetch as openid.CustomFetch
      const url = new URL(`${api.origin}/items`)
      const challengesFor = async (options?: openid.DPoPOptions) => {
        const call = openid.fetchProtectedResource(config, client.token, url, 'GET', null, undefined, options)
        const error: unknown = await call.catch((thrown: unknown) => thrown)
        return error instanceof openid.WWWAuthenticateChallengeError ? error.cause : error
      }
      const [realm, error, algs] = ['api', 'invalid_token', 'ES256 Ed25519']
      expect(await challengesFor()).toEqual([
        { scheme: 'bearer', parameters: expect.objectContaining({ realm, error }) },
        { scheme: 'dpop', parameters: expect.objectContaining({ realm, algs }) },
      ])
      const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair())
      expect(await challengesFor({ DPoP })).toEqual([
        { scheme: 'dpop', parameters: expect.objectContaining({ realm, error, algs }) },
      ])
    })
  },
)
