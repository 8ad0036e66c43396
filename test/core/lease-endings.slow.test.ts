/** What ends a lease, what renews it, and what happens to the connections that are bound to it. */
import { EventEmitter, once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { active, createValidator, lease, type Lease } from '@tollgate/core'
import { createMockIssuer, createSenderClient } from '@tollgate/mock-issuer'
import { describe, expect, onTestFinished, test } from 'vitest'
import { T0 } from '../harness/constants.ts'
import { listen } from '../harness/listen.ts'
import { status } from '../harness/responses.ts'
import { openScriptedValidator } from '../harness/scripted-validator.ts'

/** Leases use real timers, so that these tests take some seconds. The clock of the validator runs, and can jump. */
async function openRunning(introspection = {}) {
  let offset = T0 * 1000 - Date.now()
  const api = await openScriptedValidator({
    introspection,
    validator: { clock: () => Date.now() + offset },
  })
  return {
    ...api,
    jump: (seconds: number) => {
      offset += seconds * 1000
    },
  }
}

async function openValidator() {
  const issuer = await createMockIssuer({ port: 'none' })
  const validator = createValidator({ ...issuer.validatorOptions, dpop: { mode: 'accepted' } })
  onTestFinished(async () => {
    await validator.close()
    await issuer.close()
  })
  return {
    issuer,
    validator,
    open: async (claims = {}) => lease(await validator.validate(await issuer.accessToken(claims))),
  }
}

async function reasonOf({ signal }: Lease): Promise<unknown> {
  if (!signal.aborted) {
    await once(signal, 'abort')
  }
  return signal.reason
}

/** A connection with the events of a WebSocket. */
class FakeSocket extends EventEmitter {
  readonly codes: unknown[] = []
  readyState = 1

  close(code: number): void {
    this.codes.push(code)
    this.readyState = 2
  }
}

const secondsSince = (begun: number): number => (performance.now() - begun) / 1000

describe('the guard `active`', () => {
  test('ends the lease of a token that the issuer calls inactive', async () => {
    const api = await openRunning()
    const opened = lease(await api.authenticate('t', active({ within: '2s' })))
    api.issuer.introspect = () => ({ active: false })
    expect(await reasonOf(opened)).toMatchObject({ reason: 'inactive', status: 401 })
    expect(api.issuer.count('/introspect')).toBe(2)
  })

  test('ends the lease of a silent issuer when its statement is too old, and calls it once a second', async () => {
    const api = await openRunning()
    const begun = performance.now()
    const socket = new FakeSocket()
    const opened = lease(await api.authenticate('t', active({ within: '3s' }))).bind(socket)
    api.issuer.routes['/introspect'] = status(503)
    expect(await reasonOf(opened)).toMatchObject({ name: 'Unavailable', status: 503 })
    expect(socket.codes).toEqual([1013])
    expect(secondsSince(begun)).toBeGreaterThanOrEqual(2.9)
    expect(secondsSince(begun)).toBeLessThan(10)
    expect(api.issuer.count('/introspect')).toBeLessThan(8)
  })

  test('ends the lease in time when the issuer does not respond at all', async () => {
    const api = await openRunning({ timeout: '30s' })
    const opened = lease(await api.authenticate('t', active({ within: '4s' })))
    const begun = performance.now()
    api.issuer.routes['/introspect'] = () => undefined
    expect(await reasonOf(opened)).toMatchObject({ name: 'Unavailable', reason: 'timeout' })
    expect(secondsSince(begun)).toBeGreaterThanOrEqual(3)
    expect(secondsSince(begun)).toBeLessThan(20)
  })

  test('lets the lease go on when the issuer responds again in time', async () => {
    const api = await openRunning()
    const opened = lease(await api.authenticate('t', active({ within: '60s' })))
    api.jump(31)
    await api.issuer.stop()
    await expect(opened.renew('u')).rejects.toMatchObject({ name: 'Unavailable' })
    expect(opened.signal.aborted).toBe(false)
    await api.issuer.start()
    opened.end()
  })

  test('goes on after a step back of the clock', async () => {
    const api = await openRunning()
    const opened = lease(await api.authenticate('t', active({ within: '2s' })))
    api.jump(-30)
    const before = api.issuer.count('/introspect')
    api.issuer.introspect = () => ({ active: false })
    await expect.poll(() => api.issuer.count('/introspect'), { timeout: 40_000 }).toBeGreaterThan(before)
    expect(await reasonOf(opened)).toMatchObject({ reason: 'inactive' })
  })
})

describe('an opaque token', () => {
  test('ends at its exp, without a further call', async () => {
    const api = await openRunning()
    api.issuer.introspect = () => api.issuer.active({ exp: T0 + 2 })
    const opened = lease(await api.authenticate('t'))
    expect(await reasonOf(opened)).toMatchObject({ reason: 'expired' })
    expect(api.issuer.count('/introspect')).toBe(1)
  })

  test('without exp is confirmed although no guard demands it', async () => {
    const api = await openRunning({ cacheFor: '300s' })
    api.issuer.introspect = () => api.issuer.active({ exp: undefined })
    const token = await api.authenticate('t')
    expect(token.expiresAt).toBeUndefined()
    api.jump(31)
    api.issuer.introspect = () => ({ active: false })
    // The statement is half a minute old.
    expect(await reasonOf(lease(token))).toMatchObject({ reason: 'inactive' })
  })

  test('ends when the clock jumps over its exp', async () => {
    const api = await openRunning()
    const opened = lease(await api.authenticate('t', active({ within: '2s' })))
    api.jump(3600)
    expect(await reasonOf(opened)).toMatchObject({ reason: 'expired' })
  })
})

describe('a renewal', () => {
  test('of a bound token needs a request with a proof of the same key', async () => {
    const { issuer, validator } = await openValidator()
    const sender = await createSenderClient({ clock: issuer.clock })
    const other = await createSenderClient({ clock: issuer.clock })
    const url = 'https://api.example.com/live'
    const requestOf = async (client: typeof sender): Promise<Request> => {
      const token = await issuer.accessToken({ cnf: client.cnf })
      return new Request(url, { headers: await client.headers({ method: 'GET', url, token }) })
    }
    const opened = lease(await validator.authenticate(await requestOf(sender)))
    await expect(opened.renew(await issuer.accessToken({ cnf: sender.cnf }))).rejects.toMatchObject({
      reason: 'sender-constrained',
    })
    await expect(opened.renew(await issuer.accessToken())).rejects.toMatchObject({ reason: 'other-owner' })
    await expect(opened.renew(await requestOf(other))).rejects.toMatchObject({ reason: 'other-owner' })
    const fresh = await opened.renew(await requestOf(sender))
    expect(opened.token).toBe(fresh)
    opened.end()
  })

  test('is refused for another issuer, subject or client, and the lease goes on', async () => {
    const { issuer, open } = await openValidator()
    const opened = await open()
    const { token } = opened
    for (const claims of [{ sub: 'bob' }, { client_id: 'other' }]) {
      await expect(opened.renew(await issuer.accessToken(claims))).rejects.toMatchObject({ reason: 'other-owner' })
    }
    await expect(opened.renew('')).rejects.toMatchObject({ reason: 'no-credentials' })
    await expect(opened.renew(await issuer.wrongToken('expired'))).rejects.toMatchObject({ reason: 'expired' })
    expect(opened.token).toBe(token)
    opened.end()
    await expect(opened.renew(await issuer.accessToken())).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('a lease', () => {
  test('ends once, with its validator too, and needs a token of a validator', async () => {
    const { issuer, validator, open } = await openValidator()
    const [first, second] = [await open(), await open()]
    first.end()
    const { reason } = first.signal
    first.end()
    expect(first.signal.reason).toBe(reason)
    const token = await validator.validate(await issuer.accessToken())
    const [one, other] = [lease(token), lease(token)]
    one.end()
    expect(other.signal.aborted).toBe(false)
    await validator.close()
    for (const { signal } of [second, other, lease(token)]) {
      expect(signal.reason).toMatchObject({ name: 'AbortError' })
    }
    expect(() => lease(Object.assign({}, token))).toThrow(TypeError)
    expect(() => lease(undefined as never)).toThrow(TypeError)
  })

  test('closes what is bound to it, also afterwards, and ends with the first one that closes', async () => {
    const { open } = await openValidator()
    const [first, second, late] = [new FakeSocket(), new FakeSocket(), new FakeSocket()]
    const opened = (await open()).bind(first).bind(second)
    first.emit('close')
    expect(opened.signal.reason).toMatchObject({ name: 'AbortError' })
    opened.bind(late)
    expect([second.codes, late.codes]).toEqual([[1000], [1000]])
  })

  test('ends at once when it is bound to a closed connection, and takes no other object', async () => {
    const { open } = await openValidator()
    const closed = new FakeSocket()
    closed.readyState = 3
    expect((await open()).bind(closed).signal.aborted).toBe(true)
    expect(closed.codes).toEqual([])
    const opened = await open()
    for (const wrong of [undefined, null, 'res', {}, () => undefined]) {
      expect(() => opened.bind(wrong as never)).toThrow(TypeError)
    }
    expect(opened.signal.aborted).toBe(false)
    opened.end()
  })
})

describe('a response', () => {
  async function serve(work: (lease: Lease, response: ServerResponse) => void) {
    const { issuer, validator } = await openValidator()
    const token = await issuer.accessToken({ sid: 'a' })
    const server = createServer((_, response) => {
      void validator.validate(token).then((valid) => work(lease(valid).bind(response), response))
    })
    return { url: await listen(server), validator }
  }

  test('becomes the refusal when the lease ends before its headers', async () => {
    const { url, validator } = await serve((opened, response) => {
      void validator.revoke({ sid: 'a' })
      opened.signal.addEventListener('abort', () => response.write('too late'))
    })
    const response = await fetch(url)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_token"/)
    expect(await response.json()).toMatchObject({ error: 'invalid_token' })
  })

  test('is cut off when the lease ends without an error before its headers', async () => {
    const { url } = await serve((opened) => opened.end())
    await expect(fetch(url)).rejects.toThrow()
  })

  test('ends with the lease, and a handler that goes on writing does not end the process', async () => {
    const { url, validator } = await serve((opened, response) => {
      response.write('one')
      opened.signal.addEventListener('abort', () => setTimeout(() => response.write('too late'), 10))
    })
    const response = await fetch(url)
    await validator.revoke({ sid: 'a' })
    expect(await response.text()).toBe('one')
    await new Promise((resolve) => setTimeout(resolve, 50))
  })
})
