import { claims, createProtect, defineGuard, Refusal } from '@tollgate/express'
import type { ErrorRequestHandler } from 'express'
import { describe, expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { send } from '../harness/send.ts'
import { bearer, serve, versions } from './serving.ts'

describe.each(versions)('%s', (_name, express) => {
  test('what is neither refusal nor outage is the 500 of the app, and never reaches the handler', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = express()
    app.set('env', 'test')
    let handled = 0
    const failing = [
      defineGuard({ check: () => Promise.reject(new TypeError('a bug')) }),
      defineGuard({
        check: () => {
          throw new TypeError('a bug')
        },
      }),
      defineGuard({ check: () => false as unknown as undefined }),
      defineGuard({ check: () => true as unknown as undefined }),
      defineGuard({ check: () => new Refusal({ code: 'forbidden' as 'invalid_token', reason: 'x' }) }),
      defineGuard({ check: () => new Refusal('why' as unknown as { reason: string }) }),
      claims(() => new Refusal({ reason: 'x' }) as unknown as boolean, 'x'),
      claims(() => 'yes' as unknown as boolean, 'x'),
      claims(() => undefined as unknown as boolean, 'x'),
    ]
    for (const [index, guard] of failing.entries()) {
      app.get(`/${index}`, protect(guard), (_req, res) => {
        handled += 1
        res.send('ok')
      })
    }
    const origin = await serve(app)
    for (const index of failing.keys()) {
      const { status, challenges } = await send(origin, { path: `/${index}`, ...bearer(await issuer.accessToken()) })
      expect([status, challenges], `guard ${index}`).toEqual([500, []])
    }
    expect(handled).toBe(0)
  })

  test.each([[undefined], [null], [0], [''], [false], ['route'], ['router']])(
    'whatever is thrown, %j too, is a 500 and lets nobody through',
    async (thrown) => {
      const issuer = await openIssuer()
      const reject = (): Promise<never> => Promise.reject(thrown)
      const byGuard = createProtect(issuer.validatorOptions)
      const byIssuer = createProtect({ ...issuer.validatorOptions, issuer: reject })
      const app = express()
      app.set('env', 'test')
      let handled = 0
      const handler = (_req: unknown, res: { send: (body: string) => void }): void => {
        handled += 1
        res.send('ok')
      }
      const router = express.Router()
      router.get('/claims', byGuard(claims(reject, 'x')), handler)
      router.get('/guard', byGuard(defineGuard({ check: reject })), handler)
      router.get('/optional', byGuard.optional(defineGuard({ check: reject })), handler)
      router.get('/issuer', byIssuer(), handler)
      router.get('/issuer/optional', byIssuer.optional(), handler)
      app.use(router, handler)
      const origin = await serve(app)
      for (const path of ['/claims', '/guard', '/optional', '/issuer', '/issuer/optional']) {
        const { status, challenges } = await send(origin, { path, ...bearer(await issuer.accessToken()) })
        expect([status, challenges], path).toEqual([500, []])
      }
      expect(handled).toBe(0)
    },
  )

  test('an error that carries a status and headers of its own does not become the answer', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const upstream = Object.assign(new Error('upstream'), {
      status: 401,
      statusCode: 401,
      headers: { 'X-Internal': 'secret' },
    })
    const app = express()
    app.set('env', 'test')
    app.get('/', protect(claims(() => Promise.reject(upstream), 'x')), (_req, res) => void res.send('ok'))
    const { status, headers } = await send(await serve(app), { path: '/', ...bearer(await issuer.accessToken()) })
    expect([status, headers['x-internal']]).toEqual([500, undefined])
  })

  test('a refusal that comes too late is for the app, which may have begun to answer', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = express()
    const seen: unknown[] = []
    app.get('/', (_req, res, next) => {
      res.write('begun')
      next()
    })
    app.get('/', protect(), () => seen.push('handled'))
    app.use(((error: unknown, _req, res, _next) => {
      seen.push(error)
      res.end(' and ended')
    }) satisfies ErrorRequestHandler)
    expect((await send(await serve(app), { path: '/' })).body).toBe('begun and ended')
    expect(seen).toEqual([expect.any(Refusal)])
  })
})
