import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SecurityMessage } from '@tollgate/core'
import { describe, expect, onTestFinished } from 'vitest'
import { jws, type KeyPair, keyPair } from '../harness/jws.ts'
import { type KeyIssuer, openKeyIssuer } from '../harness/key-issuer.ts'
import { json, openUpstream, status } from '../harness/upstream.ts'
import { verifies } from '../harness/verifies.ts'

const first = keyPair('P-256')
const second = keyPair('P-256')
const third = keyPair('P-256')
const rsa = keyPair('RSA')

function signed(api: KeyIssuer, { privateKey }: KeyPair, kid?: string): string {
  return jws({ alg: 'ES256', kid, typ: 'at+jwt' }, api.claims(), privateKey, 'ES256')
}

function published(...pairs: readonly KeyPair[]): readonly object[] {
  return pairs.map(({ jwk }) => ({ ...jwk, kid: kidOf({ jwk }) }))
}

function kidOf({ jwk }: Pick<KeyPair, 'jwk'>): string {
  return jwk.x ?? ''
}

verifies('KEY-04', 'a thousand made-up key ids cost one fetch, and the good key is untouched', async (adapter) => {
  const api = await openKeyIssuer(adapter, published(first))
  expect(await api.present(signed(api, first, kidOf(first)))).toBe('OK')
  const before = api.upstream.count('/jwks')
  const forged = Array.from({ length: 1000 }, (_, index) => signed(api, second, `made-up-${index}`))
  // In batches: a thousand sockets at once are more than the machine's backlog likes.
  for (let at = 0; at < forged.length; at += 100) {
    const answers = await Promise.all(
      forged.slice(at, at + 100).map((token) => api.send({ headers: [['Authorization', `Bearer ${token}`]] })),
    )
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([401]))
  }
  expect(api.upstream.count('/jwks') - before).toBe(1)
  expect(await api.present(signed(api, first, kidOf(first)))).toBe('OK')
})

verifies('KEY-04', 'a rotated key is accepted at once, and again two seconds later', async (adapter) => {
  const api = await openKeyIssuer(adapter, published(first))
  expect(await api.present(signed(api, first, kidOf(first)))).toBe('OK')
  for (const next of [second, third]) {
    api.upstream.routes['/jwks'] = json({ keys: published(first, next) })
    expect(await api.present(signed(api, next, kidOf(next)))).toBe('OK')
    api.advance(2)
  }
  expect(api.upstream.count('/jwks')).toBe(3)
})

verifies('KEY-04', 'all who come with a rotated key at the same time are let in, by one fetch', async (adapter) => {
  const api = await openKeyIssuer(adapter, published(first))
  expect(await api.present(signed(api, first, kidOf(first)))).toBe('OK')
  const serve = json({ keys: published(first, second) })
  api.upstream.routes['/jwks'] = (request, response) => void sleep(100).then(() => serve(request, response))
  const headers = [['Authorization', `Bearer ${signed(api, second, kidOf(second))}`]] as const
  const answers = await Promise.all(Array.from({ length: 20 }, () => api.send({ headers })))
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
  expect(api.upstream.count('/jwks')).toBe(2)
})

verifies('KEY-04', 'after a fruitless fetch a new key waits for the end of the cooldown', async (adapter) => {
  const api = await openKeyIssuer(adapter, published(first))
  expect(await api.present(signed(api, second, kidOf(second)))).toBe('E-TOK')
  api.upstream.routes['/jwks'] = json({ keys: published(first, second) })
  const fetched = api.upstream.count('/jwks')
  api.advance(29)
  expect(await api.present(signed(api, second, kidOf(second)))).toBe('E-TOK')
  expect(api.upstream.count('/jwks')).toBe(fetched)
  api.advance(1)
  expect(await api.present(signed(api, second, kidOf(second)))).toBe('OK')
})

verifies('KEY-05', 'two hundred first requests share one discovery and one fetch', async (adapter) => {
  const api = await openKeyIssuer(adapter, published(first))
  const token = signed(api, first, kidOf(first))
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => api.send({ headers: [['Authorization', `Bearer ${token}`]] })),
  )
  expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200))
  expect(api.upstream.asked).toEqual(['/.well-known/oauth-authorization-server', '/jwks'])
})

