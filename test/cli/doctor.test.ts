/** `tollgate doctor`: what it finds at issuers that work, and at issuers with a fault. */
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { expect, onTestFinished, test } from 'vitest'
import { certificate } from '../harness/certificates.ts'
import { listen } from '../harness/listen.ts'
import { type Handler, json, status, text } from '../harness/responses.ts'
import { runHere } from './commands.ts'

interface Found {
  readonly code: number
  readonly issuer: string
  readonly remarks: readonly string[]
  readonly configuration: string | null
  readonly checks: Readonly<
    Record<string, { readonly state: string; readonly found: string; readonly fix: string | null }>
  >
}

async function doctor(argument: string): Promise<Found> {
  const { code, stdout } = await runHere({ args: ['doctor', argument, '--json'] })
  const report = JSON.parse(stdout) as Omit<Found, 'checks' | 'code'> & { checks: readonly { check: string }[] }
  const checks = Object.fromEntries(report.checks.map((check) => [check.check, check]))
  return { ...report, code, checks: checks as unknown as Found['checks'] }
}

const key = {
  kty: 'EC',
  crv: 'P-256',
  kid: 'one',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
}

interface Script {
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly metadataHeaders?: Readonly<Record<string, string>>
  readonly routes?: Readonly<Record<string, Handler>>
}

/** An issuer with one key, and with these changes. */
async function openIssuer({ metadata = {}, metadataHeaders = {}, routes = {} }: Script = {}): Promise<string> {
  const server = createServer((request, response) => {
    const document = { issuer: url, jwks_uri: `${url}/jwks`, ...metadata }
    const all: Record<string, Handler> = {
      '/.well-known/openid-configuration': json(document, metadataHeaders),
      '/jwks': json({ keys: [key] }),
      ...routes,
    }
    const act = all[request.url ?? ''] ?? status(404)
    act(request, response)
  })
  const url = await listen(server)
  return url
}

test('a good issuer has the exit code 0, and a configuration to paste', async () => {
  const issuer = await createMockIssuer()
  onTestFinished(() => issuer.close())
  const { code, checks, configuration } = await doctor(issuer.url)
  expect(Object.entries(checks).map(([name, { state }]) => [name, state])).toEqual([
    ['issuer', 'passed'],
    ['metadata', 'passed'],
    ['keys', 'passed'],
    ['algorithms', 'passed'],
    ['introspection', 'passed'],
    ['tls', 'skipped'],
    ['clock', 'passed'],
    ['cors', 'warning'],
    ['tollgate', 'passed'],
  ])
  expect(configuration).toContain(`issuer: '${issuer.url}',`)
  expect(code).toBe(0)
})

test('an issuer whose metadata has another name has no configuration to paste', async () => {
  expect((await doctor(await openIssuer({ metadata: { issuer: 'https://b.example' } }))).configuration).toBeNull()
})

test('a host without metadata may lack the path of the issuer', async () => {
  const { checks } = await doctor(await openIssuer({ routes: { '/.well-known/openid-configuration': status(404) } }))
  expect(checks['metadata']?.fix).toMatch(/realms/)
  expect(checks['tollgate']?.fix).toMatch(/realms/)
})

test('the name of a container on http: is named as such', async () => {
  const { title } = await runHere({ args: ['doctor', 'http://keycloak:8080/realms/a'] })
  expect(title).toMatch(/plain http:/)
})

