import { active, createValidator, type Guard, type ResolveIssuer, trustedIssuer } from '@tollgate/core'
import { expect } from 'vitest'
import type { Adapter } from '../harness/adapters.ts'
import { type Api, openApi } from '../harness/api.ts'
import { hostOf } from '../harness/hosts.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'
import { client } from '../harness/scripted-api.ts'
import { claimsOf, openScriptedIssuer, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { verifies } from '../harness/verifies.ts'

const [keyOfA, keyOfB] = [keyPair('P-256'), keyPair('P-256')]
const hosts = { a: 'a.example', b: 'b.example' }

interface Tenants {
  readonly issuers: { readonly a: ScriptedIssuer; readonly b: ScriptedIssuer }
  readonly tokens: { readonly a: string; readonly b: string }
  /** The result of a request with this token for this host. */
  readonly present: (api: Api, token: string, host: string) => Promise<string>
}

async function openTenants(): Promise<Tenants> {
  const [a, b] = await Promise.all([keyOfA, keyOfB].map(({ jwk }) => openScriptedIssuer([{ ...jwk, kid: 'k' }])))
  if (a === undefined || b === undefined) {
    throw new Error('Expected two issuers')
  }
  const sign = ({ url }: ScriptedIssuer, { privateKey }: typeof keyOfA): string =>
    jws({ alg: 'ES256', kid: 'k' }, claimsOf(url), privateKey, 'ES256')
  return {
    issuers: { a, b },
    tokens: { a: sign(a, keyOfA), b: sign(b, keyOfB) },
    present: (api, token, host) =>
      api.outcome({
        headers: [
          ['Host', host],
          ['Authorization', `Bearer ${token}`],
        ],
      }),
  }
}

/** A function that knows the issuer of each host, and returns it as `issuerOf` says. */
function byHost({ issuers }: Tenants, issuerOf: (url: string) => ReturnType<ResolveIssuer>): ResolveIssuer {
  const urls = new Map([
    [hosts.a, issuers.a.url],
    [hosts.b, issuers.b.url],
  ])
  return (iss, request) => (urls.get(hostOf(request) ?? '') === iss ? issuerOf(iss) : undefined)
}

function open(adapter: Adapter, issuer: ResolveIssuer, cache: 'memory' | 'off', guards: readonly Guard[] = []) {
  const protection = createValidator({ issuer, audience, clock: () => T0 * 1000, cache })
  return openApi(adapter, { protection, guards })
}

async function expectSeparate(tenants: Tenants, api: Api): Promise<void> {
  const { tokens, present } = tenants
  for (let round = 0; round < 4; round += 1) {
    expect(await present(api, tokens.a, hosts.a)).toBe('OK')
    expect(await present(api, tokens.a, hosts.b)).toBe('E-TOK')
    expect(await present(api, tokens.b, hosts.b)).toBe('OK')
    expect(await present(api, tokens.b, hosts.a)).toBe('E-TOK')
    expect(await present(api, tokens.a, 'c.example')).toBe('E-TOK')
  }
}

for (const cache of ['memory', 'off'] as const) {
  verifies('TENANT-HOST', `a token is good on the host of its tenant only, with cache: ${cache}`, async (adapter) => {
    const tenants = await openTenants()
    const fixed = new Map(Object.values(tenants.issuers).map(({ url }) => [url, trustedIssuer(url)]))
    await expectSeparate(
      tenants,
      await open(
        adapter,
        byHost(tenants, (url) => fixed.get(url)),
        cache,
      ),
    )
    await expectSeparate(
      tenants,
      await open(
        adapter,
        byHost(tenants, async (url) => trustedIssuer(url)),
        cache,
      ),
    )
  })
}

verifies('TENANT-HOST', 'concurrent requests with one token get the result of their own host', async (adapter) => {
  const tenants = await openTenants()
  const find = byHost(tenants, (url) => url)
  const api = await open(
    adapter,
    async (iss, request) => {
      await new Promise((resolve) => setImmediate(resolve))
      const found = await find(iss, request)
      await new Promise((resolve) => setImmediate(resolve))
      return found
    },
    'memory',
  )
  for (let round = 0; round < 3; round += 1) {
    const requests = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? hosts.a : hosts.b))
    const responses = requests.map((host) =>
      api.send({
        headers: [
          ['Host', host],
          ['Authorization', `Bearer ${tenants.tokens.a}`],
        ],
      }),
    )
    const statuses = (await Promise.all(responses)).map(({ status }) => status)
    expect(statuses).toEqual(requests.map((host) => (host === hosts.a ? 200 : 401)))
  }
})

verifies('TENANT-HOST', 'the guard active introspects at the issuer of the host', async (adapter) => {
  const tenants = await openTenants()
  const options = { introspection: { client } }
  const resolve = byHost(tenants, (url) => trustedIssuer(url, options))
  const api = await open(adapter, resolve, 'memory', [active({ within: '5s' })])
  await expectSeparate(tenants, api)
  expect(tenants.issuers.a.count('/introspect')).toBe(1)
  tenants.issuers.b.introspect = () => ({ active: false })
  const inactive = await open(adapter, resolve, 'memory', [active({ within: '0s' })])
  expect(await tenants.present(inactive, tenants.tokens.a, hosts.a)).toBe('OK')
  expect(await tenants.present(inactive, tenants.tokens.b, hosts.b)).toBe('E-TOK')
})

verifies('TENANT-URL', 'an issuer function may return the URL, by host and without', async (adapter) => {
  const tenants = await openTenants()
  const { tokens, present, issuers } = tenants
  await expectSeparate(
    tenants,
    await open(
      adapter,
      byHost(tenants, (url) => url),
      'memory',
    ),
  )
  const api = await open(adapter, (iss) => (iss === issuers.a.url ? iss : `${issuers.a.url}/`), 'memory')
  for (const host of Object.values(hosts)) {
    expect(await present(api, tokens.a, host)).toBe('OK')
    expect(await present(api, tokens.b, host)).toBe('E-TOK')
  }
})

verifies('TENANT-NAME', 'a made-up name is refused by functions that trust every name', async (adapter) => {
  const names = [
    'http://x.example/y',
    'garbage',
    'https://x.example/?tenant=1',
    'https://x.example/#a',
    'https://user@x.example',
    `https://x.example/${'y'.repeat(3000)}`,
    'https://x.example/.well-known/openid-configuration',
    'urn:example:issuer',
    '\u0000',
    '',
  ]
  const functions: readonly ResolveIssuer[] = [
    (iss) => iss,
    async (iss) => iss,
    (iss) => trustedIssuer(iss),
    async (iss) => trustedIssuer(iss, { introspection: { client } }),
    (iss, request) => (hostOf(request) === undefined ? undefined : trustedIssuer(iss)),
  ]
  for (const issuer of functions) {
    const api = await open(adapter, issuer, 'memory')
    for (const name of names) {
      const token = jws({ alg: 'ES256', kid: 'k' }, claimsOf(name), keyOfA.privateKey, 'ES256')
      expect(await api.present(token), name).toBe('E-TOK')
    }
  }
})
