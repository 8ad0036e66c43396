import { Router } from '@koa/router'
import { createProtect, createValidator, type Protect } from '@tollgate/koa'
import type Koa from 'koa'
import { describe, expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { bearer, serve, versions } from './serving.ts'

const options = { issuer: 'https://as.example', audience: 'api' }
const invalidOption = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }) as unknown

test.each([
  ['no options', [undefined]],
  ['null', [null]],
  ['a text', ['https://as.example']],
  ['no issuer', [{ audience: 'api' }]],
  ['no audience', [{ issuer: 'https://as.example' }]],
  ['a misspelt option', [{ ...options, refusal: 'throw' }]],
  ['an unknown way to refuse', [{ ...options, errors: 'ignore' }]],
  ['an unknown way with preflights', [{ ...options, preflights: true }]],
  ['the options of Koa', [{ ...options, proxy: true }]],
  ['options in two places', [options, { errors: 'throw' }]],
  ['an option of the validator beside a validator', [createValidator(options), { audience: 'api' }]],
  ['an unknown way to refuse beside a validator', [createValidator(options), { errors: 'ignore' }]],
])('%s: a TypeError at start-up', (_what, given) => {
  const create = createProtect as (...args: readonly unknown[]) => unknown
  expect(() => create(...given)).toThrow(invalidOption)
})

test.each([
  ['a text', 'read'],
  ['a list', []],
  ['nothing', undefined],
  ['a function', () => true],
  ['a middleware of its own', createProtect(options)()],
  ['an object of the right shape', { demands: {}, stage: 'claims', check: () => undefined }],
])('%s in place of a guard: a TypeError when the route is defined', (_what, guard) => {
  const protect = createProtect(options) as unknown as Record<'optional', (guard: unknown) => unknown> &
    ((guard: unknown) => unknown)
  expect(() => protect(guard)).toThrow(invalidOption)
  expect(() => protect.optional(guard)).toThrow(invalidOption)
})

/** What takes the place of a middleware when its call is forgotten. */
const forgotten: readonly (readonly [string, (protect: Protect) => unknown])[] = [
  ['protect', (protect) => protect],
  ['protect.optional', (protect) => protect.optional],
  ['protect.auth', (protect) => protect.auth],
  ['protect.optional.auth', (protect) => protect.optional.auth],
]

describe.each(versions)('%s', (_name, KoaOfVersion) => {
  test.each(forgotten)('%s in place of a middleware lets nobody through, and says so', async (_what, middlewareOf) => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const middleware = middlewareOf(protect) as Koa.Middleware
    let handled = 0
    const router = new Router()
    router.get('/route', middleware, () => void (handled += 1))
    const app = new KoaOfVersion().use(router.routes()).use(middleware)
    const { send, errors } = await serve(app.use(() => void (handled += 1)))
    for (const path of ['/', '/route']) {
      for (const sent of [{}, bearer(await issuer.accessToken())]) {
        const { status, challenges, body } = await send(path, sent)
        expect([status, challenges], path).toEqual([500, []])
        expect(body, path).not.toContain('protect')
        // The sentence tells the fix, to the app and not to the client.
        expect((errors.at(-1) as Error).message, path).toContain('protect()')
        expect(errors.at(-1), path).toBeInstanceOf(TypeError)
      }
    }
    expect([handled, errors.length]).toEqual([0, 4])
  })

  test('what createProtect makes in place of what it protects is refused by Koa at start-up', async () => {
    const protect = createProtect(options)
    expect(() => new KoaOfVersion().use(protect.validator as unknown as Koa.Middleware)).toThrow(TypeError)
  })
})
