/** `protect.unless`, with paths as the router of Hono matches them. */
import { createProtect, scopes } from '@tollgate/hono'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { bearer, serve } from './serving.ts'

const challenge = ['Bearer realm="api"']

async function openUnless(strict: boolean) {
  const issuer = await openIssuer()
  const protect = createProtect(issuer.validatorOptions)
  const app = new Hono({ strict }).use(protect.unless(['/health', '/docs/intro', '/']))
  const { send } = await serve(app.get('*', (c) => c.text(protect.optional.auth(c)?.subject ?? 'nobody')))
  return { send, good: bearer(await issuer.accessToken()), expired: bearer(await issuer.wrongToken('expired')) }
}

describe.each([true, false])('strict: %j', (strict) => {
  test('the paths need no token, and every other spelling needs one', async () => {
    const { send, good } = await openUnless(strict)
    for (const path of ['/health', '/docs/intro', '/', '/health?x=1', '/he%61lth', '/x/../health']) {
      expect((await send(path)).body, path).toBe('nobody')
    }
    for (const path of ['/Health', '//health', '/health/x', '/healthy', '/docs', '/health%2f', '/x?/health']) {
      expect((await send(path)).challenges, path).toEqual(challenge)
    }
    expect((await send('/orders', good)).body).toBe('alice')
  })

  test('a slash at the end counts as the router counts it', async () => {
    const { send } = await openUnless(strict)
    const { body } = await send('/health/')
    expect(body).toBe(strict ? '{}' : 'nobody')
  })

  test('a token at such a path is not looked at', async () => {
    const { send, good, expired } = await openUnless(strict)
    for (const sent of [good, expired]) {
      expect(await send('/health', sent)).toMatchObject({ status: 200, body: 'nobody' })
    }
  })
})

test('in a sub-app, and with a base path, the path is the whole path', async () => {
  const issuer = await openIssuer()
  const protect = createProtect(issuer.validatorOptions)
  const sub = new Hono().use(protect.unless(['/sub/health', '/status'])).get('*', (c) => c.text('ok'))
  const based = new Hono().basePath('/api').use(protect.unless('/api/health'))
  based.get('*', (c) => c.text('ok'))
  const { send } = await serve(new Hono().route('/sub', sub).route('/', based))
  expect([(await send('/sub/health')).body, (await send('/api/health')).body]).toEqual(['ok', 'ok'])
  for (const path of ['/sub/status', '/sub', '/api', '/api/orders', '/sub/sub/health']) {
    expect((await send(path)).challenges, path).toEqual(challenge)
  }
})

test('a function decides by the context, its guards apply elsewhere, and a wrong result is a failure', async () => {
  const issuer = await openIssuer()
  const protect = createProtect(issuer.validatorOptions)
  const app = new Hono().use(
    '/a/*',
    protect.unless((c) => c.req.method === 'HEAD' || c.req.path.startsWith('/a/public/'), scopes('read')),
  )
  app.use('/b/*', protect.unless((() => 'yes') as never))
  app.use(
    '/c/*',
    protect.unless(() => {
      throw new Error('mine')
    }),
  )
  const { send, errors } = await serve(app.all('*', (c) => c.text('ok')))
  expect([(await send('/a/public/x')).status, (await send('/a/x', { method: 'HEAD' })).status]).toEqual([200, 200])
  expect((await send('/a/x')).challenges).toEqual(['Bearer realm="api", scope="read"'])
  expect((await send('/a/x', bearer(await issuer.accessToken()))).status).toBe(403)
  expect([(await send('/b/x')).status, (await send('/c/x')).status]).toEqual([500, 500])
  expect(errors).toHaveLength(2)
})

test('a layer behind it still needs a token', async () => {
  const issuer = await openIssuer()
  const protect = createProtect(issuer.validatorOptions)
  const app = new Hono()
    .use(protect.unless('/health'))
    .get('/health', protect(), (c) => c.text(protect.auth(c).subject ?? ''))
  const { send } = await serve(app)
  expect((await send('/health')).challenges).toEqual(challenge)
  expect((await send('/health', bearer(await issuer.accessToken()))).body).toBe('alice')
})
