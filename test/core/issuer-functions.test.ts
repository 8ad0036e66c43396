/** What an `issuer` function gets and returns, and which of its results serve other requests. */
import {
  active,
  createValidator,
  type HttpRequest,
  type ResolveIssuer,
  scopes,
  trustedIssuer,
  type Validator,
  type ValidatorOptions,
} from '@tollgate/core'
import { createRequestAuth } from '@tollgate/core/adapter'
import { describe, expect, onTestFinished, test } from 'vitest'
import { hostOf, requestFor } from '../harness/hosts.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { memoryCache } from '../harness/memory-cache.ts'
import { audience, T0 } from '../harness/reference.ts'
import { client } from '../harness/scripted-api.ts'
import { claimsOf, openScriptedIssuer } from '../harness/scripted-issuer.ts'
import { reasonOf } from '../harness/scripted-validator.ts'
import { catchWarnings } from '../harness/warnings.ts'

const { jwk, privateKey } = keyPair('P-256')
const keys = { keys: [{ ...jwk, kid: 'k' }] }
const iss = 'https://as.example'
const trusted = trustedIssuer(iss, { keys })
const token = tokenOf(iss)

function tokenOf(name: string, changes: Readonly<Record<string, unknown>> = {}): string {
  return jws({ alg: 'ES256', kid: 'k' }, claimsOf(name, changes), privateKey, 'ES256')
}

function open(issuer: ResolveIssuer, options: Partial<ValidatorOptions> = {}): Validator {
  const validator = createValidator({ issuer, audience, clock: () => T0 * 1000, ...options })
  onTestFinished(() => validator.close())
  return validator
}

function reasonFor(validator: Validator, host: string, text = token): Promise<string> {
  return reasonOf(validator.authenticate(requestFor(host, text)))
}

/** Whether the fast path serves a request for this host. */
function isServedFast(validator: Validator, host: string): boolean {
  const auth = createRequestAuth({ validator, preflights: 'authenticate' }, () => requestFor(host, token))
  return auth.known({}, scopes('read')) !== undefined
}

const onA = (request: HttpRequest | undefined) => (hostOf(request) === 'a.example' ? trusted : undefined)
const wait = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Functions that trust the issuer on `a.example` only, in every way of reading. */
const readers: Readonly<Record<string, ResolveIssuer>> = {
  'by a member': (_iss, request) => onA(request),
  'after an await': async (_iss, request) => {
    await wait()
    return onA(request)
  },
  'before an await': async (_iss, request) => {
    const found = onA(request)
    await wait()
    return found
  },
  'by a destructuring parameter': ((_iss: string, { headers, method, url }: HttpRequest) =>
    onA({ headers, method, url })) as ResolveIssuer,
  'by a default parameter': (_iss, request = { method: 'GET', url: '/', headers: [] }) => onA(request),
  'by a rest parameter': (...[, request]) => onA(request),
  'by `arguments`': function () {
    return onA(arguments[1] as HttpRequest)
  },
  'by a copy': (_iss, request) => onA(request && { ...request }),
  'by entries': (_iss, request) => onA(Object.fromEntries(Object.entries(request ?? {})) as unknown as HttpRequest),
  'by a property descriptor': (_iss, request) => {
    const descriptor = Object.getOwnPropertyDescriptor(request, 'headers')
    return onA({ method: 'GET', url: '/', headers: descriptor?.get?.call(request) as HttpRequest['headers'] })
  },
  'by JSON': (_iss, request) => onA(JSON.parse(JSON.stringify(request)) as HttpRequest),
}

