/** `tollgate decode`, and what the commands accept on standard input. */
import { PassThrough } from 'node:stream'
import { runCli } from '@tollgate/cli'
import { describe, expect, test } from 'vitest'
import { collector, runHere } from './commands.ts'

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const signature = 'c2VudGluZWwtc2lnbmF0dXJl'
const token = `${part({ alg: 'RS256', typ: 'at+jwt' })}.${part({ iss: 'https://as.example', exp: 1_900_000_000 })}.${signature}`

async function decode(input: string) {
  const { code, stdout } = await runHere({ args: ['decode', '--json'], input })
  return { code, report: JSON.parse(stdout) as Record<string, unknown> }
}

test('it shows header, claims and times, and says that nothing is verified', async () => {
  const { code, stdout } = await runHere({ args: ['decode'], input: token })
  expect(stdout).toMatch(/typ +"at\+jwt"[^]*exp +1900000000 +2030-03-17T17:46:40Z[^]*Nothing here is verified/)
  expect([code, stdout.includes(signature)]).toEqual([0, false])
})

test('--json has the times in ISO 8601', async () => {
  expect(await decode(token)).toMatchObject({
    code: 0,
    report: { result: 'decoded', verified: false, times: { exp: '2030-03-17T17:46:40Z' } },
  })
})

test('the work is linear in the length of the input', async () => {
  const startedAt = performance.now()
  const { code } = await runHere({ args: ['decode'], input: `access_token=${'a'.repeat(250_000)} b` })
  // A quadratic search takes a minute.
  expect([code, performance.now() - startedAt < 10_000]).toEqual([1, true])
})

test('control characters of a claim are escaped, and letters are not', async () => {
  const input = `${part({ alg: 'RS256' })}.${part({ name: 'Zoë\u001B[2J\u202E' })}.${signature}`
  const { stdout } = await runHere({ args: ['decode'], input })
  expect(stdout).toContain(String.raw`"Zoë\u001b[2J\u202e"`)
})

test.each<readonly [name: string, input: string, fault: RegExp]>([
  ['one part', 'a-reference-token', /one part: it is opaque/],
  ['two parts', 'e30.e30', /has 2 parts/],
  ['five parts', `${part({ alg: 'RSA-OAEP' })}.a.b.c.d`, /encrypted/],
  ['an empty payload', `${part({ alg: 'RS256' })}..${signature}`, /the payload is empty/],
  ['no signature', `${part({ alg: 'RS256' })}.${part({})}.`, /the signature is empty/],
  ['a header that is no JSON', `bm9wZQ.${part({})}.${signature}`, /the header is not JSON/],
  [
    'a payload that is a text',
    `${part({ alg: 'RS256' })}.${part('x')}.${signature}`,
    /the payload is JSON, and no object/,
  ],
  [
    'a payload in base64',
    `${part({ alg: 'RS256' })}.eyJhIjoiPz8/In0=.${signature}`,
    /the payload is in base64 and not/,
  ],
  ['a signature that is cut off', token.slice(0, -3), /the signature is cut off/],
  ['a header without `alg`', `${part({ typ: 'JWT' })}.${part({})}.${signature}`, /no `alg`/],
  [
    'a name twice',
    `${part({ alg: 'RS256' })}.${Buffer.from('{"a":1,"a":2}').toString('base64url')}.${signature}`,
    /a name twice/,
  ],
])('a token with %s is malformed (exit code 1), and the broken part is named', async (_name, input, fault) => {
  const { code, report } = await decode(input)
  expect(String(report['faults'])).toMatch(fault)
  expect(code).toBe(1)
})

