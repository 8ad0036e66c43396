import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Endpoint, Fault, MockIssuer } from '../src/index.ts'
import { ask, begin, introspect, open, runToItsEnd, transports } from './harness.ts'

/** Whether it is still not there after a while. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const settled = promise.then(
    () => false,
    () => false,
  )
  return Promise.race([settled, setTimeout(150, true)])
}

async function rightKeys(issuer: MockIssuer): Promise<string> {
  const { text } = await ask(issuer, '/jwks')
  return text
}

describe.each(transports)('with port %s', (port) => {
  test('a delay is one of the answer, which is true at its end', async () => {
    const issuer = await open({ port })
    const token = await issuer.opaqueToken()
    issuer.misbehave('introspection', { delay: '120ms' })
    const started = performance.now()
    const answer = introspect(issuer, token)
    await setTimeout(20)
    issuer.revoke(token)
    expect(JSON.parse((await answer).text)).toEqual({ active: false })
    expect(performance.now() - started).toBeGreaterThan(110)
  })

  test('another answer is sent as it is told', async () => {
    const issuer = await open({ port })
    issuer.misbehave('jwks', { status: 503, headers: { 'retry-after': '7' } })
    expect(await ask(issuer, '/jwks')).toMatchObject({ status: 503, headers: { 'retry-after': '7' }, text: '' })
    issuer.misbehave('jwks', { status: 200, body: { keys: [] } })
    const json = { 'content-type': 'application/json' }
    expect(await ask(issuer, '/jwks')).toMatchObject({ status: 200, headers: json, text: '{"keys":[]}' })
    issuer.misbehave('jwks', { status: 200, body: '{"keys":' })
    expect(await ask(issuer, '/jwks')).toMatchObject({ status: 200, headers: json, text: '{"keys":' })
    const headers = { 'Content-Type': 'text/plain' }
    issuer.misbehave('jwks', { status: 400, headers, body: { error: 'x' } })
    const answer = await ask(issuer, '/jwks')
    expect(answer).toMatchObject({ status: 400, headers: { 'content-type': 'text/plain' }, text: '{"error":"x"}' })
  })

  test('hang never answers, and lets others be answered', async () => {
    const issuer = await open({ port })
    issuer.misbehave('jwks', 'hang')
    const controller = new AbortController()
    const hanging = ask(issuer, '/jwks', { signal: controller.signal })
    expect(await isPending(hanging)).toBe(true)
    expect((await ask(issuer, '/.well-known/openid-configuration')).status).toBe(200)
    controller.abort()
    await expect(hanging).rejects.toThrow(Error)
  })

  test('hang-in-body stops in the middle of the right body', async () => {
    const issuer = await open({ port })
    const right = await rightKeys(issuer)
    issuer.misbehave('jwks', 'hang-in-body')
    const { statusCode, headers, body } = await begin(issuer, '/jwks')
    expect(statusCode).toBe(200)
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'content-length': String(right.length) })
    let text = ''
    const reading = (async () => {
      for await (const chunk of body.setEncoding('utf8') as AsyncIterable<string>) {
        text += chunk
      }
    })()
    expect(await isPending(reading)).toBe(true)
    expect(text).toBe(right.slice(0, right.length / 2))
    await issuer.close()
    await expect(reading).rejects.toThrow(Error)
  })

  test('drip sends the right body, a byte every 100 ms', async () => {
    const issuer = await open({ port })
    issuer.misbehave('introspection', 'drip')
    const started = performance.now()
    const { text } = await introspect(issuer, 't')
    expect(text).toBe('{"active":false}')
    expect(performance.now() - started).toBeGreaterThan(text.length * 95)
  })

  test('cut-off closes in the middle of the body', async () => {
    const issuer = await open({ port })
    const right = await rightKeys(issuer)
    issuer.misbehave('jwks', 'cut-off')
    const { headers, body } = await begin(issuer, '/jwks')
    expect(headers['content-length']).toBe(String(right.length))
    let text = ''
    await expect(async () => {
      for await (const chunk of body.setEncoding('utf8') as AsyncIterable<string>) {
        text += chunk
      }
    }).rejects.toThrow('other side closed')
    expect(right.slice(0, right.length / 2).startsWith(text)).toBe(true)
  })

  test('reset closes without an answer', async () => {
    const issuer = await open({ port })
    issuer.misbehave('jwks', 'reset', { times: 2 })
    for (const attempt of [1, 2]) {
      await expect(ask(issuer, '/jwks'), String(attempt)).rejects.toMatchObject({ code: 'ECONNRESET' })
    }
    expect((await ask(issuer, '/jwks')).status).toBe(200)
  })

  test('nonsense is a web page, and empty is nothing', async () => {
    const issuer = await open({ port })
    issuer.misbehave('metadata', 'nonsense')
    const page = await ask(issuer, '/.well-known/oauth-authorization-server')
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
    expect(page.text).toMatch(/^<!doctype html>/)
    issuer.misbehave('metadata', 'empty')
    const empty = await ask(issuer, '/.well-known/oauth-authorization-server')
    expect(empty).toMatchObject({ status: 200, text: '' })
    expect(empty.headers).not.toHaveProperty('content-type')
  })

  test('huge goes on until the client has had enough', async () => {
    const issuer = await open({ port })
    issuer.misbehave('jwks', 'huge', { times: 1 })
    const { statusCode, headers, body } = await begin(issuer, '/jwks')
    expect([statusCode, headers['content-type']]).toEqual([200, 'application/json'])
    let bytes = 0
    let beginning = ''
    for await (const chunk of body as AsyncIterable<Buffer>) {
      beginning ||= chunk.toString()
      bytes += chunk.length
      if (bytes > 5_000_000) {
        break
      }
    }
    expect(beginning.startsWith('{"keys":[')).toBe(true)
    expect((await ask(issuer, '/jwks')).status).toBe(200)
  })

  test('huge waits while the client does not read', async () => {
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
    expect(Number(await runToItsEnd(script))).toBeLessThan(20_000_000)
  })

  test('huge leaves the time to who reads it all', async () => {
    const issuer = await open({ port })
    issuer.misbehave('jwks', 'huge')
    const { body } = await begin(issuer, '/jwks', { signal: AbortSignal.timeout(100) })
    await expect(async () => {
      let bytes = 0
      for await (const chunk of body as AsyncIterable<Buffer>) {
        bytes += chunk.length
      }
      return bytes
    }).rejects.toThrow('aborted')
  })

  test('close cuts off whatever is under way, and may be said twice', async () => {
    const faults: readonly Fault[] = ['hang', 'hang-in-body', 'drip', 'huge', { delay: '1h' }]
    for (const fault of faults) {
      const issuer = await open({ port })
      issuer.misbehave('jwks', fault)
      const asking = ask(issuer, '/jwks').catch((error: unknown) => error)
      await setTimeout(30)
      await Promise.all([issuer.close(), issuer.close()])
      expect(await asking, JSON.stringify(fault)).toBeInstanceOf(Error)
      await expect(ask(issuer, '/jwks')).rejects.toThrow(Error)
    }
  })

  test('every endpoint can misbehave, and requests are logged all the same', async () => {
    const issuer = await open({ port })
    const paths = { metadata: '/.well-known/openid-configuration', jwks: '/jwks', introspection: '/introspect' }
    for (const [endpoint, path] of Object.entries(paths) as [Endpoint, string][]) {
      issuer.misbehave(endpoint, { status: 500 })
      const method = endpoint === 'introspection' ? 'POST' : 'GET'
      expect((await ask(issuer, path, { method })).status).toBe(500)
      expect(issuer.requests.at(-1)).toEqual({ endpoint, method, path })
    }
  })
})

test('a fault lasts so many times, and a later one replaces it', async () => {
  const issuer = await open({ port: 'none' })
  const statuses = async (count: number): Promise<readonly number[]> => {
    const answers: number[] = []
    for (let asked = 0; asked < count; asked += 1) {
      answers.push((await ask(issuer, '/jwks')).status)
    }
    return answers
  }
  issuer.misbehave('jwks', { status: 503 }, { times: 2 })
  expect(await statuses(3)).toEqual([503, 503, 200])
  issuer.misbehave('jwks', { status: 503 }, { times: 2 })
  issuer.misbehave('jwks', { status: 502 })
  expect(await statuses(4)).toEqual([502, 502, 502, 502])
  issuer.misbehave('jwks', { status: 501 }, { times: 1 })
  expect(await statuses(2)).toEqual([501, 200])
})

test('behave ends the faults of one endpoint, or of all', async () => {
  const issuer = await open({ port: 'none' })
  const metadata = '/.well-known/openid-configuration'
  const statuses = async (): Promise<readonly number[]> => [
    (await ask(issuer, metadata)).status,
    (await ask(issuer, '/jwks')).status,
  ]
  issuer.misbehave('metadata', { status: 503 })
  issuer.misbehave('jwks', { status: 503 })
  issuer.behave('jwks')
  expect(await statuses()).toEqual([503, 200])
  issuer.behave()
  expect(await statuses()).toEqual([200, 200])
})

const mistakes: readonly [unknown, unknown, unknown][] = [
  ['keys', 'hang', {}],
  ['jwks', 'hangs', {}],
  ['jwks', undefined, {}],
  ['jwks', null, {}],
  ['jwks', {}, {}],
  ['jwks', { delay: 'soon' }, {}],
  ['jwks', { delay: '-1s' }, {}],
  ['jwks', { delay: '1s', status: 200 }, {}],
  ['jwks', { status: 99 }, {}],
  ['jwks', { status: '200' }, {}],
  ['jwks', { status: 200, header: {} }, {}],
  ['jwks', { status: 200, headers: { 'a b': 'c' } }, {}],
  ['jwks', { status: 200, headers: { a: 'b\nc' } }, {}],
  ['jwks', { status: 200, body: 1 }, {}],
  ['jwks', 'hang', { times: 0 }],
  ['jwks', 'hang', { times: 1.5 }],
  ['jwks', 'hang', { times: Infinity }],
]

test.each(mistakes)('misbehave(%o, %o, %o) is a mistake that shows', async (endpoint, fault, options) => {
  const issuer = await open({ port: 'none' })
  expect(() => issuer.misbehave(endpoint as Endpoint, fault as Fault, options as object)).toThrow(TypeError)
  expect(() => issuer.behave('keys' as Endpoint)).toThrow(TypeError)
})
