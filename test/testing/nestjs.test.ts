import { Controller, Get, type INestApplication, Post, type Type, Version, VersioningType } from '@nestjs/common'
import { expectProtected as expectExpress } from '@tollgate/express/testing'
import { expectProtected as expectFastify } from '@tollgate/fastify/testing'
import { Public } from '@tollgate/nestjs'
import { describe, expect, test } from 'vitest'
import { createApp, createBare, platforms } from '../nestjs/app.ts'
import { faultsOf, trust } from './faults.ts'

/** A controller with these routes. Decorators are functions here, because Node runs this file as it is. */
function controllerOf(routes: Readonly<Record<string, readonly MethodDecorator[]>>): Type {
  class Orders {}
  for (const [name, decorators] of Object.entries(routes)) {
    const method = { value: () => ({ secret: true }), writable: true, configurable: true }
    Object.defineProperty(Orders.prototype, name, method)
    decorators.forEach((decorator) => decorator(Orders.prototype, name, method))
  }
  Controller('orders')(Orders)
  return Orders
}

describe.each(platforms)('expectProtected of a NestJS application on %s', (platform) => {
  async function check(
    app: INestApplication,
    except: readonly string[] = [],
    headers: Readonly<Record<string, string>> = {},
  ): Promise<readonly string[]> {
    await app.init()
    const instance = app.getHttpAdapter().getInstance() as never
    const options = { except, headers }
    return platform === 'express' ? expectExpress(instance, options) : expectFastify(instance, options)
  }
  const controllers = [controllerOf({ list: [Get(':id')], create: [Post()], health: [Get('health/now'), Public()] })]

  test('resolves with the routes that need a token', async () => {
    const app = await createApp(trust, { platform, controllers })
    const checked = await check(app, ['/orders/health/now'])
    expect(checked.toSorted()).toEqual(['GET /orders/:id', 'POST /orders'])
  })

  test('finds a route that is public by mistake', async () => {
    const app = await createApp(trust, { platform, controllers })
    expect(await faultsOf(check(app))).toEqual(['GET, HEAD /orders/health/now'])
  })

  test('reports nothing for the response of Nest to unknown paths below its global prefix', async () => {
    const app = await createApp(trust, { platform, controllers })
    app.setGlobalPrefix('api')
    const checked = await check(app, ['/api/orders/health/now'])
    expect(checked.toSorted()).toEqual(['GET /api/orders/:id', 'POST /api/orders'])
  })

  test('sends the headers that the version of a route demands', async () => {
    const [first, second] = [controllerOf({ list: [Get()] }), controllerOf({ list: [Get(), Public()] })]
    Version('1')(first.prototype, 'list', Object.getOwnPropertyDescriptor(first.prototype, 'list') ?? {})
    Version('2')(second.prototype, 'list', Object.getOwnPropertyDescriptor(second.prototype, 'list') ?? {})
    const app = await createApp(trust, { platform, controllers: [first, second] })
    app.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' })
    expect(await check(app, [], { 'X-Version': '1' })).toEqual(['GET /orders'])
    expect(await faultsOf(check(app, [], { 'X-Version': '2' }))).toHaveLength(1)
  })

  test('finds the routes of an application that does not import TollgateModule', async () => {
    const app = await createBare({ platform, controllers: [controllerOf({ list: [Get()] })] })
    expect(await faultsOf(check(app))).toEqual(['GET, HEAD /orders'])
  })
})