verifies('KEY-05', 'a client that leaves takes nobody along', async (adapter) => {
  const api = await openKeyIssuer(adapter, published(first))
  const waiting: ServerResponse[] = []
  api.upstream.routes['/jwks'] = (_request, response) => waiting.push(response)
  const headers = { authorization: `Bearer ${signed(api, first, kidOf(first))}` }
  const leaving = new AbortController()
  const left = fetch(`${api.origin}/items`, { headers, signal: leaving.signal })
  const staying = Array.from({ length: 20 }, () => fetch(`${api.origin}/items`, { headers }))
  await expect.poll(() => waiting.length).toBe(1)
  leaving.abort()
  await expect(left).rejects.toThrow()
  waiting[0]?.end(JSON.stringify({ keys: published(first) }))
  expect((await Promise.all(staying)).map((response) => response.status)).toEqual(staying.map(() => 200))
  expect(api.upstream.count('/jwks')).toBe(1)
})

verifies('KEY-06', 'forgeries under a known key id cost no fetch', async (adapter) => {
  const api = await openKeyIssuer(adapter, published(first))
  expect(await api.present(signed(api, first, kidOf(first)))).toBe('OK')
  const before = api.upstream.asked.length
  for (let round = 0; round < 100; round += 1) {
    expect(await api.present(signed(api, second, kidOf(first)))).toBe('E-TOK')
  }
  expect(api.upstream.asked).toHaveLength(before)
})

verifies('KEY-08', 'odd keys are passed over, and the good ones work', async (adapter) => {
  const odd = [
    { kty: 'XYZ', kid: 'x' },
    { kty: 'RSA', kid: 'no-n', e: 'AQAB' },
    { kty: 'EC', crv: 'P-256', kid: 'off', x: first.jwk.x, y: second.jwk.y },
    { kty: 'EC', crv: 'P-256', kid: 'no-y', x: first.jwk.x },
    { kty: 'EC', crv: 'secp256k1', kid: 'k1', x: first.jwk.x, y: first.jwk.y },
    { kty: 'OKP', crv: 'X25519', kid: 'x25519', x: first.jwk.x },
    { kty: 'AKP', kid: 'akp', alg: 'ML-DSA-44', pub: 'AA' },
    { kty: 'AKP', kid: 'akp2', pub: 'AA' },
    { kty: 7 },
    { ...rsa.jwk, kid: 'enc', alg: 'RSA-OAEP', use: 'enc' },
    'a string',
    null,
    7,
    [],
    {},
  ]
  const api = await openKeyIssuer(adapter, [...odd, ...published(first)] as object[])
  expect(await api.present(signed(api, first, kidOf(first)))).toBe('OK')
  for (const kid of ['x', 'no-n', 'off', 'no-y', 'k1', 'akp', 'enc']) {
    expect(await api.present(signed(api, first, kid)), kid).toBe('E-TOK')
  }
  // Their ids are published, so that asking again would bring nothing.
  expect(api.upstream.count('/jwks')).toBe(1)
})

verifies('KEY-08', 'what else a key has on it does not matter', async (adapter) => {
  const api = await openKeyIssuer(adapter, [])
  const [good] = published(first).map((key) => JSON.stringify(key).slice(0, -1))
  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  api.upstream.routes['/jwks'] = (_request, response) => response.end(`{"keys":[${good},"x5c":${deep}}]}`)
  expect(await api.present(signed(api, first, kidOf(first)))).toBe('OK')
})

