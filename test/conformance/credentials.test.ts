import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { cookie, header } from '@tollgate/core'
import { expect } from 'vitest'
import type { Api } from '../harness/api.ts'
import { parseChallenges } from '../harness/challenges.ts'
import { openReference } from '../harness/reference.ts'
import type { ResultCode } from '../harness/result-code.ts'
import { openScriptedApi } from '../harness/scripted-api.ts'
import type { Sent } from '../harness/send.ts'
import { verifies } from '../harness/verifies.ts'

type Lines = readonly (readonly [string, string])[]

const get = (...headers: Lines): Sent => ({ headers })
const form = (body: string, ...headers: Lines): Sent => ({
  method: 'POST',
  headers: [['Content-Type', 'application/x-www-form-urlencoded'], ['Sec-Fetch-Site', 'same-origin'], ...headers],
  body,
})

/** The status line of the response to these header lines, over a raw socket. */
async function statusOf({ origin }: Api, method: string, lines: readonly string[]): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(origin).port) })
  const length = method === 'GET' ? [] : ['Content-Length: 0']
  socket.write([`${method} /items HTTP/1.1`, 'Host: x', 'Connection: close', ...length, ...lines, '', ''].join('\r\n'))
  return Number(/^HTTP\/1\.1 (\d+) /.exec(await text(socket))?.[1])
}

verifies('CRED-01', 'a token is read from the configured sources only', async (adapter) => {
  const api = await openReference(adapter, { protect: { credentials: [header('X-Token'), cookie('session')] } })
  const token = await api.token()
  const good: Lines = [['x-token', token]]
  expect(await api.outcome(get(...good))).toBe('OK')
  expect(await api.outcome(get(['Cookie', `session=${token}`]))).toBe('OK')
  for (const lines of [
    [['Authorization', `Bearer ${token}`]],
    [['X-Tokens', token]],
    [['Cookie', `Session=${token}; session_=${token}; session; =${token}`]],
    [['Proxy-Authorization', `Bearer ${token}`]],
  ] as const) {
    expect(await api.outcome(get(...lines)), lines[0][0]).toBe('C0')
  }
  for (const query of [`access_token=${token}`, `session=${token}`, `x-token=${token}`]) {
    expect(await api.outcome({ path: `/items?${query}` }), query.slice(0, 10)).toBe('C0')
  }
  // An Authorization line is no source here, so that nothing in it counts.
  for (const value of ['Bearer', 'Bearer other', 'Basic eHg=', 'Bearer a, Bearer b']) {
    expect(await api.outcome(get(...good, ['Authorization', value])), value).toBe('OK')
    expect(await api.outcome(get(['Authorization', value])), value).toBe('C0')
  }
  expect(await api.outcome(get(...good, ['Authorization', 'Bearer a'], ['Authorization', 'Bearer b']))).toBe('OK')
})

verifies(
  'CRED-01',
  'by default, and with `authorization` as the only source, other sources are ignored',
  async (adapter) => {
    for (const credentials of [undefined, 'authorization', ['authorization']] as const) {
      const api = await openReference(adapter, { protect: { credentials } })
      const token = await api.token()
      expect(await api.present(token)).toBe('OK')
      expect(await api.outcome(get(['Cookie', `session=${token}`], ['X-Token', token]))).toBe('C0')
    }
  },
)

verifies('CRED-02', 'a header of its own contains the whole token, once', async (adapter) => {
  const api = await openReference(adapter, { protect: { credentials: header('CF-Access-Jwt-Assertion') } })
  const token = await api.token()
  const name = 'cf-access-jwt-assertion'
  for (const spelling of [name, name.toUpperCase(), 'Cf-Access-JWT-assertion']) {
    expect(await api.outcome(get([spelling, token])), spelling).toBe('OK')
  }
  expect(await api.outcome(get([name, '']))).toBe('C0')
  expect(await api.outcome(get([name, 'abc']))).toBe('E-TOK')
  const bad = [`Bearer ${token}`, `${token} `.repeat(2).trim(), `"${token}"`, `${token},x`, `${token};x`, 'é', '=', ',']
  for (const value of [...bad, 'x'.repeat(16 * 1024 + 1)]) {
    expect(await api.outcome(get([name, value])), value.slice(0, 9)).toBe('E-REQ')
  }
  for (const lines of [
    [token, token],
    [token, 'other'],
    ['other', token],
    [token, ''],
    ['', token],
    ['', ''],
  ]) {
    expect(await api.outcome(get(...lines.map((line) => [name, line] as const)))).toBe('E-REQ')
  }
  expect(await statusOf(api, 'GET', [`${name}: ${token}`])).toBe(200)
  expect(await statusOf(api, 'GET', [`${name}: ${token}`, `${name.toUpperCase()}: ${token}`])).toBe(400)
})

