/** The freshness of documents: how long a key set serves, and how it is refreshed. */
import type { ServerResponse } from 'node:http'
import { expect } from 'vitest'
import type { Adapter } from '../harness/adapters.ts'
import { jws, type KeyPair, keyPair } from '../harness/jws.ts'
import { messagesOn } from '../harness/channel-messages.ts'
import { type Handler, json, status } from '../harness/responses.ts'
import type { ResultCode } from '../harness/result-code.ts'
import { openScriptedApi, type ScriptedApi } from '../harness/scripted-api.ts'
import { waitFor } from '../harness/wait-for.ts'
import { claimsOf } from '../harness/scripted-issuer.ts'
import { verifies } from '../harness/verifies-documents.ts'

type Headers = Readonly<Record<string, string | string[]>>

const first = keyPair('P-256')
const second = keyPair('P-256')
const minute = 60

function set(...pairs: readonly KeyPair[]): object {
  return { keys: pairs.map(({ jwk }) => ({ ...jwk, kid: jwk.x })) }
}

function withHeaders(headers: Headers, document = set(first)): Handler {
  return (_request, response) => void response.writeHead(200, { ...headers }).end(JSON.stringify(document))
}

interface Opened extends ScriptedApi {
  /** Presents a token under this key. Default: the first key. */
  readonly presentKey: (pair?: KeyPair) => Promise<ResultCode>
}

async function open(adapter: Adapter, respond: Handler): Promise<Opened> {
  const api = await openScriptedApi(adapter)
  api.issuer.routes['/jwks'] = respond
  return { ...api, presentKey: (pair = first) => api.present(signed(api, pair)) }
}

function signed(api: ScriptedApi, { privateKey, jwk }: KeyPair): string {
  return jws({ alg: 'ES256', kid: jwk.x }, claimsOf(api.issuer.url, { exp: 1_800_000_000 }), privateKey, 'ES256')
}

const byDefault = 10 * minute
const freshness: readonly (readonly [Headers, number])[] = [
  [{}, byDefault],
  [{ 'cache-control': 'max-age=300' }, 300],
  [{ 'cache-control': 'public, MAX-AGE="300", must-revalidate' }, 300],
  [{ 'cache-control': 'max-age=300', age: '100' }, 200],
  [{ 'cache-control': 'max-age=120', age: '100' }, minute],
  [{ 'cache-control': 'max-age=300', age: 'soon' }, 300],
  [{ 'cache-control': 'max-age=999999' }, 60 * minute],
  [{ 'cache-control': `max-age=${'9'.repeat(400)}` }, 60 * minute],
  [{ 'cache-control': `max-age=${'9'.repeat(400)}`, age: '9'.repeat(400) }, minute],
  [{ 'cache-control': 'max-age=0' }, minute],
  [{ 'cache-control': 'max-age=-5' }, minute],
  [{ 'cache-control': 'max-age=a day' }, minute],
  [{ 'cache-control': 'no-store' }, minute],
  [{ 'cache-control': 'max-age=3000, no-cache' }, minute],
  [{ 'cache-control': 'max-age=300, max-age=3000' }, 300],
  [{ 'cache-control': ['public', 'max-age=300'] }, 300],
  [{ 'cache-control': 'x-max-age=300, s-maxage=300' }, byDefault],
]

verifies('KEY-02', 'freshness follows Cache-Control and Age within its bounds', async (adapter) => {
  const stale = messagesOn('tollgate:stale')
  const check = async ([headers, seconds]: (typeof freshness)[number]): Promise<void> => {
    const api = await open(adapter, withHeaders(headers))
    const served = (): number => stale.filter(({ issuer }) => issuer === api.issuer.url).length
    expect(await api.presentKey()).toBe('OK')
    // Later fetches fail, so that the first set serves. An event shows that it is stale.
    api.issuer.routes['/jwks'] = status(500)
    api.advance(seconds - 1)
    expect([await api.presentKey(), served()], JSON.stringify(headers)).toEqual(['OK', 0])
    api.advance(1)
    expect([await api.presentKey(), served()], JSON.stringify(headers)).toEqual(['OK', 1])
  }
  await Promise.all(freshness.map(check))
})

verifies('KEY-03', 'a set is revalidated, and a 304 makes it fresh again', async (adapter) => {
  const conditions: unknown[] = []
  const validators = { etag: '"v1"', 'last-modified': 'Tue, 14 Nov 2023 22:13:20 GMT', 'cache-control': 'no-cache' }
  const api = await open(adapter, ({ headers }, response) => {
    conditions.push([headers['if-none-match'], headers['if-modified-since']])
    const isKnown = headers['if-none-match'] === '"v1"'
    // A 304 without validators leaves them as they were.
    response.writeHead(isKnown ? 304 : 200, isKnown ? {} : validators)
    response.end(isKnown ? undefined : JSON.stringify(set(first)))
  })
  const events = messagesOn('tollgate:document')
  expect(await api.presentKey()).toBe('OK')
  for (let round = 0; round < 3; round += 1) {
    api.advance(2 * minute)
    expect(await api.presentKey()).toBe('OK')
  }
  const conditional = [validators.etag, validators['last-modified']]
  expect(conditions).toEqual([[undefined, undefined], conditional, conditional, conditional])
  const outcomes = events.filter(({ document, issuer }) => document === 'keys' && issuer === api.issuer.url)
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['loaded', 'unchanged', 'unchanged', 'unchanged'])
})