describe.each([
  { name: 'an object', value: '{"toString":null}' },
  { name: 'a deep array', value: '['.repeat(9000) + ']'.repeat(9000) },
  { name: 'a number', value: '7' },
  { name: 'null', value: 'null' },
  { name: 'an array of null', value: '[null]' },
  { name: 'an empty text', value: '""' },
  { name: 'true', value: 'true' },
  { name: 'an object in an object', value: '{"a":{}}' },
])('$name', ({ value }) => {
  verifies('KEY-08', 'as a member of a wrong type costs its own key only', async (adapter) => {
    for (const member of ['kty', 'kid', 'alg', 'use', 'crv', 'x', 'y', 'key_ops', 'ext', 'n', 'e', 'pub']) {
      const api = await openKeyIssuer(adapter, [])
      const [good, odd] = published(first, second).map((key) => JSON.stringify(key).slice(0, -1))
      api.upstream.routes['/jwks'] = (_request, response) =>
        response.end(`{"keys":[${odd},"${member}":${value}},${good}}]}`)
      expect(await api.present(signed(api, first, kidOf(first))), member).toBe('OK')
    }
  })
})

verifies('KEY-08', 'a document without a key is no key set', async (adapter) => {
  for (const keys of [[], ['x', null, {}], 'keys', null, {}]) {
    const api = await openKeyIssuer(adapter, [])
    api.upstream.routes['/jwks'] = json({ keys })
    expect(await api.present(signed(api, first, kidOf(first)))).toBe('502')
  }
})

verifies(
  ['KEY-08', 'KEY-13', 'JOSE-04', 'JOSE-13'],
  'a set whose only key is of no use accepts nothing, does not replace a good one, and is looked at again',
  async (adapter) => {
    const weak = keyPair('RSA-1024')
    const [good = {}] = published(first)
    const useless = [
      { kty: 'XYZ', kid: kidOf(first) },
      { ...good, use: 'enc' },
      { ...good, key_ops: ['sign'] },
      { ...good, alg: 'ES384' },
      { ...weak.jwk, kid: kidOf(first) },
      { ...first.privateKey.export({ format: 'jwk' }), kid: kidOf(first) },
      { kty: 'oct', k: 'c2VjcmV0', kid: kidOf(first) },
    ]
    for (const key of useless) {
      const api = await openKeyIssuer(adapter, [key])
      const token = jws(
        { alg: 'ES256', kid: kidOf(first) },
        api.claims({ exp: 1_800_000_000 }),
        first.privateKey,
        'ES256',
      )
      expect(await api.present(token), JSON.stringify(key)).toBe('E-TOK')
      api.upstream.routes['/jwks'] = json({ keys: [good] })
      api.advance(31)
      expect(await api.present(token)).toBe('OK')
      api.upstream.routes['/jwks'] = json({ keys: [key] })
      api.advance(11 * 60)
      expect(await api.present(token)).toBe('OK')
    }
  },
)

verifies(
  'KEY-10',
  'a fetch is cut off by time',
  async (adapter) => {
    const api = await openKeyIssuer(adapter, published(first))
    api.upstream.routes['/jwks'] = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const drip = setInterval(() => response.write(' '), 200)
      response.on('close', () => clearInterval(drip))
    }
    // Without the deadline of 5 s the drip would go on for ever, and the time that this test is given would run out.
    expect(await api.present(signed(api, first, kidOf(first)))).toBe('E-UP')
  },
  10_000,
)

verifies('KEY-10', 'a fetch is cut off by size and number, and follows no redirect', async (adapter) => {
  const canary = await openUpstream()
  const padding = { padding: 'x'.repeat(513 * 1024) }
  const manyKeys = Array.from({ length: 65 }, (_, index) => ({ ...first.jwk, kid: String(index) }))
  const badAnswers = [
    json({ keys: published(first), ...padding }),
    json({ keys: manyKeys }),
    status(302, { location: `${canary.url}/jwks` }),
    status(301, { location: '/jwks2' }),
    status(204),
    status(404),
    status(401),
    status(403),
    json([]),
    json('x'),
    (_request: unknown, response: ServerResponse) => response.end('<html>'),
    (_request: unknown, response: ServerResponse) => response.end('{"keys":['),
    (_request: unknown, response: ServerResponse) => {
      response.writeHead(200, { 'content-length': 1000 }).write('{"keys":[')
      setTimeout(() => response.destroy(), 20)
    },
    (_request: unknown, response: ServerResponse) => {
      response.write('{"keys":[')
      setTimeout(() => response.destroy(), 20)
    },
    (_request: unknown, response: ServerResponse) => response.socket?.end('NOT HTTP AT ALL\r\n\r\n'),
    (_request: unknown, response: ServerResponse) => response.end(Buffer.of(0xff, 0xfe)),
  ]
  for (const [index, answer] of badAnswers.entries()) {
    const api = await openKeyIssuer(adapter, published(first))
    api.upstream.routes['/jwks'] = answer
    api.upstream.routes['/jwks2'] = json({ keys: published(first) })
    expect(await api.present(signed(api, first, kidOf(first))), `answer ${index}`).toBe('502')
    expect(api.upstream.count('/jwks2')).toBe(0)
  }
  expect(canary.asked).toEqual([])
})

