import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { wrongTokens } from '@tollgate/mock-issuer'
import { expect } from 'vitest'
import { openReference } from '../harness/reference.ts'
import { verifies } from '../harness/verifies.ts'

function authorization(...values: readonly string[]): { headers: readonly (readonly [string, string])[] } {
  return { headers: values.map((value) => ['Authorization', value] as const) }
}

verifies('HTTP-01', 'the name of the scheme has no case', async (adapter) => {
  const api = await openReference(adapter)
  for (const scheme of ['bearer', 'BEARER', 'bEaReR', 'Bearer']) {
    expect(await api.outcome(authorization(`${scheme} ${await api.token()}`)), scheme).toBe('OK')
  }
})

verifies(
  'HTTP-02',
  'spaces separate scheme and token, and a token with other characters is refused',
  async (adapter) => {
    const api = await openReference(adapter)
    const token = await api.token()
    expect(await api.outcome(authorization(`Bearer  ${token}`))).toBe('OK')
    expect(await api.outcome(authorization(`Bearer     ${token}`))).toBe('OK')
    const broken = [
      `Bearer\t${token}`,
      `Bearer \t${token}`,
      ...[',', '"', '@', '=x', '\u00E9', '\u00A0', ' x', '\tx', ';', '\\'].map((odd) => `Bearer ${token}${odd}`),
    ]
    for (const value of broken) {
      expect(await api.outcome(authorization(value)), JSON.stringify(value.slice(-4))).toBe('E-REQ')
    }
  },
)

verifies('HTTP-03', 'malformed credentials are 400', async (adapter) => {
  const api = await openReference(adapter)
  for (const value of [
    'Bearer',
    'Bearer ',
    'Bearer token="abc"',
    'Bearer abc def',
    'Bearer abc, Basic eHg=',
    'Bearer =',
    'Bearer:abc',
    'Bearer,abc',
  ]) {
    expect(await api.outcome(authorization(value)), value).toBe('E-REQ')
  }
  for (const value of ['Digest realm="a, Bearer b"', String.raw`Digest realm="\", bearer \""`, 'Digest bearer=1']) {
    expect(await api.outcome(authorization(value)), value).toBe('C0')
  }
})

verifies('HTTP-04', 'several Authorization lines are refused in any order, also over a raw socket', async (adapter) => {
  const api = await openReference(adapter)
  const good = `Bearer ${await api.token()}`
  const other = `Bearer ${await api.token({ scope: 'other' })}`
  for (const lines of [
    [good, other],
    [other, good],
    [good, good],
    [good, 'Basic eHg='],
    ['Basic eHg=', good],
  ]) {
    expect(await api.outcome(authorization(...lines))).toBe('E-REQ')
  }
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(api.origin).port) })
  socket.write(
    `GET /items HTTP/1.1\r\nHost: x\r\nAuthorization: ${good}\r\nauthorization: ${good}\r\nConnection: close\r\n\r\n`,
  )
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /)
})

verifies('HTTP-05', 'every 401 has a challenge that a strict parser accepts', async (adapter) => {
  const api = await openReference(adapter)
  const presented = [...(await Promise.all(wrongTokens.map((name) => api.issuer.wrongToken(name)))), 'abc', 'a.b.c']
  for (const token of presented) {
    expect(await api.present(token)).toBe('E-TOK')
  }
  expect(await api.outcome({})).toBe('C0')
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary-ascii' }), async (noise) => {
      const value = noise.replaceAll(/[^\t\x20-\x7E]/g, '')
      expect(['C0', 'E-REQ', 'E-TOK']).toContain(await api.outcome(authorization(value)))
    }),
    { numRuns: 60 },
  )
})

verifies('HTTP-06', 'a realm is quoted, and an invalid realm is refused at start-up', async (adapter) => {
  const api = await openReference(adapter, { protect: { realm: String.raw`a"b\c` } })
  const { challenges } = await api.send({})
  expect(challenges).toEqual([String.raw`Bearer realm="a\"b\\c", scope="read"`])
  for (const realm of ['a\r\nX: y', 'é', 'a\u0000b', '']) {
    await expect(adapter.create({ issuer: 'https://as.example', audience: 'api', realm })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
    )
  }
})

verifies('HTTP-07', 'every framework sends the same challenge', async (adapter) => {
  const api = await openReference(adapter)
  expect((await api.send({})).challenges).toEqual(['Bearer realm="api", scope="read"'])
  expect((await api.send(authorization('Bearer abc'))).challenges).toEqual([
    'Bearer realm="api", error="invalid_token", error_description="The access token is not valid", scope="read"',
  ])
  expect((await api.send(authorization(`Bearer ${await api.token({ scope: '' })}`))).challenges).toEqual([
    'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="read"',
  ])
})

verifies(
  'HTTP-08',
  'a CORS middleware answers preflights and exposes the challenge, and without it a preflight is refused',
  async (adapter) => {
    const api = await openReference(adapter)
    const preflight: readonly (readonly [string, string])[] = [
      ['Origin', 'https://app.example'],
      ['Access-Control-Request-Method', 'GET'],
    ]
    expect(await api.outcome({ method: 'OPTIONS', headers: preflight })).toBe('C0')

    const withCors = await openReference(adapter, { habits: ['cors in front'] })
    expect((await withCors.send({ method: 'OPTIONS', headers: preflight })).status).toBe(204)
    const refused = await withCors.send({ headers: preflight })
    expect(refused.status).toBe(401)
    expect(['*', 'https://app.example']).toContain(refused.headers['access-control-allow-origin'])
    expect(refused.headers['access-control-expose-headers']).toBe('WWW-Authenticate')
  },
)

verifies('HTTP-09', 'refusals are not stored, and Proxy-Authorization carries no token', async (adapter) => {
  const api = await openReference(adapter)
  expect(await api.outcome({ headers: [['Proxy-Authorization', `Bearer ${await api.token()}`]] })).toBe('C0')
  expect((await api.send({})).headers['cache-control']).toBe('no-store')
  expect((await api.send(authorization(`Bearer ${await api.token()}`))).headers['cache-control']).toBeUndefined()
})
