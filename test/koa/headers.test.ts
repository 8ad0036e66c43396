import cors from '@koa/cors'
import { createProtect, scopes } from '@tollgate/koa'
import type Koa from 'koa'
import { describe, expect, test } from 'vitest'
import { audience, openIssuer } from '../harness/reference.ts'
import type { Sent } from '../harness/send.ts'
import { bearer, serve, versions } from './serving.ts'

const nowhere = 'http://127.0.0.1:9'
const page = 'https://page.example'
const fromPage = { headers: [['Origin', page]] } as const

function setBefore(ctx: Koa.Context, next: Koa.Next): Promise<unknown> {
  ctx.set({ 'X-Own': 'set before', 'WWW-Authenticate': 'Basic realm="staging"', 'Cache-Control': 'public' })
  return next()
}

describe.each(versions)('%s', (_name, KoaOfVersion) => {
  test('headers that were set before survive an answer, a challenge of their own included', async () => {
    const issuer = await openIssuer()
    const app = new KoaOfVersion().use(setBefore).use(createProtect(issuer.validatorOptions)())
    const { send } = await serve(app)
    const { status, headers, challenges } = await send('/')
    expect(status).toBe(401)
    expect(headers).toMatchObject({ 'x-own': 'set before', 'cache-control': 'no-store' })
    expect(challenges).toEqual(['Basic realm="staging"', 'Bearer realm="api"'])
  })

  test("with errors: 'throw' Koa takes away what was set before, and leaves the challenge", async () => {
    const issuer = await openIssuer()
    const app = new KoaOfVersion().use(setBefore)
    const { send } = await serve(app.use(createProtect({ ...issuer.validatorOptions, errors: 'throw' })()))
    const { status, headers, challenges } = await send('/')
    expect(status).toBe(401)
    expect(headers['x-own']).toBeUndefined()
    expect(headers['cache-control']).toBe('no-store')
    expect(challenges).toEqual(['Bearer realm="api"'])
  })

  test.each(['respond', 'throw'] as const)(
    'a page can read refusals: %j when @koa/cors is in front',
    async (refusals) => {
      const issuer = await openIssuer()
      const protect = createProtect({ ...issuer.validatorOptions, errors: refusals })
      const app = new KoaOfVersion()
      app.use(cors({ credentials: true, exposeHeaders: ['WWW-Authenticate'] })).use(protect(scopes('read')))
      const { send } = await serve(app.use((ctx) => void (ctx.body = 'ok')))
      const own = (token: string): Sent => ({ headers: [...fromPage.headers, ...bearer(token).headers] })
      for (const [sent, status] of [
        [fromPage, 401],
        [own('nonsense'), 401],
        [own(await issuer.accessToken()), 403],
        [own(await issuer.accessToken({ scope: 'read' })), 200],
      ] as const) {
        const { headers, challenges, ...received } = await send('/', sent)
        expect([received.status, challenges.length]).toEqual([status, status === 200 ? 0 : 1])
        expect(headers).toMatchObject({
          'access-control-allow-origin': page,
          'access-control-allow-credentials': 'true',
          'access-control-expose-headers': 'WWW-Authenticate',
          vary: 'Origin',
        })
      }
    },
  )

  test.each(['respond', 'throw'] as const)(
    'a page can read outages: %j when @koa/cors is in front',
    async (refusals) => {
      const issuer = await openIssuer()
      const app = new KoaOfVersion()
        .use(cors())
        .use(createProtect({ issuer: nowhere, audience, clock: issuer.clock, errors: refusals })())
      const { send } = await serve(app)
      const token = await issuer.accessToken({ iss: nowhere })
      const { status, headers } = await send('/', { headers: [...fromPage.headers, ...bearer(token).headers] })
      expect([status, headers['access-control-allow-origin']]).toEqual([503, '*'])
      expect(Number(headers['retry-after'])).toBeGreaterThan(0)
    },
  )

  test('a layer in front may add a header to what is thrown, and gives it to no other request', async () => {
    const issuer = await openIssuer()
    const down = createProtect({ issuer: nowhere, audience, clock: issuer.clock, errors: 'throw' })
    const app = new KoaOfVersion()
    app.use(async (ctx, next) => {
      try {
        await next()
      } catch (error) {
        const { headers } = error as { headers: Record<string, string> }
        Object.assign(error as object, { headers: { ...headers, 'X-Request': ctx.get('X-Request') } })
        headers['X-Lost'] = 'on the object that was replaced'
        throw error
      }
    })
    const { send } = await serve(app.use(down()))
    const token = await issuer.accessToken({ iss: nowhere })
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const sentBy = (name: string): Sent => ({
      headers: [['X-Request', name], ...(name < 'c' ? [] : bearer(token).headers)],
    })
    const received = await Promise.all(names.map((name) => send('/', sentBy(name))))
    expect(received.map(({ status }) => status)).toEqual([401, 401, 503, 503, 503, 503])
    expect(received.map(({ headers }) => headers['x-request'])).toEqual(names)
    expect(received.filter(({ headers }) => 'x-lost' in headers)).toEqual([])
  })

  test('preflights are answered by @koa/cors in front, or let through to it when it is behind', async () => {
    const issuer = await openIssuer()
    const preflight = {
      method: 'OPTIONS',
      headers: [...fromPage.headers, ['Access-Control-Request-Method', 'PUT']],
    } as const
    const judging = createProtect(issuer.validatorOptions)
    const passing = createProtect({ ...issuer.validatorOptions, preflights: 'skip' })
    const front = await serve(new KoaOfVersion().use(cors()).use(judging()))
    const behind = await serve(new KoaOfVersion().use(passing()).use(cors()))
    const behindJudging = await serve(new KoaOfVersion().use(judging()).use(cors()))
    for (const { send } of [front, behind]) {
      const { status, headers } = await send('/', preflight)
      expect([status, headers['access-control-allow-origin']]).toEqual([204, '*'])
      // Without what makes it a preflight it is a request like any other.
      expect((await send('/', { method: 'OPTIONS' })).status).toBe(401)
    }
    expect((await behindJudging.send('/', preflight)).status).toBe(401)
  })
})
