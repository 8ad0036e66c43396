import { setTimeout } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { describe, expect, test } from 'vitest'
import type { Endpoint, Fault, MockIssuer } from '../src/index.ts'
import { introspect, open, ports, runToExit, send, start } from './harness.ts'

const metadataPath = '/.well-known/openid-configuration'

/** Whether the promise is still open after a while of real time. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const settled = promise.then(
    () => false,
    () => false,
  )
  return Promise.race([settled, setTimeout(150, true)])
}

/** Collects the body as it arrives. `end` settles with the body. */
function read({ body }: Dispatcher.ResponseData): { received: () => string; end: Promise<void> } {
  let received = ''
  const end = (async () => {
    for await (const chunk of body.setEncoding('utf8') as AsyncIterable<string>) {
      received += chunk
    }
  })()
  return { received: () => received, end }
}

async function rightKeys(issuer: MockIssuer): Promise<string> {
  return (await send(issuer, '/jwks')).text
}

describe.each(ports)('an issuer with port %s', (port) => {
  test('a delayed response contains the state at its end', async () => {
    const issuer = await start({ port })
    const token = await issuer.opaqueToken()
    issuer.misbehave('introspection', { delay: '120ms' })
    const started = performance.now()
    const response = introspect(issuer, token)
    await setTimeout(20)
    issuer.revoke(token)
    expect(JSON.parse((await response).text)).toEqual({ active: false })
    expect(performance.now() - started).toBeGreaterThan(110)
  })

  test('a response of the test replaces the right response', async () => {
    const issuer = await start({ port })
    const type = 'content-type'
    for (const [fault, expected] of [
      [
        { status: 503, headers: { 'retry-after': '7' } },
        { status: 503, headers: { 'retry-after': '7' }, text: '' },
      ],
      [
        { status: 200, body: { keys: [] } },
        { headers: { [type]: 'application/json' }, text: '{"keys":[]}' },
      ],
      [
        { status: 200, body: '{"keys":' },
        { headers: { [type]: 'application/json' }, text: '{"keys":' },
      ],
      [
        { status: 400, headers: { 'Content-Type': 'a/b' }, body: {} },
        { headers: { [type]: 'a/b' }, text: '{}' },
      ],
    ] as const) {
      issuer.misbehave('jwks', fault)
      expect(await send(issuer, '/jwks')).toMatchObject({ status: fault.status, ...expected })
    }
  })

  test('hang sends no response, and other endpoints respond', async () => {
    const issuer = await start({ port })
    issuer.misbehave('jwks', 'hang')
    const controller = new AbortController()
    const hanging = send(issuer, '/jwks', { signal: controller.signal })
    expect(await isPending(hanging)).toBe(true)
    expect((await send(issuer, metadataPath)).status).toBe(200)
    controller.abort()
    await expect(hanging).rejects.toThrow(Error)
  })

  test('hang-in-body stops after half of the right body', async () => {
    const issuer = await start({ port })
    const right = await rightKeys(issuer)
    issuer.misbehave('jwks', 'hang-in-body')
    const response = await open(issuer, '/jwks')
    expect(response.statusCode).toBe(200)
    expect(response.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(right.length),
    })
    const { received, end } = read(response)
    await expect.poll(received).toBe(right.slice(0, right.length / 2))
    expect(await isPending(end)).toBe(true)
    await issuer.close()
    await expect(end).rejects.toThrow(Error)
  })

  test('drip sends the right body, one byte every 100 ms', async () => {
    const issuer = await start({ port })
    issuer.misbehave('introspection', 'drip')
    const started = performance.now()
    const { text } = await introspect(issuer, 't')
    expect(text).toBe('{"active":false}')
    expect(performance.now() - started).toBeGreaterThan(text.length * 95)
  })

  test('cut-off closes the connection after half of the body', async () => {
    const issuer = await start({ port })
    const right = await rightKeys(issuer)
    issuer.misbehave('jwks', 'cut-off')
    const response = await open(issuer, '/jwks')
    expect(response.headers['content-length']).toBe(String(right.length))
    const { received, end } = read(response)
    await expect(end).rejects.toThrow(Error)
    expect(right.slice(0, right.length / 2).startsWith(received())).toBe(true)
  })

  test('reset closes the connection without a response', async () => {
    const issuer = await start({ port })
    issuer.misbehave('jwks', 'reset', { times: 2 })
    for (const attempt of [1, 2]) {
      await expect(send(issuer, '/jwks'), String(attempt)).rejects.toMatchObject({ code: 'ECONNRESET' })
    }
    expect((await send(issuer, '/jwks')).status).toBe(200)
  })

  test('nonsense sends a web page, and empty sends no body', async () => {
    const issuer = await start({ port })
    issuer.misbehave('metadata', 'nonsense')
    const page = await send(issuer, metadataPath)
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
    expect(page.text).toMatch(/^<!doctype html>/)
    issuer.misbehave('metadata', 'empty')
    const empty = await send(issuer, metadataPath)
    expect(empty).toMatchObject({ status: 200, text: '' })
    expect(empty.headers).not.toHaveProperty('content-type')
  })

  test('huge sends a body until the client closes the connection', async () => {
    const issuer = await start({ port })
    issuer.misbehave('jwks', 'huge', { times: 1 })
    const response = await open(issuer, '/jwks')
    expect([response.statusCode, response.headers['content-type']]).toEqual([200, 'application/json'])
    const { received, end } = read(response)
    await expect.poll(() => received().length).toBeGreaterThan(5_000_000)
    expect(received().startsWith('{"keys":[')).toBe(true)
    response.body.destroy()
    await Promise.allSettled([end])
    expect((await send(issuer, '/jwks')).status).toBe(200)
  })

  test('huge needs no memory while the client does not read', async () => {
    const script = `const issuer = await createMockIssuer({ port: '${port}' })
      const { dispatcher } = issuer.validatorOptions
      issuer.misbehave('jwks', 'huge')
      const { body } = await request(issuer.url + '/jwks', { dispatcher })
      body.on('error', () => undefined)
      await setTimeout(100)
      const before = process.memoryUsage().rss
      await setTimeout(400)
      console.log(process.memoryUsage().rss - before)
      await issuer.close()`
    expect(Number(await runToExit(script))).toBeLessThan(20_000_000)
  })

  test('close ends every response, and a second close does nothing', async () => {
    const faults: readonly Fault[] = ['hang', 'hang-in-body', 'drip', 'huge', { delay: '1h' }]
    for (const fault of faults) {
      const issuer = await start({ port })
      issuer.misbehave('jwks', fault)
      const response = send(issuer, '/jwks').catch((error: unknown) => error)
      await expect.poll(() => issuer.requests).toHaveLength(1)
      await Promise.all([issuer.close(), issuer.close()])
      expect(await response, JSON.stringify(fault)).toBeInstanceOf(Error)
      await expect(send(issuer, '/jwks')).rejects.toThrow(Error)
    }
  })
})

