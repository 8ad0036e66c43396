/** Published messages, errors and warnings contain no token, secret, claim or upstream body. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import {
  active,
  clientSecretBasic,
  clientSecretJwt,
  clientSecretPost,
  createValidator,
  scopes,
  trustedIssuer,
} from '@tollgate/core'
import { wrongTokens } from '@tollgate/mock-issuer'
import { expect, onTestFinished, test } from 'vitest'
import type { Handler } from '../harness/responses.ts'
import { openScriptedValidator, requestWith } from '../harness/scripted-validator.ts'
import { openTestClock } from '../harness/clock.ts'
import { memoryCache } from '../harness/memory-cache.ts'
import {
  type Misbehaviour,
  misbehaviours,
  misbehavioursAtIntrospection,
  passDeadline,
} from '../harness/misbehaviour.ts'
import { audience, openIssuer } from '../harness/reference.ts'
import { catchWarnings } from '../harness/warnings.ts'

const secret = 'sentinel-secret-which-is-long-enough'
const channels = ['refusal', 'unavailable', 'failure', 'misconfiguration', 'cache', 'security'].map(
  (name) => `tollgate:${name}`,
)

/** The messages on all channels, and the warnings of the process, from now on. */
function published(): { readonly messages: readonly unknown[]; readonly warnings: readonly string[] } {
  const messages: unknown[] = []
  const listener = (message: unknown): void => void messages.push(message)
  channels.forEach((channel) => subscribe(channel, listener))
  onTestFinished(() => channels.forEach((channel) => unsubscribe(channel, listener)))
  return { messages, warnings: catchWarnings() }
}

/** As a logger shows a value. It does not show `refusal.token`, which is not enumerable. */
function show(value: unknown): string {
  const stack = value instanceof Error ? value.stack : ''
  return [inspect(value, { depth: 12, getters: true }), JSON.stringify(value), stack].join('\n')
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.catch((error: unknown) => error)
}

test('an error about a token contains no part of the token', async () => {
  const issuer = await openIssuer()
  const validator = createValidator(issuer.validatorOptions)
  for (const name of wrongTokens.filter((candidate) => candidate !== 'garbage')) {
    const token = await issuer.wrongToken(name, { sub: 'sentinel-subject', scope: 'sentinel-scope' })
    const shown = show(await errorOf(validator.authenticate(requestWith(token), scopes('x'))))
    expect(shown, name).not.toMatch(/sentinel|another-api|stranger/)
    expect(token.split('.').filter((segment) => segment.length > 8 && shown.includes(segment))).toEqual([])
  }
})

test('a printed issuer or validator does not contain its shared secret', () => {
  const issuer = trustedIssuer('https://as.example', { secret })
  const shown = show([issuer, createValidator({ issuer, audience })])
  expect(shown).not.toContain('sentinel')
  expect(shown).not.toContain(Buffer.from(secret).toString('hex').slice(0, 12).replaceAll(/(..)/g, '$1 ').trim())
  expect(shown).not.toContain([...Buffer.from(secret)].slice(0, 6).join(', '))
})

test.each(
  Object.entries({
    clientSecretBasic: clientSecretBasic('api', secret),
    clientSecretPost: clientSecretPost('api', secret),
    clientSecretJwt: clientSecretJwt('api', secret),
  }),
)('an error about a misbehaving server contains no secret and no response body, with %s', async (_name, client) => {
  const all = published()
  const clock = openTestClock()
  const { issuer, authenticate } = await openScriptedValidator({
    introspection: { client },
    validator: { clock: clock.now },
  })
  const expectNoSentinel = async (fault: Misbehaviour, name: string): Promise<void> => {
    // The circuit of the endpoint closes.
    await clock.advance(61)
    issuer.routes['/introspect'] = fault.act
    const calls = issuer.count('/introspect')
    const error = errorOf(authenticate('sentinel-token', scopes('x')))
    await passDeadline(fault, clock, () => issuer.count('/introspect') > calls)
    expect(show(await error), name).not.toContain('sentinel')
    expect(issuer.count('/introspect'), name).toBeGreaterThan(calls)
  }
  for (const [name, fault] of Object.entries({ ...misbehaviours, ...misbehavioursAtIntrospection })) {
    await expectNoSentinel(fault, name)
  }
  const quoting = (text: string): string => text.replaceAll(/\{|<|SSH/g, (start) => `${start}"sentinel-answer":"`)
  const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{"\r\n'
  for (const body of ['{"active":"sentinel-answer"}', 'sentinel-answer', quoting('{"error":"x"}'), quoting('<html>')]) {
    const headers = { 'x-sentinel': 'sentinel' }
    for (const code of [200, 400, 401, 500]) {
      await expectNoSentinel(
        failing((_request, response) => response.writeHead(code, headers).end(body)),
        body,
      )
    }
    for (const start of ['', 'HTTP/1.1 200 OK\r\n', chunked]) {
      await expectNoSentinel(
        failing(({ socket }) => void socket.end(`${start}sentinel ${body}`)),
        start,
      )
    }
  }
  expect(all.messages.length).toBeGreaterThan(40)
  expect(show(all)).not.toContain('sentinel')
})

function failing(act: Handler): Misbehaviour {
  return { outcome: '502', act }
}

test('messages about opaque tokens contain neither claims nor tokens, and the shared cache no tokens', async () => {
  const all = published()
  const cache = memoryCache()
  const claims = { sub: 'sentinel-subject', username: 'sentinel-name', 'sentinel-claim': 'sentinel-value' }
  for (const fault of [
    {},
    { aud: 'sentinel-audience' },
    { iss: 'sentinel-issuer' },
    { exp: 0 },
    { aud: undefined },
    { scope: 'x' },
  ]) {
    const api = await openScriptedValidator({
      introspection: { client: clientSecretBasic('api', secret) },
      validator: { cache },
    })
    api.issuer.introspect = () => api.issuer.active({ ...claims, ...fault })
    const guards = [scopes('read'), active({ within: '1s' })]
    const outcome = await errorOf(api.authenticate('sentinel-token', ...guards))
    expect(show(outcome)).not.toMatch(outcome instanceof Error ? /sentinel/ : /sentinel-(token|secret)/)
  }
  expect(all.messages.length).toBeGreaterThan(3)
  expect(show(all).replaceAll("subject: 'sentinel-subject'", '')).not.toMatch(/(?<!"subject":")sentinel/)
  expect(show([...cache.entries])).not.toContain('sentinel-token')
})

test('an error names the endpoint without its query, because the query can contain a key', async () => {
  const all = published()
  const { issuer } = await openScriptedValidator()
  const endpoint = `${issuer.url}/introspect?key=sentinel`
  for (const code of [200, 302, 401, 404, 500]) {
    const api = await openScriptedValidator({ introspection: { endpoint } })
    issuer.routes['/introspect?key=sentinel'] = (_request, response) => response.writeHead(code).end('x')
    expect(show(await errorOf(api.authenticate('t'))), String(code)).not.toContain('sentinel')
  }
  expect(show(all)).not.toContain('sentinel')
})
