import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent } from 'undici'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Outside } from '../src/http/shared-documents.ts'
import { remoteKeys } from '../src/keys/remote-keys.ts'

async function openServer(): Promise<string> {
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  }
  const server = createServer((_request, response) => response.end(JSON.stringify({ keys: [{ ...jwk, kid: 'k' }] })))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`
}

function open(): Outside {
  const dispatcher = new Agent()
  onTestFinished(() => dispatcher.destroy())
  return { dispatcher, network: 'any', clock: () => 1_700_000_000_000, label: 'issuer' }
}

test('keys that nobody holds any longer set no timer, neither for a refresh nor for those who were turned away', async () => {
  const url = await openServer()
  const keys = remoteKeys(url, open())
  const letGo = keys.held?.hold()
  await keys.current()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  await keys.current()
  expect(await keys.retry(async () => false)).toBe(false)
  expect(await keys.retry(async () => false)).toBe(false)
  await keys.current()
  // Others may be those of the connections.
  const before = vi.getTimerCount()
  letGo?.()
  expect(before - vi.getTimerCount()).toBe(2)
})

test('a set is shared as long as somebody holds it, and what has taken its place stays', async () => {
  const [url, outside] = [await openServer(), open()]
  const first = remoteKeys(url, outside)
  expect(remoteKeys(url, outside)).toBe(first)
  const letGo = first.held?.hold()
  letGo?.()
  const second = remoteKeys(url, outside)
  expect(second).not.toBe(first)
  const [again, held] = [first.held?.hold(), second.held?.hold()]
  again?.()
  expect(remoteKeys(url, outside)).toBe(second)
  held?.()
})