describe.each(Object.entries(readers))('a function that reads the request %s', (_name, resolve) => {
  test('is called for every request, and the fast path serves none', async () => {
    let calls = 0
    const validator = open((...parameters) => {
      calls += 1
      return resolve(...parameters)
    })
    for (let round = 1; round <= 3; round += 1) {
      expect(await reasonFor(validator, 'a.example')).toBe('OK')
      expect(await reasonFor(validator, 'b.example')).toBe('untrusted-issuer')
      expect(isServedFast(validator, 'a.example') || isServedFast(validator, 'b.example')).toBe(false)
      expect(calls).toBe(2 * round)
    }
  })

  test('gets a call of its own for each of many concurrent requests', async () => {
    const validator = open(resolve)
    const hosts = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? 'b.example' : 'a.example'))
    const reasons = await Promise.all(hosts.map((host) => reasonFor(validator, host)))
    expect(reasons).toEqual(hosts.map((host) => (host === 'a.example' ? 'OK' : 'untrusted-issuer')))
  })
})

test('the request has the same members for every request, so that their names say nothing', async () => {
  const names: unknown[] = []
  const validator = open((_iss, request) => {
    names.push([Object.keys(request ?? {}), 'form' in (request ?? {}), Object.isFrozen(request)])
    return undefined
  })
  const { method, url, headers } = requestFor('a.example', token)
  await reasonOf(validator.authenticate({ method, url, headers }))
  await reasonOf(validator.authenticate({ method, url, headers, form: { x: '1' } }))
  await reasonOf(
    validator.authenticate(new Request('https://a.example', { headers: [...headers].map(([n, v]) => [n, v]) })),
  )
  await reasonOf(
    validator.authenticate({
      method,
      url,
      headers: requestFor('b.example', tokenOf('https://b.example')).headers,
      form: 1,
    }),
  )
  const expected = [['method', 'url', 'headers', 'form'], true, true]
  expect(names).toEqual([expected, expected])
})

test('a function that reads the request for one issuer only is cached for the others', async () => {
  const shared = 'https://shared.example'
  const issuers = new Map([iss, shared].map((name) => [name, trustedIssuer(name, { keys })]))
  const calls: string[] = []
  const validator = open((name, request) => {
    calls.push(name)
    return name === shared || hostOf(request) === 'a.example' ? issuers.get(name) : undefined
  })
  for (let round = 0; round < 3; round += 1) {
    expect(await reasonFor(validator, 'b.example', tokenOf(shared))).toBe('OK')
    expect(await reasonFor(validator, 'b.example')).toBe('untrusted-issuer')
    expect(await reasonFor(validator, 'a.example')).toBe('OK')
  }
  expect(calls.filter((name) => name === shared)).toHaveLength(1)
  expect(calls.filter((name) => name === iss)).toHaveLength(6)
})

test('a read ends the cached result of a call without a read', async () => {
  let now = T0
  let mayRead = false
  const validator = open((_iss, request) => (mayRead ? onA(request) : trusted), { clock: () => now * 1000 })
  const long = tokenOf(iss, { exp: T0 + 3600 })
  expect(await reasonFor(validator, 'b.example', long)).toBe('OK')
  mayRead = true
  now += 601
  expect(await reasonFor(validator, 'a.example', long)).toBe('OK')
  expect(await reasonFor(validator, 'b.example', long)).toBe('untrusted-issuer')
  expect(isServedFast(validator, 'b.example')).toBe(false)
})

test('a read after a shared result is an error of the function, and no value of another request', async () => {
  const errors: unknown[] = []
  let late: HttpRequest | undefined
  const validator = open((_iss, request) => {
    late ??= request
    return trusted
  })
  expect(await reasonFor(validator, 'a.example')).toBe('OK')
  for (const name of ['method', 'url', 'headers', 'form'] as const) {
    try {
      errors.push(late?.[name])
    } catch (error) {
      errors.push(error instanceof TypeError)
    }
  }
  expect(errors).toEqual([true, true, true, true])
  expect(isServedFast(validator, 'b.example')).toBe(false)
  expect(await reasonFor(validator, 'b.example')).toBe('OK')
})

