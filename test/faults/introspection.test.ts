/** What becomes of requests while the introspection endpoint misbehaves. */
import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { clientSecretBasic, trustedIssuer } from '@tollgate/core'
import { Agent } from 'undici'
import { expect, onTestFinished } from 'vitest'
import { openApi } from '../harness/api.ts'
import { inUse } from '../harness/in-use.ts'
import { client, openIntrospecting } from '../harness/introspecting.ts'
import { misbehaviours, misbehavioursAtIntrospection, taken } from '../harness/misbehaviour.ts'
import { audience } from '../harness/reference.ts'
import { verifies } from '../harness/verifies.ts'

const all = Object.entries({ ...misbehaviours, ...misbehavioursAtIntrospection })

verifies(
  ['ERR-02', 'INT-04'],
  'each kind of misbehaviour has its status, nothing of it is remembered, and nobody is sent elsewhere',
  async (adapter) => {
    for (const [name, { act, outcome }] of all) {
      const api = await openIntrospecting(adapter, { introspection: { timeout: '250ms' } })
      expect(await api.present('warm'), name).toBe('OK')
      api.server.misbehave = act
      expect(await api.present('t'), `the server ${name}`).toBe(outcome)
      expect(await api.present('warm'), `the server ${name}, and the verdict is remembered`).toBe('OK')
      api.server.misbehave = undefined
      expect(await api.present('t'), `the server ${name}, and recovers`).toBe('OK')
      expect(api.server.upstream.count('/canary')).toBe(0)
    }
  },
  30_000,
)

verifies('ERR-02', 'an endpoint that is not there at all is 503', async (adapter) => {
  for (const endpoint of ['http://127.0.0.1:1/introspect', 'https://no-such-host.invalid/introspect']) {
    const issuer = trustedIssuer('https://as.example', { introspection: { client, endpoint } })
    const api = await openApi(adapter, { protection: { issuer, audience } })
    expect(await api.present('t'), endpoint).toBe('E-UP')
  }
})

verifies('ERR-02', 'the Retry-After of the server is passed on, within reason', async (adapter) => {
  const api = await openIntrospecting(adapter)
  const retryAfter = async (value: string): Promise<string | undefined> => {
    api.server.misbehave = (_request, response) => response.writeHead(503, { 'retry-after': value }).end()
    const answer = await api.send({ headers: [['Authorization', 'Bearer t']] })
    return answer.headers['retry-after']
  }
  expect(await retryAfter('7')).toBe('7')
  expect(await retryAfter('0')).toBe('1')
  expect(await retryAfter('86400')).toBe('120')
  expect(await retryAfter('soon')).toBe('1')
})

verifies(
  'ERR-02',
  'what the server sends does not stay in memory',
  async (adapter) => {
    const heavy = [
      'answers a gigabyte',
      'answers a gzip bomb',
      'answers endless headers',
      'answers a thousand brackets',
    ]
    const api = await openIntrospecting(adapter)
    const misbehave = async (times: number): Promise<void> => {
      for (const name of heavy) {
        api.server.misbehave = misbehaviours[name]?.act
        for (let round = 0; round < times; round += 1) {
          expect(await api.present(`${name.length}-${round}-${Math.random()}`), name).toBe('502')
        }
      }
    }
    await misbehave(2)
    const before = inUse()
    taken.bytes = 0
    await misbehave(25)
    // A gigabyte is not even read: what the sockets between us hold is all that the server gets rid of.
    expect(taken.bytes / 25).toBeLessThan(8 * 1024 * 1024)
    expect(inUse() - before).toBeLessThan(16 * 1024 * 1024)
  },
  60_000,
)

verifies(
  'ERR-02',
  'by default a hanging server is left alone after three seconds',
  async (adapter) => {
    const api = await openIntrospecting(adapter)
    api.server.misbehave = () => undefined
    expect(await api.present('t')).toBe('E-UP')
  },
  4500,
)

verifies(
  'ERR-02',
  'our own credentials are a mistake of ours: 500, and a warning of the process, once a minute',
  async (adapter) => {
    const warnings: string[] = []
    const listener = (warning: Error & { code?: string }): void => void warnings.push(warning.code ?? '')
    process.on('warning', listener)
    onTestFinished(() => void process.off('warning', listener))
    const api = await openIntrospecting(adapter, {
      introspection: { client: clientSecretBasic('api', 'sentinel-secret') },
    })
    api.server.misbehave = misbehavioursAtIntrospection['answers 401']?.act
    expect(await api.present('one')).toBe('500')
    expect(await api.present('two')).toBe('500')
    expect(warnings).toEqual(['TOLLGATE_CREDENTIALS_REFUSED'])
    api.advance(61)
    api.server.misbehave = undefined
    expect(await api.present('one')).toBe('OK')
    api.server.misbehave = misbehavioursAtIntrospection['answers 401']?.act
    expect(await api.present('three')).toBe('500')
    expect(warnings).toHaveLength(2)
  },
)

verifies(
  'ERR-02',
  'a server that does not even shake hands is left alone in time, and so is a dispatcher that never connects',
  async (adapter) => {
    const mute = createTcpServer(() => undefined)
    await once(mute.listen(0, '127.0.0.1'), 'listening')
    onTestFinished(() => void mute.close())
    const url = `https://127.0.0.1:${(mute.address() as AddressInfo).port}`
    const connect: Agent.Options['connect'] = () => undefined
    const introspection = { client, endpoint: `${url}/introspect`, timeout: '200.5ms' as const }
    const formats = 'opaque' as const
    for (const dispatcher of [new Agent(), new Agent({ connect })]) {
      const issuer = trustedIssuer(url, { introspection, formats })
      const api = await openApi(adapter, { protection: { issuer, audience, dispatcher } })
      expect(await api.present('t')).toBe('E-UP')
      void dispatcher.destroy()
    }
  },
)
