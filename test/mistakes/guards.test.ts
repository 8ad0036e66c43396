import { claims, createValidator, defineGuard, type Guard, Refusal, scopes } from '@tollgate/core'
import { createProtect as createExpressProtect } from '@tollgate/express'
import tollgate from '@tollgate/fastify'
import { createProtect as createKoaProtect } from '@tollgate/koa'
import { describe, expect, test } from 'vitest'
import { openApp } from '../fastify/app.ts'
import { adapters } from '../harness/adapters.ts'
import { openReference } from '../harness/reference.ts'
import { trust } from '../testing/faults.ts'

/** Guards with a mistake that the compiler also reports, unless a cast hides it. */
const faulty: Readonly<Record<string, () => Guard>> = {
  'a check without return': () => defineGuard({ check: (() => {}) as never }),
  'a check that returns true': () => defineGuard({ check: (() => true) as never }),
  'a check that returns the name of a reason': () => defineGuard({ check: (() => 'no') as never }),
  'an asynchronous check without return': () => defineGuard({ check: (async () => {}) as never }),
  'a check that returns the class of a refusal': () => defineGuard({ check: (() => Refusal) as never }),
  'a check that throws': () =>
    defineGuard({
      check: () => {
        throw new Error('a mistake')
      },
    }),
  'a check that throws its refusal': () =>
    defineGuard({
      check: () => {
        throw new Refusal({ reason: 'thrown' })
      },
    }),
  'a predicate without return': () => claims((() => {}) as never, 'no'),
}

describe.each(adapters)('$name', (adapter) => {
  test.each(Object.entries(faulty))('a route with %s is closed', async (_mistake, create) => {
    const api = await openReference(adapter, { guards: [create()], onError: () => undefined })
    const response = await api.send({ headers: [['Authorization', `Bearer ${await api.token()}`]] })
    expect([response.status, api.seen()]).toEqual([500, undefined])
  })

  test('the scopes that a guard of the application announces are demanded', async () => {
    const guard = defineGuard({ demands: { scopes: ['write'] }, check: () => 'pass' })
    const api = await openReference(adapter, { guards: [guard] })
    expect(await api.present(await api.token())).toBe('E-SCOPE')
    expect(await api.present(await api.token({ scope: 'write' }))).toBe('OK')
    const { challenges } = await api.send({})
    expect(challenges).toEqual(['Bearer realm="api", scope="write"'])
  })
})

const noGuards: Readonly<Record<string, unknown>> = {
  'the name of a scope': 'read',
  'a list of guards': [scopes('read')],
  'the guard function itself': scopes,
  'an object with a check': { check: () => 'pass', demands: {} },
  'a copy of a guard': { ...scopes('read') },
  undefined: undefined,
  false: false,
}

const frameworks: Readonly<Record<string, (guard: Guard) => Promise<void>>> = {
  Express: async (guard) => void createExpressProtect(trust)(guard),
  'Express, with optional credentials': async (guard) => void createExpressProtect(trust).optional(guard),
  'Express, with public paths': async (guard) => void createExpressProtect(trust).unless('/health', guard),
  Koa: async (guard) => void createKoaProtect(trust)(guard),
  'Koa, with optional credentials': async (guard) => void createKoaProtect(trust).optional(guard),
  'Koa, with public paths': async (guard) => void createKoaProtect(trust).unless('/health', guard),
  Fastify: async (guard) => {
    const app = openApp()
    await app.register(tollgate, trust)
    app.protect(guard)
  },
  'the web Request': async (guard) => {
    await createValidator(trust).authenticate(new Request('https://api.example'), guard)
  },
  'validator.combine': async (guard) => void createValidator(trust).combine(guard),
}

describe.each(Object.entries(noGuards))('%s as a guard', (_mistake, guard) => {
  test.each(Object.entries(frameworks))('is a TypeError in %s', async (_framework, protectBy) => {
    await expect(protectBy(guard as Guard)).rejects.toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_OPTION' })
  })
})

test('a misspelt option of defineGuard, and one without a value, throws a TypeError', () => {
  const invalidOption = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }) as Error
  expect(() => defineGuard({ demands: { scope: ['read'] } as never, check: () => 'pass' })).toThrow(invalidOption)
  expect(() => defineGuard({ demands: { scopes: undefined } as never, check: () => 'pass' })).toThrow(invalidOption)
  expect(() => defineGuard({ chek: () => 'pass' } as never)).toThrow(invalidOption)
})

test.each(['Bearer secret', undefined, null, 17])(
  '%j in the place of a request is a TypeError without it',
  async (value) => {
    const validator = createValidator(trust)
    const wrong = value as unknown as Request
    const calls = [
      async () => validator.authenticate(wrong),
      async () => validator.authenticateOptional(wrong),
      async () => validator.authorize(undefined, wrong),
    ]
    for (const call of calls) {
      const error: unknown = await call().catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(TypeError)
      expect(String(error)).not.toContain('secret')
    }
  },
)
