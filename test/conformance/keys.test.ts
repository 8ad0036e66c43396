import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createValidator, trustedIssuer } from '@tollgate/core'
import { expect, test } from 'vitest'
import { messagesOn } from '../harness/channel-messages.ts'
import { type Handler, json, status } from '../harness/responses.ts'
import { openScriptedApi, type ScriptedApi } from '../harness/scripted-api.ts'
import { openScriptedIssuer } from '../harness/scripted-issuer.ts'
import { reasonOf } from '../harness/scripted-validator.ts'
import { waitFor } from '../harness/wait-for.ts'
import { openTestClock } from '../harness/clock.ts'
import { jws, type KeyPair, keyPair } from '../harness/jws.ts'
import { audience } from '../harness/reference.ts'
import { claimsOf } from '../harness/scripted-issuer.ts'
import { verifies } from '../harness/verifies-documents.ts'

const first = keyPair('P-256')
const second = keyPair('P-256')
const third = keyPair('P-256')
const rsa = keyPair('RSA')
const minute = 60

function signed(api: ScriptedApi, { privateKey }: KeyPair, kid?: string): string {
  const claims = claimsOf(api.issuer.url, { exp: 1_800_000_000 })
  return jws({ alg: 'ES256', kid, typ: 'at+jwt' }, claims, privateKey, 'ES256')
}

function published(...pairs: readonly KeyPair[]): readonly object[] {
  return pairs.map(({ jwk }) => ({ ...jwk, kid: kidOf({ jwk }) }))
}

function kidOf({ jwk }: Pick<KeyPair, 'jwk'>): string {
  return jwk.x ?? ''
}

const presentGood = (api: ScriptedApi) => api.present(signed(api, first, kidOf(first)))

verifies(
  'KEY-04',
  'hundreds of made-up key ids cause one fetch, and tokens under the good key pass',
  async (adapter) => {
    const api = await openScriptedApi(adapter, { keys: published(first) })
    expect(await presentGood(api)).toBe('OK')
    const before = api.issuer.count('/jwks')
    const forged = Array.from({ length: 300 }, (_, index) => signed(api, second, `made-up-${index}`))
    // In batches, because hundreds of sockets at once exceed the backlog of some machines.
    for (let at = 0; at < forged.length; at += 100) {
      const statuses = forged
        .slice(at, at + 100)
        .map(async (token) => (await api.send({ headers: [['Authorization', `Bearer ${token}`]] })).status)
      expect(new Set(await Promise.all(statuses))).toEqual(new Set([401]))
    }
    expect(api.issuer.count('/jwks') - before).toBe(1)
    expect(await presentGood(api)).toBe('OK')
  },
)

verifies('KEY-04', 'a rotated key is accepted at once, and so is the next one two seconds later', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: published(first) })
  expect(await presentGood(api)).toBe('OK')
  for (const next of [second, third]) {
    api.issuer.routes['/jwks'] = json({ keys: published(first, next) })
    expect(await api.present(signed(api, next, kidOf(next)))).toBe('OK')
    api.advance(2)
  }
})

verifies(
  'KEY-04',
  'a token with an unknown kid is refused during the cooldown, and looked up after it',
  async (adapter) => {
    const api = await openScriptedApi(adapter, { keys: published(first) })
    expect(await api.present(signed(api, second, kidOf(second)))).toBe('E-TOK')
    api.issuer.routes['/jwks'] = json({ keys: published(first, second) })
    const fetched = api.issuer.count('/jwks')
    api.advance(29)
    expect(await api.present(signed(api, second, kidOf(second)))).toBe('E-TOK')
    expect(api.issuer.count('/jwks')).toBe(fetched)
    api.advance(1)
    expect(await api.present(signed(api, second, kidOf(second)))).toBe('OK')
  },
)