test.each<readonly [name: string, script: Script, check: string, found: RegExp]>([
  ['the metadata names another issuer', { metadata: { issuer: 'https://b.example' } }, 'issuer', /differs/],
  ['no metadata', { routes: { '/.well-known/openid-configuration': status(404) } }, 'metadata', /no well-known URL/],
  [
    'a redirect, which it does not follow',
    { routes: { '/.well-known/openid-configuration': status(302, { location: 'https://login.example/secret?x=1' }) } },
    'metadata',
    /a redirect to https:\/\/login\.example that is not followed/,
  ],
  [
    'a web page in place of the metadata',
    { routes: { '/.well-known/openid-configuration': text('<html>') } },
    'metadata',
    /200 without a JSON object/,
  ],
  ['a key set that is missing', { routes: { '/jwks': status(404) } }, 'keys', /\/jwks: 404/],
  ['a key set without keys', { routes: { '/jwks': json({ keys: [] }) } }, 'keys', /no JWK Set/],
  ['a key set that is no JSON', { routes: { '/jwks': text('nope') } }, 'keys', /no valid JSON/],
  ['a key set of more than 512 KiB', { routes: { '/jwks': text(' '.repeat(600_000)) } }, 'keys', /more than 512 KiB/],
  [
    'keys for encryption only',
    { routes: { '/jwks': json({ keys: [{ ...key, use: 'enc' }] }) } },
    'keys',
    /key "one": `use` is `enc`/,
  ],
  ['HMAC only', { metadata: { id_token_signing_alg_values_supported: ['HS256'] } }, 'algorithms', /shared secret/],
  ['a clock that is wrong', { metadataHeaders: { date: 'Mon, 01 Jan 2024 00:00:00 GMT' } }, 'clock', /ahead of/],
  [
    'an introspection endpoint on http:',
    { metadata: { introspection_endpoint: 'http://as.example/i' } },
    'introspection',
    /not on https:/,
  ],
  ['keys on http:', { metadata: { jwks_uri: 'http://as.example/jwks' } }, 'tollgate', /not on https:/],
])('an issuer with %s has the exit code 1', async (_name, script, check, found) => {
  const { code, checks } = await doctor(await openIssuer(script))
  expect(checks[check]?.found).toMatch(found)
  expect([checks[check]?.state, code]).toEqual(['failed', 1])
})

test.each<readonly [name: string, script: Script, check: string, found: RegExp]>([
  [
    'one key that is passed over',
    { routes: { '/jwks': json({ keys: [key, { ...key, kid: 'old', use: 'enc' }] }) } },
    'keys',
    /2 keys.*passes over key "old"/,
  ],
  [
    'a clock that is 30 s ahead',
    { metadataHeaders: { date: new Date(Date.now() + 30_000).toUTCString() } },
    'clock',
    /behind/,
  ],
  ['introspection that is missing', { metadata: { introspection_endpoint: '/i' } }, 'introspection', /./],
])('an issuer with %s has a warning or a fault', async (_name, script, check, found) => {
  const { checks } = await doctor(await openIssuer(script))
  expect(checks[check]?.found).toMatch(found)
  expect(['warning', 'failed']).toContain(checks[check]?.state)
})

test.each([
  ['reset', 3],
  ['cut-off', 1],
  ['nonsense', 1],
  ['empty', 1],
  ['huge', 1],
] as const)('metadata with the fault %s has the exit code %i', async (fault, code) => {
  const issuer = await createMockIssuer()
  onTestFinished(() => issuer.close())
  issuer.misbehave('metadata', fault)
  const found = await doctor(issuer.url)
  expect([found.code, found.checks['metadata']?.state]).toEqual([code, 'failed'])
})

test.each(['reset', 'cut-off', 'nonsense', 'huge'] as const)(
  'introspection with the fault %s is found',
  async (fault) => {
    const issuer = await createMockIssuer()
    onTestFinished(() => issuer.close())
    issuer.misbehave('introspection', fault)
    expect(['warning', 'failed']).toContain((await doctor(issuer.url)).checks['introspection']?.state)
  },
)

test('it says how long keys are fresh, and who can read the metadata', async () => {
  const script: Script = {
    metadataHeaders: { 'access-control-allow-origin': '*' },
    routes: { '/jwks': json({ keys: [key] }, { 'cache-control': 'public, max-age=5' }) },
  }
  const { code, checks } = await doctor(await openIssuer(script))
  expect(checks['keys']?.found).toMatch(/fresh for 5 s, and Tollgate caches them for 60 s/)
  expect([code, checks['cors']?.state]).toEqual([0, 'passed'])
})

test('metadata that differs only by a trailing slash is a fault for a URL, and none for a domain', async () => {
  const url = await openIssuer()
  const exact = await doctor(`${url}/`)
  expect(exact.checks['issuer']).toMatchObject({ state: 'failed', found: expect.stringMatching(/trailing slash/) })
  expect(exact.configuration).toContain(`issuer: '${url}',`)
  const { code, issuer, remarks } = await doctor(url.replace('http://', ''))
  expect([code, issuer, remarks.length]).toEqual([0, url, 1])
})