verifies('CRED-03', 'a cookie is read as RFC 6265 says', async (adapter) => {
  const api = await openReference(adapter, { protect: { credentials: cookie('session') } })
  const token = await api.token()
  const cookies = (...lines: readonly string[]): Sent => get(...lines.map((line) => ['Cookie', line] as const))
  for (const lines of [
    [`session=${token}`],
    [`a=b; session=${token}; c=d`],
    [`a=b;session=${token};`],
    [` ;; session\t=\t${token} ; a`],
    [`session="${token}"`],
    [`a=b`, `session=${token}`],
    [`session=${token}; session=${token}`],
    [`session=${token}`, `session="${token}"`],
    [`session=; session=${token}; session=""`],
    [`Session=other; session=${token}; xsession=other; session2=other`],
  ]) {
    expect(await api.outcome(cookies(...lines)), lines.join('|').replaceAll(token, '…')).toBe('OK')
  }
  for (const line of ['', 'session', 'session=', 'session=""', 'session= ', '=session', 'a="session=x"']) {
    expect(await api.outcome(cookies(line)), line).toBe('C0')
  }
  for (const lines of [
    [`session=${token}; session=other`],
    [`session=other`, `session=${token}`],
    [`session="${token}`],
    [`session=${token}"`],
    [`session=""${token}""`],
    [`session=${token}%3D`],
    [`session=Bearer ${token}`],
    [`session=${token},`],
    [`session=${token}=x`],
    [`session=${'x'.repeat(16 * 1024 + 1)}`],
  ]) {
    expect(await api.outcome(cookies(...lines)), lines.join('|').slice(0, 40)).toBe('E-REQ')
  }
  expect(await statusOf(api, 'GET', [`Cookie: session=${token}`, `cookie: session=${token}`])).toBe(200)
  expect(await statusOf(api, 'GET', [`Cookie: session=${token}`, `cookie: session=x`])).toBe(400)
})

verifies('CRED-04', 'several sources present one token', async (adapter) => {
  const api = await openReference(adapter, {
    protect: { credentials: ['authorization', header('x-token'), cookie('a'), cookie('b')] },
  })
  const [token, other] = [await api.token(), await api.token({ sub: 'bob' })]
  const sources: readonly ((value: string) => readonly [string, string])[] = [
    (value) => ['Authorization', `Bearer ${value}`],
    (value) => ['X-Token', value],
    (value) => ['Cookie', `a=${value}`],
    (value) => ['Cookie', `b=${value}`],
  ]
  for (const [at, first] of sources.entries()) {
    expect(await api.outcome(get(first(token)))).toBe('OK')
    expect(await api.outcome(get(first('abc')))).toBe('E-TOK')
    for (const second of sources.slice(at + 1)) {
      expect(await api.outcome(get(first(token), second(token)))).toBe('OK')
      for (const different of [other, 'abc', 'é', 'x'.repeat(16 * 1024 + 1)]) {
        expect(await api.outcome(get(first(token), second(different)))).toBe('E-REQ')
        expect(await api.outcome(get(first(different), second(token)))).toBe('E-REQ')
      }
    }
  }
  // Malformed credentials in one source are refused beside a good token in another. Another scheme is ignored.
  for (const value of ['Bearer', 'Bearer a b', `Bearer ${token}, Bearer ${token}`]) {
    expect(await api.outcome(get(['Authorization', value], ['X-Token', token])), value.slice(0, 10)).toBe('E-REQ')
  }
  for (const value of ['', 'Basic eHg=']) {
    expect(await api.outcome(get(['Authorization', value], ['X-Token', token], ['Cookie', 'a=; b=""']))).toBe('OK')
  }
})

