/** The option `credentials` without a framework: its sources at start-up, and requests that no HTTP parser creates. */
import {
  cookie,
  createValidator,
  header,
  type HttpRequest,
  trustedIssuer,
  type Validator,
  type ValidatorOptions,
} from '@tollgate/core'
import { nodeHeaders } from '@tollgate/core/adapter'
import { expect, onTestFinished, test } from 'vitest'
import { jws } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'
import { claimsOf } from '../harness/scripted-issuer.ts'
import { reasonOf } from '../harness/scripted-validator.ts'

const iss = 'https://as.example'
const own = 'https://app.example.com'
const secret = Buffer.alloc(32, 7)
const token = jws({ alg: 'HS256', typ: 'at+jwt' }, claimsOf(iss), secret, 'HS256')
const invalidOption = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }) as Error

function open(credentials: ValidatorOptions['credentials']): Validator {
  const issuer = trustedIssuer(iss, { secret })
  const validator = createValidator({ issuer, audience, clock: () => T0 * 1000, credentials })
  onTestFinished(() => validator.close())
  return validator
}

test.each<[string, () => unknown]>([
  ['no name', () => header(undefined as unknown as string)],
  ['an empty name', () => header('')],
  ['a name with a colon', () => header(':path')],
  ['a name with a space', () => header('x token')],
  ['a name with letters beyond ASCII', () => header('é')],
  ['a name that is too long', () => header('x'.repeat(257))],
  ['an array of names', () => header(['x-token'] as unknown as string)],
  ['Authorization', () => header('Authorization')],
  ['Cookie', () => header('COOKIE')],
  ['Proxy-Authorization', () => header('proxy-authorization')],
  ['a cookie without a name', () => cookie('')],
  ['a cookie name with an equals sign', () => cookie('a=b')],
  ['a cookie name with a semicolon', () => cookie('a;b')],
  ['null as options', () => cookie('session', null as unknown as object)],
  ['an array as options', () => cookie('session', [own] as object)],
  ['a misspelt option', () => cookie('session', { origin: own } as object)],
  [
    'an option of a class',
    () =>
      cookie(
        'session',
        new (class {
          get origins() {
            return own
          }
        })(),
      ),
  ],
])('%s is a TypeError', (_what, create) => {
  expect(create).toThrow(invalidOption)
})

test.each([
  '*',
  'null',
  '',
  'app.example.com',
  'https://*.example.com',
  'https://*',
  'https://app.example.com/',
  'https://app.example.com/path',
  'https://app.example.com?',
  'https://app.example.com#',
  'https://app.example.com:443',
  'https://APP.example.com',
  'HTTPS://app.example.com',
  'https://user@app.example.com',
  'https://bücher.example',
  ' https://app.example.com',
  'https://app.example.com ',
  'http://app.example.com',
  'http://localhost.example.com',
  'file:///',
  'chrome-extension://abcdef',
  'javascript:alert(1)',
  undefined,
  null,
  {},
  /app/,
  true,
])('the origin %j is a TypeError', (origin) => {
  expect(() => cookie('session', { origins: [own, origin as string] })).toThrow(invalidOption)
})

test('exact origins are accepted, and http on loopback', () => {
  const origins = [
    own,
    'https://app.example.com:8443',
    'https://[2001:db8::1]',
    'http://localhost:3000',
    'http://127.0.0.1',
  ]
  expect(cookie('session', { origins }).origins).toEqual(origins)
  expect(cookie('session', { origins: own }).origins).toEqual([own])
  expect([cookie('session').origins, cookie('session', { origins: [] }).origins]).toEqual([[], []])
  expect([cookie('session', { origins: undefined }).origins]).toEqual([[]])
})

test('a source does not change after its creation', () => {
  const origins = [own]
  const source = cookie('session', { origins })
  origins.push('https://evil.example')
  expect(source.origins).toEqual([own])
  for (const value of [source, source.origins, header('x-token')]) {
    expect(Object.isFrozen(value)).toBe(true)
  }
})

test('a list of sources does not change after the start', async () => {
  const credentials = [header('x-token')]
  const validator = open(credentials)
  credentials.push(header('x-other'))
  const request = { method: 'GET', url: '/', headers: [['x-other', token]] as const }
  expect(await reasonOf(validator.authenticate(request))).toBe('no-credentials')
})

/** The forms in which a request can have a cookie and no sign of its origin. */
function formsOf(method: string): readonly HttpRequest[] {
  const lines = { cookie: `session=${token}` }
  return [
    { method, url: '/', headers: Object.entries(lines) },
    { method, url: '/', headers: new Headers(lines) },
    { method, url: '/', headers: nodeHeaders({ headers: lines }) },
    { method, url: '/', headers: nodeHeaders({ rawHeaders: Object.entries(lines).flat(), headers: lines }) },
  ]
}

test.each(['GET', 'HEAD', 'OPTIONS'])('%s needs no check of the origin', async (method) => {
  const validator = open(cookie('session'))
  for (const request of formsOf(method)) {
    expect(await reasonOf(validator.authenticate(request))).toBe('OK')
  }
})