describe('standard input', () => {
  test.each<readonly [name: string, input: string, removed: RegExp]>([
    ['Bearer', `Bearer ${token}`, /`Bearer`/],
    ['a header line', `Authorization: Bearer ${token}`, /`Authorization:`.*`Bearer`/],
    ['an option of curl', `-H "Authorization: Bearer ${token}"`, /curl.*quotes.*`Authorization:`/],
    ['quotes', `"${token}"`, /quotes/],
    ['a comma behind', `"${token}",`, /quotes/],
    ['white space', `\n  ${token}\n\n`, /white space/],
    ['a byte order mark', `\uFEFF${token}`, /white space/],
    ['line breaks inside', token.replace(/(.{40})/g, '$1\n'), /line breaks/],
    ['a token response', JSON.stringify({ access_token: token, id_token: 'x' }), /`access_token` \(its `id_token`/],
    ['an ID token in a response', JSON.stringify({ id_token: token }), /no `access_token`/],
    ['a redirect URL', `https://app.example/cb#access_token=${token}&token_type=Bearer`, /URL/],
    ['a line of curl', `> authorization: Bearer ${token}`, /`Authorization:`/],
    ['a header in JSON', `"authorization": "Bearer ${token}",`, /quotes.*`Authorization:`/],
    ['a cookie', `Cookie: a=b; access_token=${token}; c=d`, /cookie/],
    ['the word JWT', `JWT ${token}`, /the word in front/],
    ['another response', JSON.stringify({ data: { accessToken: token } }), /token response/],
    ['a session in a response', JSON.stringify({ data: { session: { access_token: token } } }), /token response/],
    ['a result of AWS', JSON.stringify({ AuthenticationResult: { AccessToken: token } }), /token response/],
    ['a command', `curl -X GET 'https://a.example/' -H 'Authorization: Bearer ${token}'`, /request around/],
    ['a request', `GET /a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n`, /request around/],
    ['a log entry', JSON.stringify({ headers: { authorization: `Bearer ${token}` } }), /request around/],
    ['a variable', `export TOKEN=${token}`, /variable/],
  ])('can have %s around the token', async (_name, input, removed) => {
    const { code, report } = await decode(input)
    expect(String(report['removed'])).toMatch(removed)
    expect([code, report['header']]).toEqual([0, { alg: 'RS256', typ: 'at+jwt' }])
  })

  test('with a token and one line break has nothing to remove', async () => {
    expect((await decode(`${token}\n`)).report['removed']).toEqual([])
  })

  test('in UTF-16, as PowerShell writes it, is read', async () => {
    const [stdout, stderr] = [collector(), collector()]
    const stdin = new PassThrough()
    stdin.end(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(token, 'utf16le')]))
    expect(await runCli(['decode'], { stdin, stdout: stdout.stream, stderr: stderr.stream, env: {} })).toBe(0)
  })

  test.each([
    ['nothing', ''],
    ['white space', '  \n'],
    ['an error response', '{"error":"invalid_grant"}'],
    ['other JSON', '{"a":1}'],
    ['broken JSON', '{"access_token":'],
    ['a web page', '<!doctype html><p>Log in</p>'],
    ['a URL', 'https://as.example/authorize'],
    ['a redirect with a code', 'https://app.example/cb?code=abc&state=x'],
    ['more than 256 KiB', 'x'.repeat(300_000)],
  ])('with %s is wrong usage (exit code 2)', async (_name, input) => {
    expect(await runHere({ args: ['decode'], input })).toMatchObject({ code: 2, stdout: '' })
  })

  test('of a terminal has a prompt, and the terminal does not show the token', async () => {
    const modes: boolean[] = []
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (isRaw: boolean) => modes.push(isRaw) })
    const [stdout, stderr] = [collector(), collector()]
    const running = runCli(['decode'], { stdin, stdout: stdout.stream, stderr: stderr.stream, env: {} })
    stdin.write(`\u001B[200~x\u007F${token}\u001B[201~`)
    stdin.write('\r')
    expect(await running).toBe(0)
    expect(modes).toEqual([true, false])
    expect(stderr.text()).toMatch(/^Paste the token/)
    expect(stdout.text() + stderr.text()).not.toContain(signature)
  })

  test('that fails has the exit code 1, and a line without a stack', async () => {
    const stdin = new PassThrough()
    const [stdout, stderr] = [collector(), collector()]
    const running = runCli(['decode'], { stdin, stdout: stdout.stream, stderr: stderr.stream, env: {} })
    stdin.destroy(new Error('sentinel'))
    expect(await running).toBe(1)
    expect(stderr.text()).toMatch(/^✗ Unexpected error.*sentinel\n$/)
  })

  test('of a terminal ends with Ctrl+C', async () => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined })
    const [stdout, stderr] = [collector(), collector()]
    stdin.write('abc\u0003')
    expect(await runCli(['decode'], { stdin, stdout: stdout.stream, stderr: stderr.stream, env: {} })).toBe(2)
  })
})