verifies('KEY-10', 'nothing of the request goes to the issuer', async (adapter) => {
  const api = await openKeyIssuer(adapter, published(first))
  const seen: string[] = []
  const serve = json({ keys: published(first) })
  api.upstream.routes['/jwks'] = (request, response) => {
    seen.push(JSON.stringify(request.rawHeaders))
    serve(request, response)
  }
  const headers: readonly (readonly [string, string])[] = [
    ['Authorization', `Bearer ${signed(api, first, kidOf(first))}`],
    ['Cookie', 'session=secret'],
    ['X-Forwarded-Host', 'evil.example'],
  ]
  expect(await api.outcome({ headers })).toBe('OK')
  expect(seen.join()).not.toMatch(/bearer|cookie|evil/i)
})

verifies('KEY-11', 'without a key id four fitting keys are tried, and no more', async (adapter) => {
  const pairs = Array.from({ length: 5 }, () => keyPair('P-256'))
  const api = await openKeyIssuer(
    adapter,
    pairs.map(({ jwk }) => jwk),
  )
  for (const [index, pair] of pairs.entries()) {
    expect(await api.present(signed(api, pair)), `key ${index}`).toBe(index < 4 ? 'OK' : 'E-TOK')
  }
  const mixed = await openKeyIssuer(adapter, [rsa.jwk, ...published(first)])
  expect(await mixed.present(signed(mixed, first))).toBe('OK')
})

verifies('KEY-11', 'of two keys with one id the one that fits is used', async (adapter) => {
  const api = await openKeyIssuer(adapter, [
    { ...rsa.jwk, kid: '1' },
    { ...first.jwk, kid: '1' },
  ])
  expect(await api.present(signed(api, first, '1'))).toBe('OK')
  expect(await api.present(jws({ alg: 'RS256', kid: '1' }, api.claims(), rsa.privateKey, 'RS256'))).toBe('OK')
  expect(await api.present(signed(api, second, '1'))).toBe('E-TOK')
})

verifies('KEY-13', 'symmetric and private keys in a set are not used, and somebody hears of it', async (adapter) => {
  const secret = Buffer.from('a secret of thirty-two bytes, or a few more')
  const messages: unknown[] = []
  const listener = (message: unknown): void => void messages.push(message)
  subscribe('tollgate:security', listener)
  onTestFinished(() => void unsubscribe('tollgate:security', listener))
  const api = await openKeyIssuer(adapter, [
    { kty: 'oct', k: secret.toString('base64url'), kid: 'hmac', alg: 'HS256' },
    { ...second.privateKey.export({ format: 'jwk' }), kid: 'private' },
    ...published(first),
  ])
  expect(await api.present(jws({ alg: 'HS256', kid: 'hmac' }, api.claims(), secret, 'HS256'))).toBe('E-TOK')
  expect(await api.present(signed(api, second, 'private'))).toBe('E-TOK')
  expect(await api.present(signed(api, first, kidOf(first)))).toBe('OK')
  const keySet = `${api.upstream.url}/jwks`
  expect(messages).toEqual([
    { event: 'symmetric-key-published', keySet },
    { event: 'private-key-published', keySet },
  ] satisfies SecurityMessage[])
})

