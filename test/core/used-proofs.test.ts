/** Which request has used a proof, when an application validates it several times. */
import { createServer, type RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { createValidator, type HttpRequest, memoryReplayStore, type Validator } from '@tollgate/core'
import { createProtect as protectExpress } from '@tollgate/express'
import tollgate from '@tollgate/fastify'
import { createProtect as protectHono } from '@tollgate/hono'
import { createProtect as protectKoa } from '@tollgate/koa'
import { createSenderClient } from '@tollgate/mock-issuer'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { describe, expect, test } from 'vitest'
import { apiOrigin } from '../harness/dpop.ts'
import { listen } from '../harness/listen.ts'
import { openIssuer } from '../harness/reference.ts'
import { send } from '../harness/send.ts'

const url = `${apiOrigin}/items`

interface SetUp {
  readonly validator: Validator
  /** The header lines of a request with a new proof. */
  readonly lines: () => Promise<readonly (readonly [string, string])[]>
}

async function open({ failures = 0 } = {}): Promise<SetUp> {
  let left = failures
  const issuer = await openIssuer()
  const client = await createSenderClient({ clock: issuer.clock })
  const token = await issuer.accessToken({ cnf: client.cnf })
  const memory = memoryReplayStore({ clock: issuer.clock })
  const validator = createValidator({
    ...issuer.validatorOptions,
    origin: apiOrigin,
    dpop: {
      mode: 'accepted',
      // A store takes a while, and so two calls for one request meet in it.
      replay: {
        remember: async (key, ttl) => {
          await new Promise((resolve) => setTimeout(resolve, 5))
          left -= 1
          if (left >= 0) {
            throw new Error('the store is gone')
          }
          return memory.remember(key, ttl)
        },
      },
    },
  })
  const lines = async () => Object.entries(await client.headers({ url, token }))
  return { validator, lines }
}

/** The results of calls at once: `'OK'`, or the reason of the refusal. */
async function resultsOf(validator: Validator, ...requests: readonly HttpRequest[]): Promise<readonly string[]> {
  const results = requests.map((request) =>
    validator.authenticate(request).then(
      () => 'OK',
      (error: unknown) => (error as { reason: string }).reason,
    ),
  )
  return Promise.all(results)
}

describe('used proofs', () => {
  test('two calls at once for one request use its proof once', async () => {
    const { validator, lines } = await open()
    const request = { method: 'GET', url: '/items', headers: await lines() }
    expect(await resultsOf(validator, request, request)).toEqual(['OK', 'OK'])
    expect(await resultsOf(validator, { ...request })).toEqual(['replayed-proof'])
  })

  test('requests that share an object of the application in `native` are different ones', async () => {
    const { validator, lines } = await open()
    const bindings = { db: {}, req: {}, raw: {} }
    for (const native of [bindings, undefined, null, 'x', []]) {
      const request = { method: 'GET', url: '/items', headers: await lines(), native }
      expect(await resultsOf(validator, request)).toEqual(['OK'])
      expect(await resultsOf(validator, { ...request }, { ...request })).toEqual(['replayed-proof', 'replayed-proof'])
    }
  })

  const listeners: Readonly<Record<string, (validator: Validator) => Promise<RequestListener>>> = {
    express: async (validator) => {
      const app = express()
      app.get('/items', protectExpress(validator)(), async (req, res) => {
        await validator.authenticate(req)
        res.send('twice')
      })
      return app
    },
    koa: async (validator) => {
      const app = new Koa()
      app.use(protectKoa(validator)())
      app.use(async (ctx) => {
        await validator.authenticate(ctx.req)
        ctx.body = 'twice'
      })
      return app.callback()
    },
    fastify: async (validator) => {
      const app = fastify()
      await app.register(tollgate, { validator })
      app.get('/items', { onRequest: app.protect() }, async (request) => {
        await validator.authenticate(request.raw)
        return 'twice'
      })
      await app.ready()
      return (request, response) => app.routing(request, response)
    },
    hono: async (validator) => {
      const app = new Hono()
      app.get('/items', protectHono(validator)(), async (c) => {
        await validator.authenticate(c.req.raw)
        return c.text('twice')
      })
      return getRequestListener(app.fetch, { overrideGlobalObjects: false })
    },
  }
  test.each(Object.keys(listeners))('a handler of %s can validate the request below its framework', async (name) => {
    const { validator, lines } = await open()
    const origin = await listen(createServer(await listeners[name]?.(validator)))
    const headers = await lines()
    expect(await send(origin, { headers })).toMatchObject({ status: 200, body: 'twice' })
    expect(await send(origin, { headers })).toMatchObject({ status: 401 })
  })

  test('after an error of the store, the same request can ask again', async () => {
    const { validator, lines } = await open({ failures: 1 })
    const request = { method: 'GET', url: '/items', headers: await lines() }
    expect(await resultsOf(validator, request, request)).toEqual(['replay-store', 'replay-store'])
    expect(await resultsOf(validator, request)).toEqual(['OK'])
  })
})
