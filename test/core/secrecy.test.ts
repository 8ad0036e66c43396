/** Nothing that is told to anybody holds a token, a secret, a claim, or what an upstream said. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { active, clientSecretBasic, clientSecretJwt, clientSecretPost, scopes } from '@tollgate/core'
import { expect, onTestFinished, test } from 'vitest'
import { openAsking } from '../harness/asking.ts'
import { memoryCache } from '../harness/memory-cache.ts'
import { misbehaviours, misbehavioursAtIntrospection } from '../harness/misbehaviour.ts'

const secret = 'sentinel-secret-which-is-long-enough'
const channels = ['refusal', 'unavailable', 'failure', 'misconfiguration', 'cache', 'security'].map(
  (name) => `tollgate:${name}`,
)

/** All that subscribers, and whoever reads the warnings of the process, are told from now on. */
function listen(): unknown[] {
  const told: unknown[] = []
  const listener = (message: unknown): void => void told.push(message)
  channels.forEach((channel) => subscribe(channel, listener))
  process.on('warning', listener)
  onTestFinished(() => {
    channels.forEach((channel) => unsubscribe(channel, listener))
    process.off('warning', listener)
  })
  return told
}

function show(value: unknown): string {
  return [inspect(value, { depth: 12, showHidden: true, getters: true }), JSON.stringify(value)].join('\n')
}

test.each(
  Object.entries({
    clientSecretBasic: clientSecretBasic('api', secret),
    clientSecretPost: clientSecretPost('api', secret),
    clientSecretJwt: clientSecretJwt('api', secret),
  }),
)(
  'when the server misbehaves, with %s',
  async (_name, client) => {
    const told = listen()
    const quoting = (text: string): string => text.replaceAll(/\{|<|SSH/g, (start) => `${start}"sentinel-answer":"`)
    for (const [name, { act }] of Object.entries({ ...misbehaviours, ...misbehavioursAtIntrospection })) {
      const api = await openAsking({ introspection: { client, timeout: '100ms' } })
      api.server.misbehave = act
      const error = await api.authenticate('sentinel-token', scopes('x')).catch((reason: unknown) => reason)
      expect(show(error), name).not.toContain('sentinel')
      expect((error as Error).stack, name).not.toContain('sentinel')
    }
    for (const body of [
      '{"active":"sentinel-answer"}',
      'sentinel-answer',
      quoting('{"error":"x"}'),
      quoting('<html>'),
    ]) {
      for (const code of [200, 400, 401, 500]) {
        const api = await openAsking({ introspection: { client } })
        api.server.misbehave = (_request, response) => response.writeHead(code, { 'x-sentinel': 'sentinel' }).end(body)
        const error = await api.authenticate('sentinel-token').catch((reason: unknown) => reason)
        expect(show(error), body).not.toContain('sentinel')
      }
      const api = await openAsking({ introspection: { client } })
      const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{"\r\n'
      for (const start of ['', 'HTTP/1.1 200 OK\r\n', chunked]) {
        api.server.misbehave = ({ socket }) => void socket.end(`${start}sentinel ${body}`)
        const error = await api.authenticate('sentinel-token').catch((reason: unknown) => reason)
        expect(show(error), `not HTTP: ${start}${body}`).not.toContain('sentinel')
      }
    }
    expect(told.length).toBeGreaterThan(40)
    expect(show(told)).not.toContain('sentinel')
  },
  30_000,
)

test('when tokens are refused, and when they are not', async () => {
  const told = listen()
  const cache = memoryCache()
  const claims = { sub: 'sentinel-subject', username: 'sentinel-name', 'sentinel-claim': 'sentinel-value' }
  const faults = [
    {},
    { aud: 'sentinel-audience' },
    { iss: 'sentinel-issuer' },
    { exp: 0 },
    { aud: undefined },
    { scope: 'x' },
  ]
  for (const fault of faults) {
    const api = await openAsking({ introspection: { client: clientSecretBasic('api', secret) }, validator: { cache } })
    api.server.answer = () => api.server.active({ ...claims, ...fault })
    const outcome = await api
      .authenticate('sentinel-token', scopes('read'), active({ within: '1s' }))
      .catch((reason: unknown) => reason)
    expect(show(outcome)).not.toMatch(outcome instanceof Error ? /sentinel/ : /sentinel-(token|secret)/)
  }
  expect(told.length).toBeGreaterThan(3)
  expect(show(told)).not.toContain('sentinel')
  expect(show([...cache.entries])).not.toContain('sentinel-token')
})

test('an endpoint is named without its query, which may hold a key', async () => {
  const told = listen()
  const probe = await openAsking()
  const endpoint = `${probe.server.url}/introspect?key=sentinel`
  for (const code of [200, 302, 401, 404, 500]) {
    const api = await openAsking({ introspection: { endpoint } })
    probe.server.upstream.routes['/introspect?key=sentinel'] = (_request, response) => response.writeHead(code).end('x')
    const error = await api.authenticate('t').catch((reason: unknown) => reason)
    expect(show(error), String(code)).not.toContain('sentinel')
  }
  expect(show(told)).not.toContain('sentinel')
})