verifies('ERR-01', 'without keys nobody judges, and it recovers by itself', async (adapter) => {
  const api = await openKeyIssuer(adapter, published(first))
  const serve = api.upstream.routes['/jwks'] ?? status(404)
  for (const failure of [
    status(503),
    status(500),
    status(429),
    (_request: unknown, response: ServerResponse) => response.destroy(),
  ]) {
    api.upstream.routes['/jwks'] = failure
    expect(await api.present(signed(api, first, kidOf(first)))).toBe('E-UP')
    api.advance(60)
  }
  api.upstream.routes['/jwks'] = status(503, { 'retry-after': '7' })
  const token = signed(api, first, kidOf(first))
  expect((await api.send({ headers: [['Authorization', `Bearer ${token}`]] })).headers['retry-after']).toBe('7')
  // The next attempt waits, so that a dead endpoint is not hammered; garbage is refused all the same.
  const asked = api.upstream.count('/jwks')
  expect(await api.present(token)).toBe('E-UP')
  expect(await api.present('garbage')).toBe('E-TOK')
  expect(api.upstream.count('/jwks')).toBe(asked)
  api.upstream.routes['/jwks'] = serve
  api.advance(36)
  expect(await api.present(signed(api, first, kidOf(first)))).toBe('OK')
})

verifies(
  'ERR-01',
  'keys that are known serve on for an hour while the endpoint is down, and a bad answer does not replace them',
  async (adapter) => {
    const api = await openKeyIssuer(adapter, published(first))
    const token = (): string =>
      jws({ alg: 'ES256', kid: kidOf(first) }, api.claims({ exp: 1_800_000_000 }), first.privateKey, 'ES256')
    expect(await api.present(token())).toBe('OK')
    const outages = [
      status(503),
      json({ keys: [] }),
      json({}),
      status(404),
      (_request: unknown, response: ServerResponse) => response.end('<html>'),
    ]
    for (const outage of outages) {
      api.advance(11 * 60)
      api.upstream.routes['/jwks'] = outage
      expect(await api.present(token())).toBe('OK')
    }
    api.advance(16 * 60)
    expect(await api.present(token())).not.toBe('OK')
  },
)

verifies(
  'ERR-01',
  'while known keys serve on, made-up key ids are refused, and nobody waits for an endpoint that hangs',
  async (adapter) => {
    const api = await openKeyIssuer(adapter, published(first))
    const good = jws({ alg: 'ES256', kid: kidOf(first) }, api.claims({ exp: 1_800_000_000 }), first.privateKey, 'ES256')
    expect(await api.present(good)).toBe('OK')
    api.upstream.routes['/jwks'] = status(503)
    expect(await api.present(signed(api, second, 'made-up'))).toBe('E-TOK')
    expect(await api.present(signed(api, second, 'made-up-too'))).toBe('E-TOK')
    expect(await api.present(good)).toBe('OK')
    api.advance(20 * 60)
    expect(await api.present(good)).toBe('OK')
    api.advance(5)
    // It never answers: whoever waited for it would wait for the deadline, and longer than this test may take.
    const hanging: ServerResponse[] = []
    api.upstream.routes['/jwks'] = (_request, response) => void hanging.push(response)
    for (let round = 0; round < 3; round += 1) {
      expect(await api.present(good)).toBe('OK')
    }
    expect(hanging).toHaveLength(1)
    hanging.forEach((response) => response.destroy())
  },
  4000,
)

verifies('KEY-05', 'an endpoint that is slow is asked once, however many wait', async (adapter) => {
  const api = await openKeyIssuer(adapter, published(first))
  const serve = json({ keys: published(first) })
  api.upstream.routes['/jwks'] = (request, response) => void sleep(100).then(() => serve(request, response))
  const token = signed(api, first, kidOf(first))
  const statuses = await Promise.all(
    Array.from(
      { length: 50 },
      async () => (await api.send({ headers: [['Authorization', `Bearer ${token}`]] })).status,
    ),
  )
  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(api.upstream.count('/jwks')).toBe(1)
})
