/** Real time is the subject: no default of undici or Node ends a call before its deadline. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, createServer as createNetServer, type LookupFunction, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { generate } from 'selfsigned'
import { expect, onTestFinished, test } from 'vitest'
import { createDispatcher } from '../src/http/dispatchers.ts'
import { createNetworks } from '../src/http/network.ts'
import { sendRequest, type UpstreamResponse } from '../src/http/send-request.ts'

/** Sends a request with this deadline, over connections with these options. */
async function send(url: string, options: object, milliseconds: number): Promise<UpstreamResponse> {
  const networks = createNetworks({ dispatcher: undefined, clock: Date.now })
  onTestFinished(() => networks.close())
  const dispatcher = createDispatcher(options)
  const network = { ...networks.of('any', 'listed'), dispatcher: () => dispatcher('any') }
  const signal = AbortSignal.timeout(milliseconds)
  return sendRequest({ purpose: 'keys', url, method: 'GET', headers: {}, maxBytes: 100, network, signal })
}

test('a TLS handshake of 12 seconds fits into a deadline of 30 seconds', async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'as' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  })
  const server = createTlsServer({ cert, key }, (_request, response) => response.end('{}'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const sockets = new Set<Socket>()
  const slow = createNetServer(async (socket) => {
    sockets.add(socket.on('error', () => undefined))
    await sleep(12_000)
    const beyond = connect(port, '127.0.0.1').on('error', () => undefined)
    sockets.add(beyond)
    socket.pipe(beyond).pipe(socket)
  })
  await once(slow.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    sockets.forEach((socket) => socket.destroy())
    slow.close()
    server.close()
    server.closeAllConnections()
  })
  const { status } = await send(`https://127.0.0.1:${(slow.address() as AddressInfo).port}/`, { ca: cert }, 30_000)
  expect(status).toBe(200)
})

/** A server that never accepts. Its queue is full, so that the kernel drops further connections. */
async function openFullServer(): Promise<number> {
  const code = `
    const server = require('node:net').createServer()
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      require('node:fs').writeSync(1, server.address().port + '\\n')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    })`
  const child: ChildProcess = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer]
  const port = Number(String(line))
  const fillers = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
  onTestFinished(() => fillers.forEach((socket) => socket.destroy()))
  await sleep(500)
  return port
}

test('an address that is slow to connect has longer than 250 ms, and the next address still has its turn', async () => {
  const port = await openFullServer()
  const server = createServer((_request, response) => response.end('{}'))
  await once(server.listen(port, '127.0.0.2'), 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }))
  const lookup: LookupFunction = (_name, _options, callback) => callback(null, addresses)
  const start = performance.now()
  const { status } = await send(`http://as.example:${port}/`, { lookup }, 3000)
  expect(status).toBe(200)
  // Node would leave the first address after 250 ms.
  expect(performance.now() - start).toBeGreaterThan(400)
})