verifies('CRED-04', 'a form beside another source is refused, even with the same token', async (adapter) => {
  const api = await openReference(adapter, {
    protect: { credentials: ['authorization', header('x-token'), cookie('session')], formBody: 'accepted' },
  })
  const token = await api.token()
  expect(await api.outcome(form(`access_token=${token}`))).toBe('OK')
  for (const line of [
    ['Authorization', `Bearer ${token}`],
    ['X-Token', token],
    ['Cookie', `session=${token}`],
  ] as const) {
    expect(await api.outcome(form('a=b', line)), line[0]).toBe('OK')
    for (const inForm of [token, 'other']) {
      expect(await api.outcome(form(`access_token=${inForm}`, line)), line[0]).toBe('E-REQ')
    }
  }
})

const own = 'https://app.example.com'
const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PATCH', 'DELETE']
const sites = [[], ['same-origin'], ['same-site'], ['cross-site'], ['none'], ['same-origin', 'same-origin']]
const origins = [[], [own], ['https://evil.example'], ['null'], [own, own]]
const presented = ['cookie', 'header', 'both', 'different'] as const

function expectedFor(method: string, site: readonly string[], origin: readonly string[], by: string): ResultCode {
  if (by === 'different') {
    return 'E-REQ'
  }
  const isSafe = method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
  const isOwn = site.join() === 'same-origin' || origin.join() === own
  return by !== 'cookie' || isSafe || isOwn ? 'OK' : 'E-SCOPE'
}

verifies('CRED-05', 'a matrix of method, Sec-Fetch-Site, Origin and credentials', async (adapter) => {
  const credentials = ['authorization', cookie('session', { origins: [own, 'https://admin.example.com'] })] as const
  const api = await openReference(adapter, { protect: { credentials } })
  const [token, other] = [await api.token(), await api.token({ sub: 'bob' })]
  const asCookie = ['Cookie', `session=${token}`] as const
  const asHeader = ['Authorization', `Bearer ${token}`] as const
  const lines: Readonly<Record<(typeof presented)[number], Lines>> = {
    cookie: [asCookie],
    header: [asHeader],
    both: [asCookie, asHeader],
    different: [asCookie, ['Authorization', `Bearer ${other}`]],
  }
  const wrong: string[] = []
  for (const method of methods) {
    for (const site of sites) {
      for (const origin of origins) {
        for (const by of presented) {
          const headers = [
            ...lines[by],
            ...site.map((value) => ['Sec-Fetch-Site', value] as const),
            ...origin.map((value) => ['Origin', value] as const),
          ]
          const body = ['POST', 'PATCH'].includes(method) ? { body: '' } : {}
          const expected = expectedFor(method, site, origin, by)
          const code = await api.outcome({ method, headers, ...body })
          if (code !== expected) {
            wrong.push(`${method} ${site.join()} ${origin.join()} ${by}: ${code} instead of ${expected}`)
          }
        }
      }
    }
  }
  expect(wrong).toEqual([])
})

verifies('CRED-05', 'other values are not of the same origin, and the challenge names no scope', async (adapter) => {
  const api = await openReference(adapter, { protect: { credentials: cookie('session', { origins: own }) } })
  const token = await api.token()
  const post = (...headers: Lines): Sent => ({
    method: 'POST',
    body: '',
    headers: [['Cookie', `session=${token}`], ...headers],
  })
  for (const line of [
    ['Sec-Fetch-Site', 'Same-Origin'],
    ['Sec-Fetch-Site', 'same-origin, cross-site'],
    ['Sec-Fetch-Site', 'same-origin;a'],
    ['Sec-Fetch-Site', ''],
    ['Sec-Fetch-Mode', 'same-origin'],
    ['X-Sec-Fetch-Site', 'same-origin'],
    ['Origin', ''],
    ['Origin', `${own}/`],
    ['Origin', 'https://APP.example.com'],
    ['Origin', `${own}:443`],
    ['Origin', `${own}.evil.example`],
    ['Origin', 'http://app.example.com'],
    ['Origin', `${own}, ${own}`],
    ['Referer', `${own}/`],
    ['Host', 'app.example.com'],
    ['X-Forwarded-Host', 'app.example.com'],
    ['X-Requested-With', 'XMLHttpRequest'],
  ] as const) {
    expect(await api.outcome(post(line)), line.join(': ')).toBe('E-SCOPE')
  }
  const { status, challenges } = await api.send(post(['Origin', 'https://evil.example']))
  expect(status).toBe(403)
  expect(parseChallenges(challenges)[0]?.parameters).toEqual({
    realm: 'api',
    error: 'insufficient_scope',
    error_description: 'The access token does not permit this request',
  })
  // A header of its own is no cookie. Without a token there is nothing to protect.
  expect(await api.outcome({ method: 'POST', body: '', headers: [['Origin', 'https://evil.example']] })).toBe('C0')
  expect(await statusOf(api, 'POST', [`Cookie: session=${token}`, `Origin: ${own}`])).toBe(200)
  expect(await statusOf(api, 'POST', [`Cookie: session=${token}`, `Origin: ${own}`, 'origin: null'])).toBe(403)
  const site = 'Sec-Fetch-Site: same-origin'
  expect(await statusOf(api, 'POST', [`Cookie: session=${token}`, site])).toBe(200)
  expect(await statusOf(api, 'POST', [`Cookie: session=${token}`, site, 'sec-fetch-site: cross-site'])).toBe(403)
})

