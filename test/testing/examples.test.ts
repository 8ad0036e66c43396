import { expectProtected as expectExpress } from '@tollgate/express/testing'
import { expectProtected as expectFastify } from '@tollgate/fastify/testing'
import { expectProtected as expectHono } from '@tollgate/hono/testing'
import { expectProtected as expectKoa } from '@tollgate/koa/testing'
import { expect, onTestFinished, test } from 'vitest'
import { createApp as createCookies } from '../../examples/cookies/server.ts'
import { createAppOfTwo, createApp as createFastify, createConfiguredApp } from '../../examples/fastify/server.ts'
import { createStrictApp as createStrictFastify } from '../../examples/fastify/server.ts'
import { app as fastifyLines } from '../../examples/fastify/three-lines.ts'
import { createApp as createFirstApp } from '../../examples/getting-started/app.ts'
import { createApp as createHono, createStrictApp as createStrictHono } from '../../examples/hono/server.ts'
import { app as honoLines } from '../../examples/hono/three-lines.ts'
import { createPartnersApp } from '../../examples/issuers/server.ts'
import { createApp as createKoa, createStrictApp } from '../../examples/koa/server.ts'
import { app as koaLines } from '../../examples/koa/three-lines.ts'
import { createAppWithExceptions, createApp as createRoutes } from '../../examples/routes/server.ts'
import { createDatabaseApp } from '../../examples/tenants/server.ts'
import { app as expressLines } from '../../examples/three-lines/server.ts'
import { trust } from './faults.ts'

const other = 'https://partner.example'

test('expectProtected reports no route of the examples with Express', async () => {
  expect(await expectExpress(expressLines)).toEqual(['GET /orders', '/*'])
  expect(await expectExpress(createRoutes(trust), { except: ['/catalogue'] })).toHaveLength(7)
  const exceptions = { except: ['/health', '/docs/:page'] }
  expect(await expectExpress(createAppWithExceptions(trust), exceptions)).toEqual(['GET /orders', '/*'])
  expect(await expectExpress(createFirstApp(trust), { except: ['/health'] })).toContain('GET /me')
  expect(await expectExpress(createCookies(trust))).toEqual(['GET /orders', 'POST /orders'])
  expect(await expectExpress(createPartnersApp(trust.issuer, other))).toEqual(['GET /'])
  expect(await expectExpress(createDatabaseApp(async () => other))).toEqual(['GET /'])
})

test('expectProtected reports no route of the examples with Koa', async () => {
  expect(await expectKoa(koaLines)).toEqual(['GET /orders', '/*'])
  expect(await expectKoa(createKoa(trust), { except: ['/catalogue'] })).toEqual(['GET /orders'])
  expect(await expectKoa(createStrictApp(trust))).toEqual(['/*'])
})

test('expectProtected reports no route of the examples with Hono', async () => {
  expect(await expectHono(honoLines)).toEqual(['GET /orders', '/*'])
  const app = createHono(trust, () => undefined)
  expect(await expectHono(app, { except: ['/catalogue'] })).toContain('POST /admin/restart')
  expect(await expectHono(createStrictHono(trust))).toEqual(['GET /', '/*'])
})

test('expectProtected reports no route of the examples with Fastify', async () => {
  const configured = await createConfiguredApp(trust)
  const apps = [
    await createFastify(trust),
    configured,
    await createStrictFastify(trust),
    await createAppOfTwo(trust, trust),
  ]
  onTestFinished(async () => void (await Promise.all([...apps, fastifyLines].map((app) => app.close()))))
  const [plain, , strict, two] = apps
  expect(await expectFastify(fastifyLines)).toEqual(['GET /orders'])
  expect(plain && (await expectFastify(plain, { except: ['/catalogue'] }))).toEqual(['GET /orders'])
  expect(await expectFastify(configured, { except: ['/about', '/health'] })).toEqual(['GET /orders', 'GET /me'])
  expect(strict && (await expectFastify(strict))).toEqual(['GET /orders'])
  expect(two && (await expectFastify(two))).toHaveLength(4)
})