test('every endpoint can misbehave, and the issuer logs the request', async () => {
  const issuer = await start()
  const paths = { metadata: metadataPath, jwks: '/jwks', introspection: '/introspect' }
  for (const [endpoint, path] of Object.entries(paths) as [Endpoint, string][]) {
    issuer.misbehave(endpoint, { status: 500 })
    expect((await send(issuer, path)).status).toBe(500)
    expect(issuer.requests.at(-1)).toEqual({ endpoint, method: 'GET', path })
  }
})

test('a fault lasts for `times` requests, a later fault replaces it, and behave ends it', async () => {
  const issuer = await start()
  const statuses = async (...paths: readonly string[]): Promise<readonly number[]> => {
    const received: number[] = []
    for (const path of paths) {
      received.push((await send(issuer, path)).status)
    }
    return received
  }
  issuer.misbehave('jwks', { status: 503 }, { times: 2 })
  expect(await statuses('/jwks', '/jwks', '/jwks')).toEqual([503, 503, 200])
  issuer.misbehave('jwks', { status: 503 }, { times: 1 })
  issuer.misbehave('jwks', { status: 502 })
  expect(await statuses('/jwks', '/jwks')).toEqual([502, 502])
  issuer.misbehave('metadata', { status: 503 })
  issuer.behave('jwks')
  expect(await statuses(metadataPath, '/jwks')).toEqual([503, 200])
  issuer.behave()
  expect(await statuses(metadataPath)).toEqual([200])
  expect(() => issuer.behave('keys' as Endpoint)).toThrow(TypeError)
})

const invalidFaults: readonly [endpoint: unknown, fault: unknown, options?: unknown][] = [
  ['keys', 'hang'],
  ['jwks', 'hangs'],
  ['jwks', undefined],
  ['jwks', null],
  ['jwks', {}],
  ['jwks', { delay: 'soon' }],
  ['jwks', { delay: '-1s' }],
  ['jwks', { delay: '1s', status: 200 }],
  ['jwks', { status: 99 }],
  ['jwks', { status: '200' }],
  ['jwks', { status: 200, header: {} }],
  ['jwks', { status: 200, headers: { 'a b': 'c' } }],
  ['jwks', { status: 200, headers: { a: 'b\nc' } }],
  ['jwks', { status: 200, body: 1 }],
  ['jwks', 'hang', { time: 1 }],
  ['jwks', 'hang', { times: 0 }],
  ['jwks', 'hang', { times: 1.5 }],
  ['jwks', 'hang', { times: Infinity }],
]

test.each(invalidFaults)('misbehave(%o, %o, %o) throws a TypeError', async (endpoint, fault, options = {}) => {
  const issuer = await start()
  expect(() => issuer.misbehave(endpoint as Endpoint, fault as Fault, options as object)).toThrow(TypeError)
})
