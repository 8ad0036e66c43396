/** Three DPoP clients that others wrote. Each gets a token that is bound to its key, and calls an API with it. */
import * as dpop from 'dpop'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { secret } from '../harness/authorization-server.ts'

interface DpopClientOptions {
  readonly issuer: string
  /** The API for which the token is. */
  readonly resource: string
  readonly fetch: typeof fetch
  /** The algorithm of the proofs. Default: `'ES256'`. */
  readonly algorithm?: 'ES256' | 'Ed25519'
}

export interface DpopClient {
  readonly token: string
  /** Calls the API, and repeats the call once if the API demands a nonce. Returns the last response, also an error. */
  readonly get: (url: string) => Promise<Response>
}

export type OpenDpopClient = (options: DpopClientOptions) => Promise<DpopClient>

/** Repeats calls itself. */
async function openOpenidClient({ issuer, resource, fetch, algorithm = 'ES256' }: DpopClientOptions) {
  const config = await openid.discovery(new URL(issuer), 'app', undefined, openid.ClientSecretBasic(secret), {
    execute: [openid.allowInsecureRequests],
    [openid.customFetch]: fetch as openid.CustomFetch,
  })
  const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair(algorithm))
  const { access_token: token } = await openid.clientCredentialsGrant(config, { resource, scope: 'read' }, { DPoP })
  return {
    token,
    get: async (url: string) =>
      responseOf(openid.fetchProtectedResource(config, token, new URL(url), 'GET', null, undefined, { DPoP })),
  }
}

/** Reports that the API demands a nonce, and has it for the next call. */
async function openOauth4webapi({ issuer, resource, fetch, algorithm = 'ES256' }: DpopClientOptions) {
  const client = { client_id: 'app' }
  const settings = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: fetch as openid.CustomFetch }
  const url = new URL(issuer)
  const server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, settings))
  const DPoP = oauth.DPoP({}, await oauth.generateKeyPair(algorithm))
  const parameters = new URLSearchParams({ resource, scope: 'read' })
  const { access_token: token } = await oauth.processClientCredentialsResponse(
    server,
    client,
    await oauth.clientCredentialsGrantRequest(server, client, oauth.ClientSecretBasic(secret), parameters, {
      ...settings,
      DPoP,
    }),
  )
  const call = async (to: string) =>
    oauth.protectedResourceRequest(token, 'GET', new URL(to), undefined, null, { ...settings, DPoP })
  return {
    token,
    get: async (to: string) =>
      responseOf(
        call(to).catch(async (error: unknown) => {
          if (oauth.isDPoPNonceError(error)) {
            return call(to)
          }
          throw error
        }),
      ),
  }
}

/** Makes proofs only. The calls, the challenge and the nonces are the work of the application. */
async function openDpopPackage({ issuer, resource, fetch, algorithm = 'ES256' }: DpopClientOptions) {
  const keys = await dpop.generateKeyPair(algorithm)
  const basic = `Basic ${Buffer.from(`app:${encodeURIComponent(secret).replaceAll('%20', '+')}`).toString('base64')}`
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: basic, dpop: await dpop.generateProof(keys, `${issuer}/token`, 'POST') },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource, scope: 'read' }),
  })
  const { access_token: token } = (await response.json()) as { access_token: string }
  let nonce: string | undefined
  const call = async (url: string) => {
    const proof = await dpop.generateProof(keys, url, 'GET', nonce, token)
    const called = await fetch(url, { headers: { authorization: `DPoP ${token}`, dpop: proof } })
    nonce = called.headers.get('dpop-nonce') ?? nonce
    return called
  }
  return {
    token,
    get: async (url: string) => {
      const first = await call(url)
      const demandsNonce = /DPoP .*error="use_dpop_nonce"/.test(first.headers.get('www-authenticate') ?? '')
      return demandsNonce ? call(url) : first
    },
  }
}

export const dpopClients: Readonly<Record<string, OpenDpopClient>> = {
  'openid-client': openOpenidClient,
  oauth4webapi: openOauth4webapi,
  dpop: openDpopPackage,
}

/** These libraries throw for a challenge that they can read. */
async function responseOf(call: Promise<Response>): Promise<Response> {
  try {
    return await call
  } catch (error) {
    if (error instanceof oauth.WWWAuthenticateChallengeError) {
      return error.response
    }
    throw error
  }
}