test.each([
  ['the URL of the metadata', (url: string) => `${url}/.well-known/openid-configuration`],
  ['the URL of the metadata by RFC 8414', (url: string) => `${url}/.well-known/oauth-authorization-server`],
  ['a query', (url: string) => `${url}?x=1#y`],
  ['quotes', (url: string) => `"${url}"`],
])('it accepts %s', async (_name, change) => {
  const url = await openIssuer()
  expect(await doctor(change(url))).toMatchObject({ code: 0, issuer: url })
})

test('it names the preset of a known issuer, and reads its claims', async () => {
  const server = createServer((request, response) => {
    const issuer = `${origin}/realms/main`
    const isMetadata = request.url === '/realms/main/.well-known/openid-configuration'
    const act = isMetadata
      ? json({ issuer, jwks_uri: `${origin}/jwks` })
      : request.url === '/jwks'
        ? json({ keys: [key] })
        : status(404)
    act(request, response)
  })
  const origin = await listen(server)
  const { code, configuration } = await doctor(`${origin}/realms/main/protocol/openid-connect/certs`)
  expect(configuration).toContain(`issuer: keycloak('${origin}/realms/main'),`)
  expect(code).toBe(0)
})

test.each(['http://127.0.0.1:16', 'https://no-such-host.invalid'])('%s is not reachable (exit code 3)', async (url) => {
  const { code, checks, configuration } = await doctor(url)
  expect([code, checks['metadata']?.state]).toEqual([3, 'failed'])
  // The name may be misspelt.
  expect(configuration).toBeNull()
})

test.each([
  ['a word', ['x']],
  ['plain http:', ['http://as.example']],
  ['another scheme', ['ftp://as.example']],
  ['a user name', ['https://user:pw@as.example']],
  ['nothing', []],
  ['two URLs', ['https://a.example', 'https://b.example']],
])('%s as the argument is wrong usage (exit code 2)', async (_name, args) => {
  const { code, stderr } = await runHere({ args: ['doctor', ...args] })
  expect([code, stderr.includes('pw@')]).toEqual([2, false])
})

test('a certificate that this machine does not trust is a fault that TLS names', async () => {
  const url = (await listen(createTlsServer(await certificate('as.example')))).replace('http:', 'https:')
  const { code, checks } = await doctor(url)
  expect(checks['tls']).toMatchObject({
    state: 'failed',
    found: expect.stringMatching(/self-signed.*TLSv1\.\d.*valid until 20/),
  })
  expect(checks['tls']?.fix).toMatch(/NODE_EXTRA_CA_CERTS/)
  expect(code).toBe(1)
})

test.each(['/\u001B[2J', '/a b', '/?x=1', `/${'x'.repeat(3000)}`])(
  'metadata that states the name %j on the same host is a fault, and no bug',
  async (name) => {
    const server = createServer((request, response) => {
      const isMetadata = request.url === '/.well-known/openid-configuration'
      const act = isMetadata
        ? json({ issuer: `${url}${name}`, jwks_uri: `${url}/jwks` })
        : request.url === '/jwks'
          ? json({ keys: [key] })
          : status(404)
      act(request, response)
    })
    const url = await listen(server)
    const { code, issuer, checks } = await doctor(url.replace('http://', ''))
    expect([code, issuer, checks['issuer']?.state]).toEqual([1, url, 'failed'])
  },
)

test('a response 101 is a fault, and does not end the command early', async () => {
  const upgrade: Handler = (_request, response) => void response.writeHead(101, { connection: 'upgrade' }).end()
  const { code, checks } = await doctor(await openIssuer({ routes: { '/jwks': upgrade } }))
  expect([code, checks['keys']?.state]).toEqual([1, 'failed'])
})

test('foreign text cannot control the terminal', async () => {
  const hostile = 'https://b.example/\u001B[2J\u202E'
  const { stdout } = await runHere({ args: ['doctor', await openIssuer({ metadata: { issuer: hostile } })] })
  expect(['\u001B', '\u202E'].filter((character) => stdout.includes(character))).toEqual([])
  expect(stdout).toContain(String.raw`\u001b`)
})
