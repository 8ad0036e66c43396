import { bodyParser } from '@koa/bodyparser'
import { createProtect, defineGuard } from '@tollgate/koa'
import { describe, expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import type { Sent } from '../harness/send.ts'
import { bearer, serve, versions } from './serving.ts'

function form(body: string, method = 'POST'): Sent {
  return { method, headers: [['Content-Type', 'application/x-www-form-urlencoded']], body }
}

/** Tells whether anybody looked at the members of a body. */
function watched(body: object): { readonly body: object; readonly looks: () => number } {
  let looks = 0
  const look = <Result>(result: Result): Result => {
    looks += 1
    return result
  }
  const watching = new Proxy(body, {
    get: (target, name) => look(Reflect.get(target, name) as unknown),
    has: (target, name) => look(Reflect.has(target, name)),
    ownKeys: (target) => look(Reflect.ownKeys(target)),
    getOwnPropertyDescriptor: (target, name) => look(Reflect.getOwnPropertyDescriptor(target, name)),
  })
  return { body: watching, looks: () => looks }
}

describe.each(versions)('%s', (_name, Koa) => {
  test('a header that a middleware in front sets or removes counts', async () => {
    const issuer = await openIssuer()
    const app = new Koa().use((ctx, next) => {
      if (ctx.get('X-Strip') !== '') {
        delete ctx.headers.authorization
      } else if (ctx.cookies.get('token') !== undefined) {
        ctx.headers.authorization = `Bearer ${ctx.cookies.get('token')}`
      }
      return next()
    })
    app.use(createProtect(issuer.validatorOptions)()).use((ctx) => void (ctx.body = ctx.state.auth.subject))
    const { send } = await serve(app)
    const token = await issuer.accessToken()
    expect((await send('/', { headers: [['Cookie', `token=${token}`]] })).body).toBe('alice')
    const { status, challenges } = await send('/', { headers: [...bearer(token).headers, ['X-Strip', '1']] })
    expect([status, challenges]).toEqual([401, ['Bearer realm="api"']])
  })

  test('two Authorization lines are refused, though Koa shows only the first', async () => {
    const issuer = await openIssuer()
    const protect = createProtect({ ...issuer.validatorOptions, errors: 'throw' })
    const { send, errors } = await serve(new Koa().use(protect.optional()))
    const { headers } = bearer(await issuer.accessToken())
    expect((await send('/', { headers })).status).toBe(404)
    for (const lines of [
      [...headers, ...headers],
      [...headers, ['Authorization', 'Basic YTpi']],
    ] as const) {
      const { status, challenges } = await send('/', { headers: lines })
      expect([status, challenges]).toEqual([400, [expect.stringContaining('error="invalid_request"')]])
      expect(errors.at(-1)).toMatchObject({ reason: 'repeated-credentials' })
    }
  })

  test('a parsed body is looked at with formBody: "accepted", and not without', async () => {
    const issuer = await openIssuer()
    const ignoring = createProtect(issuer.validatorOptions)
    const accepting = createProtect({ ...issuer.validatorOptions, formBody: 'accepted' })
    const token = await issuer.accessToken()
    for (const [protect, status, isLookedAt] of [
      [ignoring, 401, false],
      [accepting, 200, true],
    ] as const) {
      const parsed = watched({ access_token: token, file: 'x'.repeat(8 * 1024 * 1024) })
      const app = new Koa().use((ctx, next) => {
        Object.assign(ctx.request, { body: parsed.body })
        return next()
      })
      const { send } = await serve(app.use(protect()).use((ctx) => void (ctx.body = 'ok')))
      expect((await send('/', form('a=b'))).status).toBe(status)
      expect(parsed.looks() > 0).toBe(isLookedAt)
    }
  })

  test('the token of a form counts when @koa/bodyparser is in front, and not when it is behind', async () => {
    const issuer = await openIssuer()
    const protect = createProtect({ ...issuer.validatorOptions, formBody: 'accepted', errors: 'throw' })
    const front = new Koa().use(bodyParser()).use(protect())
    front.use((ctx) => void (ctx.body = { subject: protect.auth(ctx).subject, form: ctx.request.body }))
    const behind = new Koa().use(protect()).use(bodyParser())
    const { send, errors } = await serve(front)
    const token = await issuer.accessToken()
    const own = form(`access_token=${token}&of=7`)
    expect((await send('/', own)).body).toBe(
      JSON.stringify({ subject: 'alice', form: { access_token: token, of: '7' } }),
    )
    expect((await (await serve(behind)).send('/', own)).status).toBe(401)
    for (const [sent, status, reason] of [
      [form('of=7'), 401, 'no-credentials'],
      [form(`access_token=${token}&access_token=${token}`), 400, 'repeated-credentials'],
      [{ ...own, headers: [...(own.headers ?? []), ...bearer(token).headers] }, 400, 'repeated-credentials'],
      [form(`access_token=${token}`, 'GET'), 401, 'no-credentials'],
      [form(`access_token=${token}`, 'DELETE'), 401, 'no-credentials'],
      [
        { ...own, headers: [['Content-Type', 'application/json']], body: `{"access_token":"${token}"}` },
        401,
        'no-credentials',
      ],
    ] as const) {
      expect((await send('/', sent)).status, reason).toBe(status)
      expect(errors.at(-1)).toMatchObject({ reason })
    }
  })

  test('a token that a parser behind optional protection brings counts in the next layer', async () => {
    const issuer = await openIssuer()
    const protect = createProtect({ ...issuer.validatorOptions, formBody: 'accepted' })
    const app = new Koa().use(protect.optional()).use(bodyParser()).use(protect())
    const { send } = await serve(app.use((ctx) => void (ctx.body = protect.auth(ctx).subject)))
    expect((await send('/', form(`access_token=${await issuer.accessToken()}`))).body).toBe('alice')
    expect((await send('/', form('of=7'))).status).toBe(401)
  })

  test('guards see the address as it came, whatever a middleware in front has made of it', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = new Koa().use((ctx, next) => {
      ctx.url = '/public?access_token=none'
      return next()
    })
    const seen: string[] = []
    app.use(protect(defineGuard({ check: (_token, { request }) => void seen.push(request.url) })))
    const { send } = await serve(app.use((ctx) => void (ctx.body = ctx.path)))
    expect((await send('/secret?of=7', bearer(await issuer.accessToken()))).body).toBe('/public')
    expect(seen).toEqual(['/secret?of=7'])
  })
})