verifies('KEY-03', 'a set is not revalidated by a date that does not identify it', async (adapter) => {
  const conditions: unknown[] = []
  const api = await open(adapter, ({ headers }, response) => {
    conditions.push(headers['if-modified-since'])
    response.writeHead(200, { 'last-modified': new Date().toUTCString() }).end(JSON.stringify(set(first)))
  })
  expect(await api.presentKey()).toBe('OK')
  api.advance(11 * minute)
  expect(await api.presentKey()).toBe('OK')
  expect(conditions).toEqual([undefined, undefined])
})

verifies(
  'KEY-03',
  'a server that sends a wrong 304 delays no new key, and an old one by an hour at most',
  async (adapter) => {
    const etag = '"always the same"'
    const serve =
      (pair: KeyPair): Handler =>
      ({ headers }, response) => {
        const isKnown = headers['if-none-match'] === etag
        response.writeHead(isKnown ? 304 : 200, { etag }).end(isKnown ? undefined : JSON.stringify(set(pair)))
      }
    const api = await open(adapter, serve(first))
    expect(await api.presentKey()).toBe('OK')
    api.issuer.routes['/jwks'] = serve(second)
    expect(await api.presentKey(second)).toBe('OK')
    const quiet = await open(adapter, serve(first))
    expect(await quiet.presentKey()).toBe('OK')
    quiet.issuer.routes['/jwks'] = serve(second)
    quiet.advance(50 * minute)
    expect(await quiet.presentKey()).toBe('OK')
    quiet.advance(11 * minute)
    expect(await quiet.presentKey()).toBe('E-TOK')
  },
)

verifies('KEY-03', 'a 304 may state the freshness, and otherwise the freshness stays', async (adapter) => {
  const stale = messagesOn('tollgate:stale')
  for (const [later, seconds] of [
    [{}, 300],
    [{ 'cache-control': 'max-age=120' }, 120],
  ] as const) {
    const api = await open(adapter, withHeaders({ etag: '"v1"', 'cache-control': 'max-age=300' }))
    const served = (): number => stale.filter(({ issuer }) => issuer === api.issuer.url).length
    expect(await api.presentKey()).toBe('OK')
    api.issuer.routes['/jwks'] = status(304, later)
    api.advance(301)
    expect(await api.presentKey()).toBe('OK')
    api.issuer.routes['/jwks'] = status(500)
    api.advance(seconds - 1)
    expect([await api.presentKey(), served()]).toEqual(['OK', 0])
    api.advance(1)
    expect([await api.presentKey(), served()]).toEqual(['OK', 1])
  }
})

verifies('KEY-03', 'a 304 to a request without conditions is a failure', async (adapter) => {
  const cold = await open(adapter, status(304, { etag: '"v1"' }))
  expect(await cold.presentKey()).toBe('502')
  const warm = await open(adapter, withHeaders({ etag: 'ü' }))
  expect(await warm.presentKey()).toBe('OK')
  warm.issuer.routes['/jwks'] = status(304)
  warm.advance(71 * minute)
  expect(await warm.presentKey()).toBe('502')
})

verifies(
  'KEY-03',
  'metadata is fresh for ten minutes by default, and is revalidated where it was found',
  async (adapter) => {
    const api = await open(adapter, json(set(first)))
    const [oauth, openid] = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']
    const metadata = JSON.stringify({ issuer: api.issuer.url, jwks_uri: `${api.issuer.url}/jwks` })
    delete api.issuer.routes[oauth]
    api.issuer.routes[openid] = ({ headers }, response) => {
      const isKnown = headers['if-none-match'] === '"m1"'
      response.writeHead(isKnown ? 304 : 200, { etag: '"m1"' }).end(isKnown ? undefined : metadata)
    }
    const requested = (): readonly string[] => api.issuer.paths.filter((path) => path !== '/jwks')
    expect(await api.presentKey()).toBe('OK')
    api.advance(7 * minute)
    expect([await api.presentKey(), requested()]).toEqual(['OK', [oauth, openid]])
    api.advance(3 * minute)
    expect([await api.presentKey(), requested()]).toEqual(['OK', [oauth, openid, openid]])
  },
)