verifies('CRED-05', 'an optional route refuses a token of a cookie across origins, too', async (adapter) => {
  const api = await openReference(adapter, { protect: { credentials: cookie('session') } })
  const headers: Lines = [['Cookie', `session=${await api.token()}`]]
  const post = { method: 'POST', path: '/optional', body: '' }
  expect(await api.outcome(post)).toBe('OK')
  expect(api.seen()).toBeUndefined()
  expect(await api.outcome({ ...post, headers })).toBe('E-SCOPE')
  expect(await api.outcome({ ...post, headers: [...headers, ['Sec-Fetch-Site', 'same-origin']] })).toBe('OK')
  expect(api.seen()?.subject).toBe('alice')
  expect(await api.outcome({ ...post, path: '/twice', headers })).toBe('E-SCOPE')
})

verifies('CRED-06', 'an upgrade to WebSocket with a cookie needs the same origin', async (adapter) => {
  const api = await openReference(adapter, {
    protect: { credentials: ['authorization', cookie('s', { origins: own })] },
  })
  const token = await api.token()
  const withCookie = `Cookie: s=${token}`
  for (const upgrade of ['websocket', 'WebSocket', 'h2c, websocket', 'websocket/13']) {
    const lines = [`Upgrade: ${upgrade}`, 'Connection: close, Upgrade']
    expect(await statusOf(api, 'GET', [...lines, withCookie]), upgrade).toBe(403)
    expect(await statusOf(api, 'GET', [...lines, withCookie, 'Origin: https://evil.example']), upgrade).toBe(403)
    expect(await statusOf(api, 'GET', [...lines, withCookie, `Origin: ${own}`]), upgrade).toBe(200)
    expect(await statusOf(api, 'GET', [...lines, withCookie, 'Sec-Fetch-Site: same-origin']), upgrade).toBe(200)
    expect(await statusOf(api, 'GET', [...lines, `Authorization: Bearer ${token}`]), upgrade).toBe(200)
  }
  expect(await statusOf(api, 'GET', ['Upgrade: h2c', 'upgrade: websocket', withCookie])).toBe(403)
  expect(await statusOf(api, 'GET', ['Upgrade: h2c', withCookie])).toBe(200)
})

verifies('CRED-07', 'a request of another origin causes no upstream call', async (adapter) => {
  const protect = { credentials: cookie('session') }
  const api = await openScriptedApi(adapter, { introspection: {}, protect })
  const post: Sent = { method: 'POST', body: '', headers: [['Cookie', 'session=opaque']] }
  expect(await api.outcome(post)).toBe('E-SCOPE')
  expect(await api.outcome({ ...post, headers: [['Cookie', 'session=é']] })).toBe('E-REQ')
  expect(api.issuer.requests).toEqual([])
  expect(await api.outcome({ ...post, headers: [...(post.headers ?? []), ['Sec-Fetch-Site', 'same-origin']] })).toBe(
    'OK',
  )
  expect(api.issuer.count('/introspect')).toBe(1)
})
