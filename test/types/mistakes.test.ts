// oxlint-disable typescript/await-thenable -- the await is the mistake
import { Router } from '@koa/router'
import { createProtect, defineGuard, Refusal, scopes } from '@tollgate/express'
import { expectProtected as expectExpress } from '@tollgate/express/testing'
import { expectProtected as expectFastify } from '@tollgate/fastify/testing'
import { createProtect as createKoaProtect, type ProtectedState } from '@tollgate/koa'
import { expectProtected as expectKoa } from '@tollgate/koa/testing'
import express from 'express'
import fastify from 'fastify'
import Koa from 'koa'
import { expectTypeOf, test } from 'vitest'

const trust = { issuer: 'https://as.example', audience: 'api' }

test('a check that does not return its result does not compile', () => {
  const uncalled = (): void => {
    // @ts-expect-error -- nothing is returned
    defineGuard({ check: () => {} })
    // @ts-expect-error -- nothing is returned at the end
    defineGuard({ check: async () => {} })
    defineGuard({
      // @ts-expect-error -- the other branch returns nothing
      check: (token) => {
        if (token.subject === 'mallory') {
          return new Refusal({ reason: 'mallory' })
        }
      },
    })
    // @ts-expect-error -- a boolean is no result
    defineGuard({ check: (token) => token.subject === 'alice' })
    // @ts-expect-error -- only 'pass' accepts
    defineGuard({ check: () => 'ok' })
    // @ts-expect-error -- the demand is misspelt
    defineGuard({ demands: { scope: ['read'] }, check: () => 'pass' })
    // @ts-expect-error -- check is missing
    defineGuard({ demands: { scopes: ['read'] } })
  }
  expectTypeOf(uncalled).toBeFunction()
})

test('protect without a call does not compile in Express', () => {
  const uncalled = (): void => {
    const protect = createProtect(trust)
    const app = express()
    // @ts-expect-error -- protect has to be called
    app.use(protect)
    // @ts-expect-error -- protect has to be called
    app.use('/admin', protect)
    // @ts-expect-error -- protect.optional has to be called
    app.use(protect.optional)
    // @ts-expect-error -- protect has to be called
    app.get('/orders', protect, (_req, res) => void res.end())
    // @ts-expect-error -- protect.optional has to be called
    app.get('/orders', protect.optional, (_req, res) => void res.end())
    // @ts-expect-error -- a guard is no layer
    app.get('/orders', scopes('read'), (_req, res) => void res.end())
    // @ts-expect-error -- guards are no list
    app.use(protect([scopes('read')]))
    // @ts-expect-error -- the result of a guard is an argument, not the guard function
    app.use(protect(scopes))
  }
  expectTypeOf(uncalled).toBeFunction()
})

test('protect without a call does not compile in Koa', () => {
  const uncalled = (): void => {
    const protect = createKoaProtect(trust)
    const router = new Router()
    // @ts-expect-error -- protect has to be called
    new Koa().use(protect)
    // @ts-expect-error -- protect.optional has to be called
    new Koa().use(protect.optional)
    // @ts-expect-error -- protect has to be called
    router.use(protect)
    // @ts-expect-error -- protect.optional has to be called
    router.get('/orders', protect.optional, (ctx) => {
      ctx.body = 'secret'
    })
    // @ts-expect-error -- a guard is no layer
    new Koa().use(scopes('read'))
  }
  expectTypeOf(uncalled).toBeFunction()
})

test('to await the middleware does not compile', () => {
  const uncalled = async (): Promise<void> => {
    // @ts-expect-error -- a middleware is no promise
    await createProtect(trust)()
    // @ts-expect-error -- a middleware is no promise
    await createProtect(trust).optional()
    // @ts-expect-error -- a middleware is no promise
    await createProtect(trust).unless('/health')
    // @ts-expect-error -- a middleware is no promise
    await createKoaProtect(trust)()
  }
  expectTypeOf(uncalled).toBeFunction()
})

test('expectProtected takes the apps of the frameworks, and no other app', () => {
  const uncalled = async (): Promise<void> => {
    expectTypeOf(await expectExpress(express(), { except: ['/health'] })).toEqualTypeOf<readonly string[]>()
    await expectKoa(new Koa())
    await expectKoa(new Koa<ProtectedState, { custom: boolean }>(), { examples: { '/:id': '/1' } })
    await expectFastify(fastify())
    await expectFastify(fastify({ http2: true }))
    await expectFastify(fastify({ https: {} }).withTypeProvider())
    // @ts-expect-error -- this is no app of Koa
    await expectKoa(express())
    // @ts-expect-error -- this is no app of Fastify
    await expectFastify(express())
    // @ts-expect-error -- the option is misspelt
    await expectExpress(express(), { exept: [] })
    // @ts-expect-error -- the exceptions are a list
    await expectExpress(express(), { except: '/health' })
  }
  expectTypeOf(uncalled).toBeFunction()
})
