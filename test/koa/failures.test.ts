import { Router } from '@koa/router'
import { claims, createProtect, defineGuard, type Guard, Refusal } from '@tollgate/koa'
import { describe, expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { bearer, serve, versions } from './serving.ts'

const secret = 'the password of the database'

const thrown: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['0', 0],
  ['an empty text', ''],
  ['false', false],
  ['a text', secret],
  ['a status', 401],
  ['a plain object like an HTTP error', { status: 401, expose: true, message: secret }],
  ['an error', new Error(secret)],
  [
    'an error with a status of success',
    Object.assign(new Error(secret), { status: 200, statusCode: 200, expose: true }),
  ],
  ['an error that Koa takes for a missing file', Object.assign(new Error(secret), { code: 'ENOENT' })],
  [
    'an upstream’s 401',
    Object.assign(new Error(secret), {
      status: 401,
      statusCode: 401,
      expose: true,
      headers: { 'WWW-Authenticate': 'Bearer realm="upstream"', 'X-Internal': secret },
    }),
  ],
]

const odd: readonly (readonly [string, Guard])[] = [
  ['a guard that returns false', defineGuard({ check: () => false as unknown as undefined })],
  ['a guard that returns true', defineGuard({ check: () => true as unknown as undefined })],
  ['a guard that returns null', defineGuard({ check: () => null as unknown as undefined })],
  ['a guard that refuses with no reason', defineGuard({ check: () => new Refusal({} as { reason: string }) })],
  ['a predicate that returns a refusal', claims(() => new Refusal({ reason: 'x' }) as unknown as boolean, 'x')],
  ['a predicate that returns a text', claims(() => 'yes' as unknown as boolean, 'x')],
  ['a predicate that returns nothing', claims(() => undefined as unknown as boolean, 'x')],
  ['a predicate that returns 1', claims(() => 1 as unknown as boolean, 'x')],
]

describe.each(versions)('%s', (_name, Koa) => {
  test.each(thrown)('%s that a guard or an issuer throws is a 500 of the app', async (_what, cause) => {
    const issuer = await openIssuer()
    const reject = (): Promise<never> => Promise.reject(cause)
    const throwNow = (): never => {
      throw cause
    }
    const byGuard = createProtect(issuer.validatorOptions)
    const byIssuer = createProtect({ ...issuer.validatorOptions, issuer: reject, errors: 'throw' })
    let handled = 0
    const router = new Router()
    router.get('/guard', byGuard(defineGuard({ check: reject })))
    router.get('/guard/now', byGuard(defineGuard({ check: throwNow })))
    router.get('/claims', byGuard(claims(reject, 'x')))
    router.get('/optional', byGuard.optional(defineGuard({ check: reject })))
    router.get('/issuer', byIssuer())
    router.get('/issuer/optional', byIssuer.optional())
    const app = new Koa().use(router.routes())
    const { send, errors } = await serve(app.use(() => void (handled += 1)))
    const good = bearer(await issuer.accessToken())
    for (const path of ['/guard', '/guard/now', '/claims', '/optional', '/issuer', '/issuer/optional']) {
      const { status, challenges, headers, body } = await send(path, good)
      expect([status, challenges, headers['x-internal']], path).toEqual([500, [], undefined])
      expect(body, path).not.toContain(secret)
      expect(errors.at(-1), path).toBeInstanceOf(Error)
      expect(errors.at(-1)?.cause, path).toBe(cause)
    }
    expect([handled, errors.length]).toEqual([0, 6])
  })

  test.each(odd)('%s is a 500 of the app', async (_what, guard) => {
    const issuer = await openIssuer()
    let handled = 0
    const app = new Koa().use(createProtect(issuer.validatorOptions)(guard)).use(() => void (handled += 1))
    const { send, errors } = await serve(app)
    const { status, challenges } = await send('/', bearer(await issuer.accessToken()))
    expect([status, challenges, handled]).toEqual([500, [], 0])
    expect(errors).toMatchObject([{ cause: expect.any(TypeError) }])
  })
})