verifies(
  'KEY-07',
  'a use after 80 % of the freshness starts a refresh, and no request waits for it',
  async (adapter) => {
    const api = await open(adapter, json(set(first)))
    expect(await api.presentKey()).toBe('OK')
    const waiting: ServerResponse[] = []
    api.issuer.routes['/jwks'] = (_request, response) => void waiting.push(response)
    api.advance(7.5 * minute)
    expect([await api.presentKey(), api.issuer.count('/jwks')]).toEqual(['OK', 1])
    api.advance(minute)
    for (let round = 0; round < 5; round += 1) {
      expect(await api.presentKey()).toBe('OK')
    }
    await waitFor(() => waiting.length > 0)
    expect(waiting).toHaveLength(1)
    waiting[0]?.end(JSON.stringify(set(first, second)))
    await waitFor(async () => (await api.presentKey(second)) === 'OK')
    expect(api.issuer.count('/jwks')).toBe(2)
  },
)

verifies('KEY-07', 'documents that are not used are not fetched', async (adapter) => {
  const api = await open(adapter, json(set(first)))
  expect(await api.presentKey()).toBe('OK')
  const fetched = api.issuer.paths.length
  for (let minutes = 0; minutes < 60; minutes += 3) {
    api.advance(3 * minute)
    expect(await api.present('garbage')).toBe('E-TOK')
  }
  expect(api.issuer.paths).toHaveLength(fetched)
})

verifies(
  'KEY-07',
  'while fetches fail, keys serve for an hour after their freshness, and no longer',
  async (adapter) => {
    const api = await open(adapter, json(set(first)))
    expect(await api.presentKey()).toBe('OK')
    api.issuer.routes['/jwks'] = status(503)
    for (let passed = 0; passed < 69; passed += 3) {
      expect(await api.presentKey(), `after ${passed} minutes`).toBe('OK')
      api.advance(3 * minute)
    }
    api.advance(minute - 1)
    expect(await api.presentKey()).toBe('OK')
    api.advance(1)
    expect(await api.presentKey()).toBe('E-UP')
    api.issuer.routes['/jwks'] = json(set(first))
    api.advance(36)
    expect(await api.presentKey()).toBe('OK')
  },
)

verifies('KEY-09', 'no bad response replaces a good set, and each failure is published', async (adapter) => {
  const bad: Readonly<Record<string, Handler>> = {
    'upstream-error': status(500),
    'not-json': (_request, response) => void response.end('<html>'),
    truncated: ({ socket }) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{'),
    'malformed-document': json({ keys: [] }),
    'no-usable-key': json({ keys: [{ ...first.jwk, use: 'enc' }] }),
    'too-large': json({ ...set(first), padding: 'x'.repeat(512 * 1024) }),
    'unexpected-status': status(403),
    'not-found': status(404),
  }
  const events = messagesOn('tollgate:document')
  const api = await open(adapter, json(set(first)))
  const failures = (): readonly unknown[] =>
    events
      .filter(({ issuer, outcome }) => issuer === api.issuer.url && outcome === 'failed')
      .map(({ reason }) => reason)
  expect(await api.presentKey()).toBe('OK')
  for (const [reason, respond] of Object.entries(bad)) {
    const before = failures().length
    api.issuer.routes['/jwks'] = respond
    api.advance(8.5 * minute)
    expect(await api.presentKey(), reason).toBe('OK')
    await waitFor(() => failures().length > before)
    expect(failures().at(-1)).toBe(reason)
  }
})

verifies(
  'KEY-12',
  'a withdrawn key ceases to verify when the freshness ends, and the rotation is published',
  async (adapter) => {
    const rotations = messagesOn('tollgate:rotation')
    const api = await open(adapter, json(set(first)))
    expect(await api.presentKey()).toBe('OK')
    api.issuer.routes['/jwks'] = json(set(second))
    api.advance(7 * minute)
    expect(await api.presentKey()).toBe('OK')
    api.advance(3 * minute)
    expect(await api.presentKey()).toBe('E-TOK')
    expect(await api.presentKey(second)).toBe('OK')
    expect(rotations.filter(({ issuer }) => issuer === api.issuer.url)).toEqual([
      { issuer: api.issuer.url, added: 1, removed: 1 },
    ])
  },
)

verifies('KEY-12', 'a set with the same keys is no rotation', async (adapter) => {
  const rotations = messagesOn('tollgate:rotation')
  const api = await open(adapter, json(set(first)))
  expect(await api.presentKey()).toBe('OK')
  api.issuer.routes['/jwks'] = json({ keys: [{ x5t: 'x', ...first.jwk, kid: first.jwk.x }] })
  api.advance(11 * minute)
  expect(await api.presentKey()).toBe('OK')
  expect(rotations.filter(({ issuer }) => issuer === api.issuer.url)).toEqual([])
})

verifies('KEY-12', 'a clock that is set back does not extend the time of a withdrawn key', async (adapter) => {
  const api = await open(adapter, json(set(first)))
  expect(await api.presentKey()).toBe('OK')
  api.advance(-5 * 60 * minute)
  expect(await api.presentKey()).toBe('OK')
  api.issuer.routes['/jwks'] = json(set(second))
  api.advance(10 * minute)
  expect(await api.presentKey()).toBe('E-TOK')
})