verifies(
  'KEY-05',
  'concurrent requests share one discovery, one fetch and one lookup of a new key',
  async (adapter) => {
    const api = await openScriptedApi(adapter, { keys: published(first) })
    const slowly =
      (serve: Handler): Handler =>
      (request, response) =>
        void sleep(100).then(() => serve(request, response))
    const presentOften = (token: string, times: number) =>
      Promise.all(
        Array.from({ length: times }, async () => {
          const { status: code } = await api.send({ headers: [['Authorization', `Bearer ${token}`]] })
          return code
        }),
      )
    api.issuer.routes['/jwks'] = slowly(json({ keys: published(first) }))
    expect(new Set(await presentOften(signed(api, first, kidOf(first)), 100))).toEqual(new Set([200]))
    expect(api.issuer.paths).toEqual(['/.well-known/oauth-authorization-server', '/jwks'])
    api.issuer.routes['/jwks'] = slowly(json({ keys: published(first, second) }))
    expect(new Set(await presentOften(signed(api, second, kidOf(second)), 20))).toEqual(new Set([200]))
    expect(api.issuer.count('/jwks')).toBe(2)
  },
)

verifies('KEY-05', 'a client that leaves does not end the fetch for others', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: published(first) })
  const waiting: ServerResponse[] = []
  api.issuer.routes['/jwks'] = (_request, response) => waiting.push(response)
  const headers = { authorization: `Bearer ${signed(api, first, kidOf(first))}` }
  const leaving = new AbortController()
  const left = fetch(`${api.origin}/items`, { headers, signal: leaving.signal })
  const staying = Array.from({ length: 20 }, () => fetch(`${api.origin}/items`, { headers }))
  await waitFor(() => waiting.length === 1)
  leaving.abort()
  await expect(left).rejects.toThrow()
  waiting[0]?.end(JSON.stringify({ keys: published(first) }))
  expect((await Promise.all(staying)).map((response) => response.status)).toEqual(staying.map(() => 200))
  expect(api.issuer.count('/jwks')).toBe(1)
})

test('two validators for one issuer fetch once, also after one of them is closed', async () => {
  const issuer = await openScriptedIssuer(published(first))
  const options = { issuer: issuer.url, audience }
  const [one, other] = [createValidator(options), createValidator(options)]
  await Promise.all([one.ready(), other.ready()])
  await one.close()
  await other.ready()
  expect(issuer.paths).toHaveLength(2)
  await other.close()
})

verifies('KEY-06', 'a forged signature under a known key id causes no fetch', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: published(first) })
  expect(await presentGood(api)).toBe('OK')
  const before = api.issuer.paths.length
  for (let round = 0; round < 20; round += 1) {
    expect(await api.present(signed(api, second, kidOf(first)))).toBe('E-TOK')
  }
  expect(api.issuer.paths).toHaveLength(before)
})

