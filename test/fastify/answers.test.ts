import { setTimeout as sleep } from 'node:timers/promises'
import tollgate, { defineGuard, Refusal, scopes } from '@tollgate/fastify'
import type { FastifyReply } from 'fastify'
import { expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { asking, openApp } from './asking.ts'

test('a response schema of the app does not touch our answer', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  const theirs = { type: 'object', required: ['problem'], properties: { problem: { type: 'string' } } }
  const schema = { response: { '4xx': theirs, 401: theirs, default: theirs } }
  app.get('/', { schema, onRequest: app.protect(scopes('read')) }, async () => ({ problem: 'none' }))
  const ask = await asking(app)
  const bare = await ask('/')
  expect([bare.status, bare.body]).toEqual([401, '{}'])
  const { status, body, headers } = await ask('/', { token: await issuer.accessToken() })
  expect([status, JSON.parse(body)]).toEqual([403, expect.objectContaining({ error: 'insufficient_scope' })])
  expect(headers['content-type']).toMatch(/^application\/json/)
  expect((await ask('/', { token: await issuer.accessToken({ scope: 'read' }) })).body).toBe('{"problem":"none"}')
})

test('neither does a serializer of the app', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  app.setReplySerializer(() => 'serialized')
  await app.register(tollgate, issuer.validatorOptions)
  app.get('/', { onRequest: app.protect() }, async () => ({}))
  const ask = await asking(app)
  expect((await ask('/', { token: await issuer.wrongToken('expired') })).body).toContain('"error":"invalid_token"')
  expect((await ask('/', { token: await issuer.accessToken() })).body).toBe('serialized')
})

test.each(['reply', 'raw'] as const)(
  'headers that the app has set stay, its own challenges included: %s',
  async (by) => {
    const issuer = await openIssuer()
    const app = openApp()
    await app.register(tollgate, issuer.validatorOptions)
    app.addHook('onRequest', async (request, reply) => {
      const own = request.url === '/two' ? ['Basic realm="one"', 'Basic realm="two"'] : 'Basic realm="one"'
      const target = by === 'reply' ? { setHeader: reply.header.bind(reply) } : reply.raw
      target.setHeader('WWW-Authenticate', own)
      target.setHeader('Access-Control-Allow-Origin', '*')
    })
    for (const path of ['/one', '/two']) {
      app.get(path, { onRequest: app.protect() }, async () => 'ok')
    }
    const ask = await asking(app)
    const { headers, challenges } = await ask('/one')
    expect(headers).toMatchObject({ 'access-control-allow-origin': '*', 'cache-control': 'no-store' })
    expect(challenges).toEqual(['Basic realm="one"', 'Bearer realm="api"'])
    expect((await ask('/two')).challenges).toEqual(['Basic realm="one"', 'Basic realm="two"', 'Bearer realm="api"'])
  },
)

test('our answer passes the hooks that answers pass', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  const passed: string[] = []
  app.addHook('onSend', async (_request, reply, payload) => {
    passed.push(`onSend ${reply.statusCode}`)
    reply.header('X-Passed', 'onSend')
    return payload
  })
  app.addHook('onResponse', async (_request, reply) => void passed.push(`onResponse ${reply.statusCode}`))
  app.addHook('onError', async () => void passed.push('onError'))
  app.get('/', { onRequest: app.protect() }, async () => 'ok')
  const { status, headers } = await (await asking(app))('/')
  expect([status, headers['x-passed']]).toEqual([401, 'onSend'])
  await expect.poll(() => passed).toEqual(['onSend 401', 'onResponse 401'])
})

test('a reply that somebody else has taken over is theirs', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  let handled = 0
  const take = (reply: FastifyReply): void => void reply.hijack().raw.end('theirs')
  app.addHook('onRequest', async ({ url }, reply) => {
    if (url === '/before') {
      take(reply)
    } else {
      setImmediate(take, reply)
    }
  })
  const slow = defineGuard({ check: async () => sleep(20, new Refusal({ reason: 'mine' })) })
  for (const path of ['/before', '/meanwhile']) {
    app.get(path, { onRequest: app.protect(slow) }, async () => {
      handled += 1
      return 'ok'
    })
  }
  const ask = await asking(app)
  for (const path of ['/before', '/meanwhile']) {
    expect(await ask(path, { token: await issuer.accessToken() })).toMatchObject({ status: 200, body: 'theirs' })
  }
  expect(handled).toBe(0)
})
