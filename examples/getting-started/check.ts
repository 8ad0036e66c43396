import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

const file = fileURLToPath(new URL('try.ts', import.meta.url))
const api = spawn(process.execPath, [file], { env: { ...process.env, PORT: '0' }, stdio: ['ignore', 'pipe', 'pipe'] })

async function firstLine(stream: Readable): Promise<string> {
  for await (const line of createInterface(stream)) {
    return line
  }
  return ''
}

async function checkServer(): Promise<void> {
  process.env['PORT'] = '0'
  const { server } = await import('./server.ts')
  delete process.env['PORT']
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  assert.equal((await fetch(`${origin}/health`)).status, 200)
  assert.equal((await fetch(`${origin}/orders`)).status, 401)
  server.close()
}

try {
  const [, token = '', url = ''] = /Bearer (\S+)" (\S+)$/.exec(await firstLine(api.stdout)) ?? []
  const headers = { authorization: `Bearer ${token}` }
  assert.deepEqual(await (await fetch(url, { headers })).json(), ['tea'])
  assert.equal((await fetch(new URL('/health', url))).status, 200)
  const explained = firstLine(api.stderr)
  assert.equal((await fetch(url)).status, 401)
  assert.match(await explained, /^tollgate: 401 no-credentials: /)
} finally {
  api.kill()
}
await checkServer()
