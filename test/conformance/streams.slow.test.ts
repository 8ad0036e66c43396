/** Streams of each framework end with the token of their request. Real time is the subject. */
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { createValidator, type Validator } from '@tollgate/core'
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listen } from '../harness/listen.ts'
import { type OpenStream, openStream } from '../harness/open-stream.ts'
import { type StreamServer, streamServers } from '../harness/stream-servers.ts'
import { waitFor } from '../harness/wait-for.ts'

let issuer: MockIssuer
let validator: Validator
beforeAll(async () => {
  issuer = await createMockIssuer({ port: 'none' })
  validator = createValidator(issuer.validatorOptions)
})
afterAll(async () => {
  await validator.close()
  await issuer.close()
})

const paths = ['/written', '/piped'] as const
let sids = 0

interface Endless {
  readonly body: Readable
  readonly chunks: () => number
}

/** An endless body, of small chunks with time in between, or of a megabyte each: more than the buffers on the way. */
function endless(kind: 'slow' | 'flood'): Endless {
  const chunk = Buffer.from(kind === 'slow' ? 'data: tick\n\n' : `data: ${'x'.repeat(1_000_000)}\n\n`)
  let count = 0
  async function* chunks(): AsyncGenerator<Buffer> {
    for (;;) {
      count += 1
      yield chunk
      await sleep(10)
    }
  }
  return { body: Readable.from(chunks(), { objectMode: false }), chunks: () => count }
}

/** Waits until a client that does not read has filled the buffers. Frameworks without backpressure fill their own. */
async function waitUntilFull({ chunks }: Endless): Promise<void> {
  let before = -1
  while (chunks() > before && chunks() < 30) {
    before = chunks()
    await sleep(1000)
  }
}

async function open({ protocol, serve }: StreamServer, kind: 'slow' | 'flood' = 'slow') {
  const sources: Endless[] = []
  const signals: AbortSignal[] = []
  const server = await serve({
    validator,
    onLease: ({ signal }) => void signals.push(signal),
    body: () => {
      const source = endless(kind)
      sources.push(source)
      return source.body
    },
  })
  const origin = await listen(server)
  sids += 1
  const sid = `sid-${sids}`
  return {
    sources,
    signals,
    send: async (path: string, method: 'GET' | 'POST' = 'GET', exp = Math.floor(Date.now() / 1000) + 300) =>
      openStream(origin, { protocol, method, path, token: await issuer.accessToken({ sid, exp }) }),
    revoke: async () => validator.revoke({ sid }),
  }
}

async function receives(stream: OpenStream): Promise<void> {
  stream.body.resume()
  await once(stream.body, 'data')
}

describe.each(streamServers)('$name', (server) => {
  test('streams of GET and POST end within 1 s of the exp, not before, and without an error', async () => {
    const { sources, signals, send } = await open(server)
    const exp = Math.floor(Date.now() / 1000) + 2
    const requests = paths.flatMap((path) => [
      send(path, 'GET', exp),
      ...(path === '/written' ? [send(path, 'POST', exp)] : []),
    ])
    for (const stream of await Promise.all(requests)) {
      expect(stream.status).toBe(200)
      await receives(stream)
      const { at, isComplete } = await stream.ended
      expect(isComplete).toBe(true)
      expect(at - exp * 1000).toBeGreaterThanOrEqual(0)
      expect(at - exp * 1000).toBeLessThan(1000)
    }
    expect(signals.map(({ reason }) => reason.reason)).toEqual(requests.map(() => 'expired'))
    await waitFor(() => sources.every(({ body }) => body.destroyed))
  })

  test('a revocation ends a stream at once, and a handler that goes on writing does no harm', async () => {
    const { sources, signals, send, revoke } = await open(server)
    const streams = await Promise.all(paths.map(async (path) => send(path)))
    expect(streams.map(({ status }) => status)).toEqual([200, 200])
    await Promise.all(streams.map(receives))
    await revoke()
    for (const { ended } of streams) {
      expect(await ended).toMatchObject({ isComplete: true })
    }
    expect(signals.map(({ reason }) => reason.reason)).toEqual(['revoked', 'revoked'])
    await waitFor(() => sources.every(({ body }) => body.destroyed))
    expect((await send('/written')).status).toBe(401)
  })

  test('a client that goes away ends the lease and the source', async () => {
    const { sources, signals, send } = await open(server)
    const streams = await Promise.all(paths.map(async (path) => send(path)))
    await Promise.all(streams.map(receives))
    streams.forEach(({ abort }) => abort())
    await waitFor(() => signals.every(({ aborted }) => aborted))
    expect(signals.map(({ reason }) => reason.name)).toEqual(['AbortError', 'AbortError'])
    await waitFor(() => sources.every(({ body }) => body.destroyed))
  })
})

describe.each(streamServers.filter(({ cutsOff }) => cutsOff))('$name, with the response of Node', (server) => {
  test('a client that does not read is cut off', async () => {
    const { sources, send, revoke } = await open(server, 'flood')
    const streams = await Promise.all(paths.map(async (path) => send(path)))
    await waitFor(() => sources.length === 2)
    await Promise.all(sources.map(waitUntilFull))
    await revoke()
    await waitFor(() => sources.every(({ body }) => body.destroyed))
    // The connection closes 500 ms later.
    await sleep(1500)
    for (const { body, ended } of streams) {
      body.resume()
      // HTTP/2 has no connection to close.
      expect(await ended).toMatchObject({ isComplete: server.protocol === 'http/2' })
    }
  })

  test('a response that has not begun becomes the refusal', async () => {
    const { send, revoke } = await open(server)
    const sent = send('/silent')
    await sleep(300)
    await revoke()
    const { status, challenge } = await sent
    expect([status, challenge]).toEqual([401, expect.stringContaining('error="invalid_token"')])
  })

  test('a handler that responds after the end does no harm', async () => {
    const { send, sources, revoke } = await open(server)
    const sent = send('/late')
    await sleep(300)
    await revoke()
    const { status, body, ended } = await sent
    body.resume()
    expect([status, await ended]).toMatchObject([401, { isComplete: true }])
    // The handler writes headers and a body now. An error would fail the test.
    await waitFor(() => sources.length === 1)
    await sleep(100)
  })
})
