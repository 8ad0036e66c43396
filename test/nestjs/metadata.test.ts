import { All, Controller, Get } from '@nestjs/common'
import { createProtect, Public, Scopes } from '@tollgate/nestjs'
import { describe, expect, test } from 'vitest'
import { createApp, createBare, invalidOption, platforms, serve } from './app.ts'

const trust = { issuer: 'https://as.example', audience: 'https://api.example' }
const wellKnown = '/.well-known/oauth-protected-resource'

function controllerOf(path: string, ...decorators: readonly MethodDecorator[]): new () => object {
  class OneRoute {
    route(): string {
      return 'handled'
    }
  }
  const method = Object.getOwnPropertyDescriptor(OneRoute.prototype, 'route') ?? {}
  decorators.forEach((decorator) => decorator(OneRoute.prototype, 'route', method))
  Controller(path)(OneRoute)
  return OneRoute
}

describe.each(platforms)('on %s', (platform) => {
  test('no global prefix and no route of the app has an effect', async () => {
    const controllers = [controllerOf('items', Get(), Scopes('read')), controllerOf(wellKnown, All(), Public())]
    const app = await createApp({ ...trust, metadata: 'served' }, { controllers, platform })
    app.setGlobalPrefix('v1', { exclude: [wellKnown] })
    const request = await serve(app)
    const { status, body } = await request(wellKnown)
    expect([status, JSON.parse(body)]).toEqual([200, expect.objectContaining({ scopes_supported: ['read'] })])
    expect(await request(`/v1${wellKnown}`)).toMatchObject({ body: expect.not.stringContaining('scopes') })
    const refused = await request('/v1/items')
    expect(refused.challenges).toEqual([
      `Bearer realm="api", scope="read", resource_metadata="https://api.example${wellKnown}"`,
    ])
  })

  test('by default it serves no metadata', async () => {
    const app = await createApp(trust, { controllers: [controllerOf('items', Get())], platform })
    const request = await serve(app)
    expect((await request(wellKnown)).status).toBe(404)
    expect((await request('/items')).challenges).toEqual(['Bearer realm="api"'])
  })
})

test('a part of the application serves its own metadata', async () => {
  const protect = createProtect({ ...trust, resource: 'https://api.example/admin' })
  const app = await createBare({})
  app.use(protect.metadata())
  const { body } = await (await serve(app))(`${wellKnown}/admin`)
  expect(JSON.parse(body)).toMatchObject({ resource: 'https://api.example/admin' })
})

test('the application does not start with a wrong option', async () => {
  const notUrl = { ...trust, audience: 'orders', metadata: 'served' } as const
  await expect(createApp(notUrl)).rejects.toMatchObject(invalidOption)
  await expect(createApp({ ...trust, metadata: true as never })).rejects.toMatchObject(invalidOption)
  expect(() => createProtect({ ...trust, metadata: 'served' })).toThrow(expect.objectContaining(invalidOption))
})