/** Keys that nobody can verify a signature with, and the type and bound that they violate. */
const unusable: readonly (readonly [name: string, key: unknown])[] = [
  ['an unknown type', { kty: 'XYZ' }],
  ['RSA without a modulus', { kty: 'RSA', e: 'AQAB' }],
  ['RSA below 2,048 bits', keyPair('RSA-1024').jwk],
  ['RSA above 8,192 bits', { kty: 'RSA', e: 'AQAB', n: modulus(8200) }],
  ['an exponent above 32 bits', { ...rsa.jwk, e: Buffer.alloc(5, 255).toString('base64url') }],
  ['an exponent of thousands of bits', { ...rsa.jwk, e: modulus(2000) }],
  ['an exponent of 1', { ...rsa.jwk, e: 'AQ' }],
  ['an even exponent', { ...rsa.jwk, e: 'BA' }],
  ['RSA for encryption', { ...rsa.jwk, alg: 'RSA-OAEP', use: 'enc' }],
  ['a point that is not on its curve', { ...first.jwk, y: second.jwk.y }],
  ['a point without y', { ...first.jwk, y: undefined }],
  ['an unsupported curve', { ...first.jwk, crv: 'secp256k1' }],
  ['a curve for key agreement', { kty: 'OKP', crv: 'X25519', x: first.jwk.x }],
  ['an algorithm of another curve', { ...first.jwk, alg: 'ES384' }],
  ['use for encryption', { ...first.jwk, use: 'enc' }],
  ['operations without verify', { ...first.jwk, key_ops: ['sign'] }],
  ['a short ML-DSA key', { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AA' }],
  ['a kid above 1,024 characters', { ...first.jwk, kid: 'k'.repeat(1025) }],
  ['a member above 4,096 characters', { ...first.jwk, use: 's'.repeat(4097) }],
]

function modulus(bits: number): string {
  return Buffer.alloc(bits / 8, 255).toString('base64url')
}

verifies('KEY-08', 'keys that cannot be used are passed over, and the good one works', async (adapter) => {
  const keys = unusable.map(([name, key]) => ({ kid: name, ...(key as object) }))
  const api = await openScriptedApi(adapter, { keys: [...keys, 'a string', null, 7, [], {}, ...published(first)] })
  expect(await presentGood(api)).toBe('OK')
  for (const { kid } of keys.filter(({ kid: id }) => id.length <= 1024)) {
    expect(await api.present(signed(api, first, kid)), kid).toBe('E-TOK')
  }
  // Their ids are published, so that another fetch would bring nothing.
  expect(api.issuer.count('/jwks')).toBe(1)
})

verifies(
  ['KEY-08', 'JOSE-04', 'JOSE-13'],
  'a set without a usable key is no key set for `keys`, and for `ready` it is a fault of the issuer',
  async (adapter) => {
    const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
    for (const [name, key] of unusable) {
      expect(() => trustedIssuer('https://as.example', { keys: { keys: [key as object] } as never }), name).toThrow(
        wrong,
      )
      expect(() => trustedIssuer('https://as.example', { seed: { keys: [key as object] } as never }), name).toThrow(
        wrong,
      )
      const { issuer } = await openScriptedApi(adapter, { keys: [key] })
      const validator = createValidator({ issuer: issuer.url, audience })
      expect(await reasonOf(validator.ready()), name).toBe('no-usable-key')
      await validator.close()
    }
    const largest = {
      ...rsa.jwk,
      n: modulus(8192),
      e: Buffer.alloc(4, 255).toString('base64url'),
      kid: 'k'.repeat(1024),
    }
    trustedIssuer('https://as.example', { keys: { keys: [largest] } })
  },
)

verifies(
  'KEY-08',
  'a member of a wrong type affects its own key only, and null is an absent member',
  async (adapter) => {
    const members = ['kty', 'kid', 'alg', 'use', 'crv', 'x', 'y', 'key_ops', 'n', 'e', 'pub', 'd', 'k', 'priv']
    const values = ['{"toString":null}', '['.repeat(9000) + ']'.repeat(9000), '7', '[null]', '""', 'true', '{"a":{}}']
    const alarms = messagesOn('tollgate:security')
    for (const value of values) {
      const api = await openScriptedApi(adapter)
      const [good, odd] = published(first, second).map((key) => JSON.stringify(key).slice(0, -1))
      const others = members.map((member) => `${odd},"${member}":${value}},`).join('')
      api.issuer.routes['/jwks'] = (_request, response) => response.end(`{"keys":[${others}${good},"x5c":${value}}]}`)
      expect(await presentGood(api), value).toBe('OK')
    }
    const before = alarms.length
    const nulls = Object.fromEntries(
      ['d', 'k', 'priv', 'alg', 'use', 'key_ops', 'n', 'e', 'pub'].map((name) => [name, null]),
    )
    const api = await openScriptedApi(adapter, { keys: [{ ...nulls, ...published(first)[0] }] })
    expect(await presentGood(api)).toBe('OK')
    expect(alarms).toHaveLength(before)
  },
)

verifies('KEY-08', 'a document without a key is no key set', async (adapter) => {
  for (const keys of [[], ['x', null, {}], 'keys', null, {}]) {
    const api = await openScriptedApi(adapter)
    api.issuer.routes['/jwks'] = json({ keys })
    expect(await presentGood(api)).toBe('502')
  }
})

verifies('KEY-08', 'members are read as own members', async (adapter) => {
  const polluted = Object.prototype as Record<string, unknown>
  const members = { use: 'enc', d: 'AAAA', key_ops: ['sign'], alg: 'ES384', jwks_uri: 'x', etag: '"1"' }
  const api = await openScriptedApi(adapter, { keys: published(first) })
  const validator = createValidator({ issuer: api.issuer.url, audience })
  try {
    for (const [name, value] of Object.entries(members)) {
      Object.defineProperty(polluted, name, { value, configurable: true, enumerable: false, writable: true })
    }
    await validator.ready()
  } finally {
    Object.keys(members).forEach((name) => delete polluted[name])
  }
  await validator.close()
})

verifies(
  ['KEY-08', 'KEY-13'],
  'a set without a usable key accepts no token, does not replace a good set, and is fetched again',
  async (adapter) => {
    const api = await openScriptedApi(adapter, { keys: [{ ...published(first)[0], use: 'enc' }] })
    expect(await presentGood(api)).toBe('E-TOK')
    api.issuer.routes['/jwks'] = json({ keys: published(first) })
    api.advance(31)
    expect(await presentGood(api)).toBe('OK')
    api.issuer.routes['/jwks'] = json({ keys: [{ ...published(first)[0], use: 'enc' }] })
    api.advance(11 * minute)
    expect(await presentGood(api)).toBe('OK')
  },
)

verifies('KEY-10', 'a fetch that does not end has a deadline of five seconds', async (adapter) => {
  const clock = openTestClock()
  const api = await openScriptedApi(adapter, { keys: published(first), protect: { clock: clock.now } })
  api.issuer.routes['/jwks'] = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const drip = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(drip))
  }
  const response = presentGood(api)
  await waitFor(() => api.issuer.count('/jwks') === 1)
  await clock.advance(5)
  expect(await response).toBe('E-UP')
})

