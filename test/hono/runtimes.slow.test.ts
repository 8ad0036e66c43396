/** A Hono app in the servers of Bun, Deno and Node, each in a process of its own. The issuer is in this process. */
import { execPath } from 'node:process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Received, send, type Sent } from '../harness/send.ts'
import { audience } from '../harness/reference.ts'
import { bearer, form } from './serving.ts'

type Command = readonly [program: string, ...args: string[]]

const { platform, arch } = process
const ofDeno = arch === 'arm64' ? 'arm64' : 'x64'
const ofBun = arch === 'arm64' ? 'aarch64' : 'x64'
const permissions = ['--allow-net', '--allow-env', '--allow-read']
const offline = ['--no-check', '--no-lock', '--no-config', '--no-remote', '--node-modules-dir=manual']

/** Bun and Deno are packages of npm, with a binary for each platform. */
const runtimes: readonly (readonly [string, () => Command])[] = [
  ['Bun', () => [binary(`@oven/bun-${platform}-${ofBun}`, 'bin/bun'), script('bun')]],
  [
    'Deno',
    () => [
      binary(`@deno/${platform}-${ofDeno}${platform === 'linux' ? '-glibc' : ''}`, 'deno'),
      'run',
      ...offline,
      ...permissions,
      script('deno'),
    ],
  ],
  ['Node', () => [execPath, script('node')]],
]

function binary(name: string, path: string): string {
  return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), path)
}

function script(name: string): string {
  return fileURLToPath(new URL(`./runtimes/${name}.ts`, import.meta.url))
}

interface Running {
  readonly issuer: MockIssuer
  readonly send: (path: string, sent?: Sent) => Promise<Received>
}

/** Starts the app in a runtime until the test ends. */
async function start([program, ...args]: Command): Promise<Running> {
  const issuer = await createMockIssuer({ audience })
  onTestFinished(() => issuer.close())
  const { id, secret } = issuer.client
  const ofIssuer = { ISSUER: issuer.url, AUDIENCE: audience, CLIENT_ID: id, CLIENT_SECRET: secret }
  const env = { ...process.env, DENO_NO_UPDATE_CHECK: '1', ...ofIssuer }
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill())
  const [port] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
  const origin = `http://127.0.0.1:${Number(port)}`
  return { issuer, send: (path, sent = {}) => send(origin, { path, ...sent }) }
}

describe.each(runtimes)('%s', (_name, command) => {
  test('a good token is accepted, and others are refused with their challenge', async () => {
    const { issuer, send: call } = await start(command())
    const good = bearer(await issuer.accessToken())
    for (let round = 0; round < 3; round += 1) {
      expect(await call('/', good)).toMatchObject({ status: 200, body: 'alice' })
    }
    expect(await call('/')).toMatchObject({ status: 401, challenges: ['Bearer realm="api"'], body: '{}' })
    expect(await call('/', { method: 'HEAD' })).toMatchObject({ status: 401, challenges: ['Bearer realm="api"'] })
    const expired = await call('/', bearer(await issuer.wrongToken('expired')))
    expect([expired.status, expired.challenges[0]]).toEqual([401, expect.stringContaining('error="invalid_token"')])
    const weak = await call('/scopes', good)
    expect([weak.status, weak.challenges[0]]).toEqual([403, expect.stringContaining('scope="admin"')])
    expect(weak.headers).toMatchObject({ 'access-control-allow-origin': '*', 'cache-control': 'no-store' })
    expect(await call('/nowhere', good)).toMatchObject({ status: 404, challenges: [] })
    expect((await call('/optional')).body).toBe('absent')
    expect((await call('/optional', bearer('a.b.c'))).status).toBe(401)
  })

  test("with errors: 'throw' the default error handling sends status and challenge", async () => {
    const { issuer, send: call } = await start(command())
    expect(await call('/throw')).toMatchObject({ status: 401, challenges: ['Bearer realm="api"'] })
    expect((await call('/throw', bearer(await issuer.accessToken()))).body).toBe('ok')
  })

  test('repeated and malformed credentials are 400', async () => {
    const { issuer, send: call } = await start(command())
    const [good = ['', '']] = bearer(await issuer.accessToken()).headers
    const lines = [
      [good, good],
      [good, ['Authorization', 'Bearer x']],
      [['Authorization', 'Bearer x'], good],
      [good, ['Authorization', 'Basic eHg=']],
      [['Authorization', 'Basic eHg='], good],
      [['Authorization', 'Bearer']],
    ] as const
    for (const headers of lines) {
      expect((await call('/', { headers })).status, headers.map(([, value]) => value.slice(0, 8)).join()).toBe(400)
    }
  })

  test('while the issuer is down the response is 503, and a good token is accepted afterwards', async () => {
    const { issuer, send: call } = await start(command())
    issuer.misbehave('jwks', { status: 503 })
    const down = await call('/', bearer(await issuer.accessToken()))
    expect([down.status, down.challenges]).toEqual([503, []])
    const refused = await call('/down', bearer(await issuer.accessToken({ iss: 'http://127.0.0.1:9' })))
    expect([refused.status, refused.challenges]).toEqual([503, []])
    issuer.behave()
    const seconds = Number(down.headers['retry-after'])
    expect(seconds).toBeGreaterThan(0)
    await setTimeout(seconds * 1000 + 500)
    expect((await call('/', bearer(await issuer.accessToken()))).status).toBe(200)
  })

  test('opaque tokens and forms work', async () => {
    const { issuer, send: call } = await start(command())
    const token = await issuer.opaqueToken()
    expect((await call('/opaque', bearer(token))).body).toBe('alice')
    expect((await call('/opaque', bearer('unknown'))).status).toBe(401)
    expect((await call('/form', form(`of=7&access_token=${await issuer.accessToken()}`))).body).toBe('alice 7')
    const { method = '', headers = [] } = form('')
    const chunks = ['of=7&access', `_token=${await issuer.accessToken()}`]
    expect((await call('/form', { method, headers, chunks })).body).toBe('alice 7')
    expect((await call('/form', form('of=7'))).status).toBe(401)
  })
})