const unsafe = ['POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'TRACE', 'PROPFIND', 'QUERY', 'FOO']
const misspelt = ['get', 'Get', 'head', 'options', 'GET ', ' GET', 'GET,POST', '']
const noMethods = [undefined, null, ['GET'], { toString: () => 'GET' }]

test.each<unknown>([...unsafe, ...misspelt, ...noMethods])('the method %j needs the check', async (method) => {
  const validator = open(cookie('session'))
  for (const request of formsOf(method as string)) {
    expect(await reasonOf(validator.authenticate(request))).toBe('cross-origin')
  }
})

test('repeated lines are recognised in every form of a request', async () => {
  const validator = open(['authorization', header('x-token'), cookie('session')])
  const reasonWith = (headers: HttpRequest['headers']): Promise<string> =>
    reasonOf(validator.authenticate({ method: 'POST', url: '/', headers }))
  const node = (raw: readonly string[], headers: Record<string, string | string[]>): HttpRequest['headers'] =>
    nodeHeaders({ rawHeaders: raw, headers })
  const session = `session=${token}`
  const site = 'sec-fetch-site'
  const cases: readonly (readonly [string, HttpRequest['headers'], string])[] = [
    [
      'pairs',
      [
        ['X-Token', token],
        ['x-token', token],
      ],
      'repeated-credentials',
    ],
    [
      'joined',
      new Headers([
        ['x-token', token],
        ['X-Token', token],
      ]),
      'repeated-credentials',
    ],
    ['raw', node(['X-Token', token, 'x-token', token], { 'x-token': token }), 'repeated-credentials'],
    ['an array', node([], { 'x-token': [token, token] }), 'repeated-credentials'],
    ['two spellings', node([], { 'x-token': token, 'X-Token': token }), 'repeated-credentials'],
    [
      'cookies',
      [
        ['cookie', session],
        ['Cookie', 'session=other'],
      ],
      'repeated-credentials',
    ],
    [
      'cookies joined',
      new Headers([
        ['cookie', session],
        ['Cookie', 'session=other'],
      ]),
      'repeated-credentials',
    ],
    ['cookies in an array', node([], { cookie: [session, 'session=other'] }), 'repeated-credentials'],
    [
      'sites',
      [
        ['cookie', session],
        [site, 'same-origin'],
        ['Sec-Fetch-Site', 'same-origin'],
      ],
      'cross-origin',
    ],
    [
      'raw sites',
      node([site, 'same-origin', site, 'none'], { cookie: session, [site]: 'same-origin' }),
      'cross-origin',
    ],
    ['one site', node([site, 'same-origin'], { cookie: session, [site]: 'same-origin' }), 'OK'],
    // Two Authorization lines must not bring back a header that a middleware has removed.
    ['removed', node(['x-token', token], {}), 'no-credentials'],
    ['removed cookies', node(['cookie', session, 'cookie', session], {}), 'no-credentials'],
    ['set', node(['x-token', 'other'], { 'x-token': token }), 'OK'],
  ]
  for (const [name, headers, reason] of cases) {
    expect(await reasonWith(headers), name).toBe(reason)
  }
})

test('two Authorization lines bring back no header that a middleware has removed', async () => {
  const validator = open([header('x-token'), cookie('session')])
  const rawHeaders = ['x-token', token, 'cookie', `session=${token}`, 'Authorization', 'a', 'Authorization', 'b']
  const headers = nodeHeaders({ rawHeaders, headers: { authorization: 'a' } })
  expect(await reasonOf(validator.authenticate({ method: 'GET', url: '/', headers }))).toBe('no-credentials')
})

test('headers of another kind are an error of the application, whatever the sources are', async () => {
  for (const credentials of ['authorization', header('x-token'), cookie('session')] as const) {
    const request = { method: 'GET', url: '/', headers: { cookie: `session=${token}`, 'x-token': token } }
    await expect(open(credentials).authenticate(request as unknown as HttpRequest)).rejects.toThrow(TypeError)
  }
})

test('null and undefined are absent values of a header that a middleware has set', async () => {
  const validator = open(['authorization', header('x-token'), cookie('session')])
  for (const value of [undefined, null, '', []]) {
    const members = { authorization: value, 'x-token': value, cookie: value } as unknown as Record<string, string>
    const headers = nodeHeaders({ headers: members })
    expect(await reasonOf(validator.authenticate({ method: 'GET', url: '/', headers }))).toBe('no-credentials')
  }
})

test('Cookie lines have a bound, and a token has the bound of every token', async () => {
  const validator = open(cookie('session'))
  const reasonWith = (...lines: readonly string[]): Promise<string> => {
    const headers = lines.map((line) => ['cookie', line] as const)
    return reasonOf(validator.authenticate({ method: 'GET', url: '/', headers }))
  }
  const good = `session=${token}; `
  expect(await reasonWith(good + 'x'.repeat(64 * 1024 - good.length))).toBe('OK')
  expect(await reasonWith(good + 'x'.repeat(64 * 1024 - good.length), 'y')).toBe('token-too-large')
  expect(await reasonWith(`session=${'x'.repeat(16 * 1024)}`)).toBe('malformed-token')
  expect(await reasonWith(`session=${'x'.repeat(16 * 1024 + 1)}`)).toBe('token-too-large')
})

test('a page of the origins of one cookie cannot use another cookie', async () => {
  const validator = open([cookie('a', { origins: own }), cookie('b')])
  const reasonWith = (line: string): Promise<string> =>
    reasonOf(
      validator.authenticate({
        method: 'POST',
        url: '/',
        headers: [
          ['cookie', line],
          ['origin', own],
        ],
      }),
    )
  expect(await reasonWith(`a=${token}`)).toBe('OK')
  expect(await reasonWith(`a=${token}; b=${token}`)).toBe('OK')
  expect(await reasonWith(`b=${token}`)).toBe('cross-origin')
  expect(await reasonWith(`b=${token}; a=`)).toBe('cross-origin')
})