verifies(
  'KEY-10',
  'a response beyond the bounds or without JSON is not used, and no redirect is followed',
  async (adapter) => {
    const canary = await openScriptedIssuer()
    const badResponses: readonly Handler[] = [
      json({ keys: published(first), padding: 'x'.repeat(513 * 1024) }),
      json({ keys: Array.from({ length: 65 }, (_, index) => ({ ...first.jwk, kid: String(index) })) }),
      status(302, { location: `${canary.url}/jwks` }),
      status(301, { location: '/jwks2' }),
      status(204),
      status(404),
      status(401),
      status(403),
      json([]),
      json('x'),
      (_request, response) => response.end('<html>'),
      (_request, response) => response.end('{"keys":['),
      (_request, response) => void response.writeHead(200, { 'content-length': 1000 }).end('{"keys":[').destroy(),
      (_request, response) => response.socket?.end('NOT HTTP AT ALL\r\n\r\n'),
      (_request, response) => response.end(Buffer.of(0xff, 0xfe)),
    ]
    for (const [index, respond] of badResponses.entries()) {
      const api = await openScriptedApi(adapter, { keys: published(first) })
      api.issuer.routes['/jwks'] = respond
      api.issuer.routes['/jwks2'] = json({ keys: published(first) })
      expect(await presentGood(api), `response ${index}`).toMatch(/502/)
      expect(api.issuer.count('/jwks2')).toBe(0)
    }
    expect(canary.paths).toEqual([])
  },
)

verifies('KEY-01', 'a server that knows a key set under its own media type only is understood', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: published(first) })
  const type = 'application/jwk-set+json'
  api.issuer.routes['/jwks'] = (request, response) => {
    const isAccepted = request.headers.accept?.includes(type) === true
    const respond = isAccepted ? json({ keys: published(first) }, { 'content-type': type }) : status(406)
    respond(request, response)
  }
  expect(await api.present(signed(api, first, kidOf(first)))).toBe('OK')
  const accepted = api.issuer.requests.map(({ headers }) => headers.accept)
  expect(accepted).toEqual(['application/json', 'application/jwk-set+json, application/json'])
})

verifies('KEY-10', 'no header of the request reaches the issuer', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: published(first) })
  const seen: string[] = []
  const serve = json({ keys: published(first) })
  api.issuer.routes['/jwks'] = (request, response) => {
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
  expect(seen.join()).toContain('"user-agent","tollgate"')
})

verifies('KEY-11', 'without a key id four fitting keys are tried, and no more', async (adapter) => {
  const pairs = Array.from({ length: 5 }, () => keyPair('P-256'))
  const api = await openScriptedApi(adapter, { keys: pairs.map(({ jwk }) => jwk) })
  for (const [index, pair] of pairs.entries()) {
    expect(await api.present(signed(api, pair)), `key ${index}`).toBe(index < 4 ? 'OK' : 'E-TOK')
  }
  const mixed = await openScriptedApi(adapter, { keys: [rsa.jwk, ...published(first)] })
  expect(await mixed.present(signed(mixed, first))).toBe('OK')
})

