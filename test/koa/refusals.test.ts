import { createProtect, createValidator, defineGuard, Refusal, scopes, Unavailable } from '@tollgate/koa'
import type Koa from 'koa'
import mount from 'koa-mount'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { audience, openIssuer } from '../harness/reference.ts'
import { bearer, serve, versions } from './serving.ts'

const nowhere = 'http://127.0.0.1:9'
const notTheOwner = defineGuard({ check: () => new Refusal({ reason: 'not-the-owner' }) })

/** The error handling that the documentation of Koa shows. */
async function answerAsMine(ctx: Koa.Context, next: Koa.Next, seen: unknown[]): Promise<void> {
  try {
    await next()
  } catch (error) {
    seen.push(error)
    const { status, headers } = error as Refusal | Unavailable
    ctx.status = status
    ctx.set(headers)
    ctx.body = 'mine'
  }
}

describe.each(versions)('%s', (_name, KoaOfVersion) => {
  test("with errors: 'throw' the app's error middleware sees the Refusal", async () => {
    const issuer = await openIssuer()
    const protect = createProtect({ ...issuer.validatorOptions, errors: 'throw' })
    const seen: unknown[] = []
    const app = new KoaOfVersion().use((ctx, next) => answerAsMine(ctx, next, seen)).use(protect(scopes('read')))
    const { send, errors } = await serve(app)
    const { status, body, challenges, headers } = await send('/', bearer(await issuer.accessToken()))
    expect([status, body, headers['cache-control']]).toEqual([403, 'mine', 'no-store'])
    expect(challenges).toEqual([expect.stringContaining('error="insufficient_scope"')])
    expect(seen[0]).toBeInstanceOf(Refusal)
    expect(seen[0]).toMatchObject({
      code: 'insufficient_scope',
      reason: 'missing-scope',
      status: 403,
      statusCode: 403,
      expose: true,
      headers: { 'WWW-Authenticate': challenges[0] },
    })
    expect(errors).toEqual([])
  })

  test("with errors: 'throw' the app's error middleware sees the Unavailable", async () => {
    const issuer = await openIssuer()
    const protect = createProtect({ issuer: nowhere, audience, errors: 'throw', clock: issuer.clock })
    const seen: unknown[] = []
    const app = new KoaOfVersion().use((ctx, next) => answerAsMine(ctx, next, seen)).use(protect())
    const { send } = await serve(app)
    const { status, challenges, headers } = await send('/', bearer(await issuer.accessToken({ iss: nowhere })))
    expect([status, challenges]).toEqual([503, []])
    expect(Number(headers['retry-after'])).toBeGreaterThan(0)
    expect(seen[0]).toBeInstanceOf(Unavailable)
    expect(seen[0]).toMatchObject({
      code: 'ERR_UPSTREAM_UNREACHABLE',
      reason: 'network',
      issuer: nowhere,
      status: 503,
      statusCode: 503,
      expose: false,
    })
  })

  test("with errors: 'throw' Koa itself answers with status and challenge, and tells no reason", async () => {
    const issuer = await openIssuer()
    const protect = createProtect(createValidator(issuer.validatorOptions), { errors: 'throw' })
    const app = new KoaOfVersion().use(mount('/owned', protect(notTheOwner))).use(protect(scopes('read')))
    const { send, errors } = await serve(app)
    const good = bearer(await issuer.accessToken())
    const misdirected = bearer(await issuer.accessToken({ aud: 'https://another.example' }))
    for (const [path, sent, status, challenge, reason] of [
      ['/', {}, 401, 'Bearer realm="api", scope="read"', 'no-credentials'],
      ['/', bearer('not a token'), 400, 'error="invalid_request"', 'malformed-credentials'],
      ['/', bearer('nonsense'), 401, 'error="invalid_token"', 'malformed-token'],
      ['/', misdirected, 401, 'error="invalid_token"', 'wrong-audience'],
      ['/', good, 403, 'scope="read"', 'missing-scope'],
      ['/owned', good, 403, 'error="insufficient_scope"', 'not-the-owner'],
    ] as const) {
      const received = await send(path, sent)
      expect(received, reason).toMatchObject({ status, headers: { 'cache-control': 'no-store' } })
      expect(received.challenges, reason).toEqual([expect.stringContaining(challenge)])
      // Koa tells the app of every error, those that are the client's too.
      expect(errors.at(-1), reason).toBeInstanceOf(Refusal)
      expect(errors.at(-1)).toMatchObject({ reason })
      expect(JSON.stringify(received)).not.toContain(reason)
    }
    expect(errors).toHaveLength(6)
  })

  test("with errors: 'throw' Koa's own answer to an outage does not name the issuer", async () => {
    const issuer = await openIssuer()
    const protect = createProtect({ issuer: nowhere, audience, errors: 'throw', clock: issuer.clock })
    const { send, errors } = await serve(new KoaOfVersion().use(protect()))
    const { status, challenges, headers, body } = await send('/', bearer(await issuer.accessToken({ iss: nowhere })))
    expect([status, challenges, headers['cache-control']]).toEqual([503, [], 'no-store'])
    expect(Number(headers['retry-after'])).toBeGreaterThan(0)
    expect(body).not.toContain('127.0.0.1')
    expect(errors).toEqual([expect.any(Unavailable)])
  })

  test('Koa prints outages that are thrown, and no refusals', async () => {
    const issuer = await openIssuer()
    const protect = createProtect({ issuer: nowhere, audience, errors: 'throw', clock: issuer.clock })
    const app = new KoaOfVersion().use(protect())
    const print = vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => print.mockRestore())
    app.on('error', (error) => app.onerror(error))
    const { send } = await serve(app)
    expect((await send('/')).status).toBe(401)
    expect(print).not.toHaveBeenCalled()
    expect((await send('/', bearer(await issuer.accessToken({ iss: nowhere })))).status).toBe(503)
    expect(print).toHaveBeenCalledOnce()
  })

  test("with errors: 'respond' the app hears of neither refusals nor outages", async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const down = createProtect({ issuer: nowhere, audience, clock: issuer.clock })
    const seen: unknown[] = []
    const app = new KoaOfVersion().use((ctx, next) => answerAsMine(ctx, next, seen))
    const { send, errors } = await serve(app.use(mount('/down', down())).use(protect(notTheOwner)))
    expect((await send('/')).status).toBe(401)
    const refused = await send('/', bearer(await issuer.accessToken()))
    expect([refused.status, Object.keys(JSON.parse(refused.body) as object)]).toEqual([
      403,
      ['error', 'error_description'],
    ])
    expect(JSON.stringify(refused)).not.toContain('owner')
    const { status, challenges, body } = await send('/down', bearer(await issuer.accessToken({ iss: nowhere })))
    expect([status, challenges]).toEqual([503, []])
    expect(body).not.toContain('127.0.0.1')
    expect([seen, errors]).toEqual([[], []])
  })
})