test('a request that waits for a call goes on as soon as that call reads its own request', async () => {
  const [toRead, toEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let calls = 0
  const validator = open(async (_iss, request) => {
    calls += 1
    await toRead.promise
    const found = onA(request)
    await (found === undefined ? toEnd.promise : undefined)
    return found
  })
  const slow = reasonFor(validator, 'b.example')
  const waiting = reasonFor(validator, 'a.example')
  await wait()
  expect(calls).toBe(1)
  toRead.resolve()
  expect(await waiting).toBe('OK')
  toEnd.resolve()
  expect(await slow).toBe('untrusted-issuer')
  expect(calls).toBe(2)
})

test('the last call decides whether a result is cached', async () => {
  const gate = Promise.withResolvers<void>()
  let calls = 0
  const validator = open(async (_iss, request) => {
    calls += 1
    if (calls === 2) {
      return trusted
    }
    const found = onA(request)
    await gate.promise
    return found
  })
  const first = reasonFor(validator, 'a.example')
  expect(await reasonFor(validator, 'b.example')).toBe('OK')
  gate.resolve()
  expect(await first).toBe('OK')
  expect(isServedFast(validator, 'b.example')).toBe(false)
  expect(await reasonFor(validator, 'b.example')).toBe('untrusted-issuer')
  expect(calls).toBe(3)
})

test('an error of a call serves only the requests that shared it', async () => {
  const validator = open(async (_iss, request) => {
    const host = hostOf(request)
    await wait()
    if (host === 'broken.example') {
      throw new RangeError('the database of this tenant is down')
    }
    return onA(request)
  })
  const [broken, good] = await Promise.allSettled([
    reasonFor(validator, 'broken.example'),
    reasonFor(validator, 'a.example'),
  ])
  expect(broken).toMatchObject({ status: 'rejected', reason: expect.any(RangeError) as RangeError })
  expect(good).toEqual({ status: 'fulfilled', value: 'OK' })
})

describe('the cache of JWTs', () => {
  const hits = (validator: Validator): number => validator.health().caches.jwt.hits

  test('serves a tenant by host when the function returns the same object', async () => {
    const validator = open((_iss, request) => onA(request))
    for (let round = 0; round < 5; round += 1) {
      expect(await reasonFor(validator, 'a.example')).toBe('OK')
      expect(await reasonFor(validator, 'b.example')).toBe('untrusted-issuer')
    }
    expect(hits(validator)).toBe(3)
  })

  test('serves no other object, whose settings may differ', async () => {
    const strict = trustedIssuer(iss, { keys, audience: 'urn:strict' })
    const validator = open((_iss, request) => (hostOf(request) === 'a.example' ? trusted : strict))
    for (let round = 0; round < 5; round += 1) {
      expect(await reasonFor(validator, 'a.example')).toBe('OK')
      expect(await reasonFor(validator, 'b.example')).toBe('wrong-audience')
    }
    const fresh = open((_iss, request) => (hostOf(request) === 'a.example' ? trustedIssuer(iss, { keys }) : undefined))
    for (let round = 0; round < 5; round += 1) {
      expect(await reasonFor(fresh, 'a.example')).toBe('OK')
    }
    expect(hits(fresh)).toBe(0)
  })

  test('serves a URL, which belongs to one object', async () => {
    const issuer = await openScriptedIssuer(keys.keys)
    const text = tokenOf(issuer.url)
    const validator = open((name, request) => (hostOf(request) === 'a.example' ? name : undefined))
    for (let round = 0; round < 5; round += 1) {
      expect(await reasonFor(validator, 'a.example', text)).toBe('OK')
    }
    expect(hits(validator)).toBe(3)
    expect(issuer.count('/jwks')).toBe(1)
  })
})

describe('without a request', () => {
  test('the function gets undefined, and its result serves no request', async () => {
    const requests: unknown[] = []
    const validator = open((_iss, request) => {
      requests.push(typeof request)
      return request === undefined ? trusted : undefined
    })
    await validator.evict(token)
    await validator.evict(token)
    expect(await reasonFor(validator, 'a.example')).toBe('untrusted-issuer')
    expect(isServedFast(validator, 'a.example')).toBe(false)
    expect(requests).toEqual(['undefined', 'object'])
  })

  test('validate serves from results of its own, and authenticate does not', async () => {
    const calls: unknown[] = []
    const validator = open((_iss, request) => {
      calls.push(typeof request)
      return request === undefined ? trusted : undefined
    })
    for (let round = 0; round < 4; round += 1) {
      expect(await reasonOf(validator.validate(token))).toBe('OK')
      expect(await reasonFor(validator, 'a.example')).toBe('untrusted-issuer')
      expect(isServedFast(validator, 'a.example')).toBe(false)
    }
    expect(calls).toEqual(['undefined', 'object'])
    const byHost = open((_iss, request) => onA(request))
    for (let round = 0; round < 4; round += 1) {
      expect(await reasonFor(byHost, 'a.example')).toBe('OK')
      expect(await reasonOf(byHost.validate(token))).toBe('untrusted-issuer')
    }
    const everywhere = open((_iss, request) => request && trusted)
    for (let round = 0; round < 4; round += 1) {
      expect(await reasonFor(everywhere, 'a.example')).toBe('OK')
      expect(await reasonOf(everywhere.validate(token))).toBe('untrusted-issuer')
    }
  })

  test('evict removes the responses about a token of a tenant by host, here and in a shared cache', async () => {
    const issuer = await openScriptedIssuer(keys.keys)
    const text = tokenOf(issuer.url)
    const store = memoryCache()
    for (const cache of ['memory', store] as const) {
      const tenant = trustedIssuer(issuer.url, { introspection: { client } })
      const validator = open((_iss, request) => (hostOf(request) === 'a.example' ? tenant : undefined), { cache })
      const present = (): Promise<string> =>
        reasonOf(validator.authenticate(requestFor('a.example', text), active({ within: '60s' })))
      issuer.introspect = () => issuer.active()
      expect(await present()).toBe('OK')
      issuer.introspect = () => ({ active: false })
      expect(await present()).toBe('OK')
      await validator.evict(text)
      expect(await present()).toBe('inactive')
    }
  })

  test('evict resolves for a stranger, and rejects with the error of the function', async () => {
    await expect(open(() => undefined).evict(token)).resolves.toBeUndefined()
    const broken = open(((_iss: string, { headers }: HttpRequest) =>
      onA({ headers, method: 'GET', url: '/' })) as ResolveIssuer)
    await expect(broken.evict(token)).rejects.toThrow(TypeError)
  })
})

describe('the guard active', () => {
  test('gets the issuer of the host, and refuses a token whose issuer is no longer trusted', async () => {
    const issuer = await openScriptedIssuer(keys.keys)
    const text = tokenOf(issuer.url)
    const tenant = trustedIssuer(issuer.url, { introspection: { client } })
    const validator = open((_iss, request) => (hostOf(request) === 'a.example' ? tenant : undefined))
    const [here, there] = [requestFor('a.example', text), requestFor('b.example', text)]
    const guard = active({ within: '60s' })
    expect(await reasonOf(validator.authenticate(here, guard))).toBe('OK')
    expect(await reasonOf(validator.authenticate(there, guard))).toBe('untrusted-issuer')
    const valid = await validator.authenticate(here)
    expect(await reasonOf(validator.authorize(valid, there, guard))).toBe('untrusted-issuer')
    expect(await reasonOf(validator.authorize(valid, here, guard))).toBe('OK')
  })

  test('introspects once for concurrent requests of one tenant', async () => {
    const issuer = await openScriptedIssuer(keys.keys)
    const text = tokenOf(issuer.url)
    const tenant = trustedIssuer(issuer.url, { introspection: { client } })
    const validator = open((_iss, request) => (hostOf(request) === 'a.example' ? tenant : undefined))
    const present = () => reasonOf(validator.authenticate(requestFor('a.example', text), active({ within: '5s' })))
    expect(await Promise.all(Array.from({ length: 20 }, present))).toEqual(Array(20).fill('OK'))
    expect(issuer.count('/introspect')).toBe(1)
  })

  test('does not share a response between tenants whose parameters differ', async () => {
    const issuer = await openScriptedIssuer(keys.keys)
    const text = tokenOf(issuer.url)
    issuer.introspect = () => (issuer.requests.at(-1)?.form.get('tenant') === 'a' ? issuer.active() : { active: false })
    const tenantOf = (tenant: string) =>
      trustedIssuer(issuer.url, { introspection: { client, parameters: () => ({ parameters: { tenant } }) } })
    const tenants = new Map([
      ['a.example', tenantOf('a')],
      ['b.example', tenantOf('b')],
    ])
    for (const cache of ['memory', memoryCache()] as const) {
      const validator = open((_iss, request) => tenants.get(hostOf(request) ?? ''), { cache })
      const present = (host: string): Promise<string> =>
        reasonOf(validator.authenticate(requestFor(host, text), active({ within: '60s' })))
      for (let round = 0; round < 2; round += 1) {
        expect(await present('a.example')).toBe('OK')
        expect(await present('b.example')).toBe('inactive')
      }
    }
  })
})

test('health counts the tenants by host, one for each name', async () => {
  const validator = open((name, request) =>
    hostOf(request) === 'a.example' ? trustedIssuer(name, { keys }) : undefined,
  )
  for (let round = 0; round < 3; round += 1) {
    await reasonFor(validator, 'a.example')
    await reasonFor(validator, 'b.example')
  }
  expect(validator.health().resolved).toEqual({ count: 1, degraded: 0 })
})

test('the issuers of tenants by host are bounded, also when each request has a new one', async () => {
  const options = { keys, introspection: { client } }
  const validator = open((name, request) =>
    hostOf(request) === 'a.example' ? trustedIssuer(name, options) : undefined,
  )
  const [header, , signature] = token.split('.')
  for (let index = 0; index < 3000; index += 1) {
    const claims = Buffer.from(`{"iss":"https://tenant-${index}.example"}`).toString('base64url')
    expect(await reasonFor(validator, 'a.example', `${header}.${claims}.${signature}`)).toBe('bad-signature')
  }
  expect(validator.health().resolved?.count).toBeGreaterThan(500)
  expect(validator.health().resolved?.count).toBeLessThan(1500)
})

describe('names', () => {
  const adfs = 'http://adfs.example.com/adfs/services/trust'

  test('a plain http name without discovery is passed to the function', async () => {
    const resolve: ResolveIssuer = (name) => (name === adfs ? trustedIssuer(name, { keys, network: 'any' }) : undefined)
    expect(await reasonFor(open(resolve), 'a.example', tokenOf(adfs))).toBe('OK')
  })

  test('a trusted name that trustedIssuer rejects is published once, without the name', async () => {
    const warnings = catchWarnings()
    const validator = open((name) => trustedIssuer(name))
    for (const name of [adfs, 'garbage', 'http://x.example/y', adfs]) {
      expect(await reasonFor(validator, 'a.example', tokenOf(name))).toBe('untrusted-issuer')
    }
    expect(warnings).toHaveLength(1)
    expect(warnings.join('')).not.toMatch(/adfs|garbage/)
  })

  test('a string that is another name than the issuer is a stranger, whatever it is', async () => {
    const warnings = catchWarnings()
    for (const result of ['', 'garbage', `${iss}/`, 'https://other.example', 'http://x.example', '\u0000']) {
      expect(
        await reasonFor(
          open(() => result),
          'a.example',
        ),
      ).toBe('untrusted-issuer')
    }
    expect(warnings).toEqual([])
  })

  test('an error about another option, and one about another name, stay failures', async () => {
    const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
    const options = { audience: 5 as unknown as string }
    for (const resolve of [
      (name: string) => trustedIssuer(name, options),
      () => trustedIssuer('http://other.example'),
      async () => trustedIssuer('http://other.example'),
    ]) {
      await expect(open(resolve).authenticate(requestFor('a.example', token))).rejects.toEqual(wrong)
    }
  })

  test('a result of another type is a failure', async () => {
    for (const result of [new URL(iss), { url: iss }, 5, true, [iss]]) {
      const validator = open(() => result as unknown as string)
      await expect(validator.authenticate(requestFor('a.example', token))).rejects.toThrow(TypeError)
    }
  })
})