verifies('KEY-11', 'of two keys with one id the key that fits the algorithm is used', async (adapter) => {
  const api = await openScriptedApi(adapter, {
    keys: [
      { ...rsa.jwk, kid: '1' },
      { ...first.jwk, kid: '1' },
    ],
  })
  expect(await api.present(signed(api, first, '1'))).toBe('OK')
  for (const alg of ['RS256', 'PS512']) {
    expect(await api.present(jws({ alg, kid: '1' }, claimsOf(api.issuer.url), rsa.privateKey, alg)), alg).toBe('OK')
  }
  expect(await api.present(signed(api, second, '1'))).toBe('E-TOK')
})

verifies(
  'KEY-13',
  'private and symmetric keys in a set are not used, and are published as an event',
  async (adapter) => {
    const secret = Buffer.from('a secret of thirty-two bytes, or a few more')
    const messages = messagesOn('tollgate:security')
    const api = await openScriptedApi(adapter, {
      keys: [
        { kty: 'oct', k: secret.toString('base64url'), kid: 'hmac', alg: 'HS256' },
        { ...second.privateKey.export({ format: 'jwk' }), kid: 'private' },
        ...published(first),
      ],
    })
    expect(await api.present(jws({ alg: 'HS256', kid: 'hmac' }, claimsOf(api.issuer.url), secret, 'HS256'))).toBe(
      'E-TOK',
    )
    expect(await api.present(signed(api, second, 'private'))).toBe('E-TOK')
    expect(await presentGood(api)).toBe('OK')
    const keySet = `${api.issuer.url}/jwks`
    expect(messages.filter((message) => message.keySet === keySet)).toEqual([
      { event: 'symmetric-key-published', keySet },
      { event: 'private-key-published', keySet },
    ])
  },
)

verifies(
  'ERR-01',
  'without keys a token is neither accepted nor refused, and the validator recovers',
  async (adapter) => {
    const api = await openScriptedApi(adapter, { keys: published(first) })
    const serve = json({ keys: published(first) })
    const reset: Handler = (_request, response) => response.destroy()
    for (const failure of [status(503), status(500), status(429), reset]) {
      api.issuer.routes['/jwks'] = failure
      expect(await presentGood(api)).toBe('E-UP')
      api.advance(minute)
    }
    api.issuer.routes['/jwks'] = status(503, { 'retry-after': '7' })
    const headers = [['Authorization', `Bearer ${signed(api, first, kidOf(first))}`]] as const
    expect((await api.send({ headers })).headers['retry-after']).toBe('7')
    // The next fetch waits for the back-off. Garbage is refused meanwhile.
    const before = api.issuer.count('/jwks')
    expect(await presentGood(api)).toBe('E-UP')
    expect(await api.present('garbage')).toBe('E-TOK')
    expect(api.issuer.count('/jwks')).toBe(before)
    api.issuer.routes['/jwks'] = serve
    api.advance(36)
    expect(await presentGood(api)).toBe('OK')
  },
)

verifies(
  'ERR-01',
  'while known keys serve, made-up key ids are refused, and no token waits for an endpoint that hangs',
  async (adapter) => {
    const api = await openScriptedApi(adapter, { keys: published(first) })
    expect(await presentGood(api)).toBe('OK')
    api.issuer.routes['/jwks'] = status(503)
    expect(await api.present(signed(api, second, 'made-up'))).toBe('E-TOK')
    expect(await presentGood(api)).toBe('OK')
    api.advance(20 * minute)
    expect(await presentGood(api)).toBe('OK')
    api.advance(5)
    const hanging: ServerResponse[] = []
    api.issuer.routes['/jwks'] = (_request, response) => void hanging.push(response)
    for (let round = 0; round < 3; round += 1) {
      expect(await presentGood(api)).toBe('OK')
    }
    await waitFor(() => hanging.length > 0)
    expect(hanging).toHaveLength(1)
    hanging.forEach((response) => response.destroy())
  },
)
