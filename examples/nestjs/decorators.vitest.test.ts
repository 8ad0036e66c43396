import { Controller, Get, Scope, UseGuards } from '@nestjs/common'
import { ExternalContextCreator } from '@nestjs/core'
import { type AccessToken, active, createValidator, scopes } from '@tollgate/core'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { create, listen, moduleOf, platformNames, send } from './serving.ts'
import { Auth, Protect, ProtectGuard, Public } from './tollgate.ts'

const issuer = await createMockIssuer()
const validator = createValidator(issuer.validatorOptions)
afterAll(() => Promise.all([issuer.close(), validator.close()]))

async function bearer(claimsOfToken?: Record<string, unknown>) {
  return { authorization: [`Bearer ${await issuer.accessToken(claimsOfToken)}`] }
}

/** A decorator that replaces the function of a method and copies no metadata. */
function Wrapped(_target: object, _name: string, method: TypedPropertyDescriptor<() => string>): void {
  const wrapped = method.value
  method.value = function wrapper(this: object) {
    return wrapped?.call(this) ?? ''
  }
}

describe.each(platformNames)('on %s', (platform) => {
  test('a method of a public class can be protected, and a subclass has the guards of its base class', async () => {
    @Protect(scopes('base'))
    class Base {
      @Get('shared')
      shared() {
        return 'shared'
      }
    }

    @Controller('extended')
    @Protect(scopes('extended'))
    class ExtendedController extends Base {}

    @Controller()
    @Public()
    class PublicController {
      @Get('private')
      @Protect(scopes('one'))
      @Protect(scopes('two'))
      private() {
        return 'private'
      }
    }
    const origin = await listen(await create(platform, moduleOf(validator, ExtendedController, PublicController)))
    expect((await send(origin, 'GET /private')).challenges).toEqual(['Bearer realm="api", scope="two one"'])
    expect((await send(origin, 'GET /extended/shared')).challenges).toEqual([
      'Bearer realm="api", scope="base extended"',
    ])
  })

  test('a second guard and a request-scoped controller validate the token once', async () => {
    // The methods of a validator cannot be replaced. Those of a copy can.
    const copy = { ...validator }
    const validations = vi.spyOn(copy, 'authenticateOptional')
    const combined = vi.spyOn(copy, 'combine')

    @Controller({ scope: Scope.REQUEST })
    @UseGuards(ProtectGuard)
    @Protect(scopes('one'))
    class TwiceController {
      @Get()
      @Protect(scopes('two'))
      get(@Auth() token: AccessToken) {
        return { for: token.subject }
      }
    }
    const origin = await listen(await create(platform, moduleOf(copy, TwiceController)))
    const combinedAtStart = combined.mock.calls.length
    expect(await send(origin, 'GET /', await bearer({ scope: 'one two' }))).toMatchObject({ status: 200 })
    expect(validations).toHaveBeenCalledOnce()
    expect(combined.mock.calls.length).toBe(combinedAtStart)
    vi.restoreAllMocks()
  })

  test('the app does not start with a guard that no issuer supports', async () => {
    @Controller()
    class ActiveController {
      @Get()
      @Protect(active({ within: '1m' }))
      get() {
        return 'passed'
      }
    }
    const app = await create(platform, moduleOf(validator, ActiveController))
    await expect(app.init()).rejects.toThrow(/introspection/)
  })
})

test('the app does not start if a decorator has removed a rule', async () => {
  @Controller()
  class WrappedController {
    @Get()
    @Wrapped
    @Protect(scopes('one'))
    get() {
      return 'passed'
    }
  }
  const app = await create('express', moduleOf(validator, WrappedController))
  await expect(app.init()).rejects.toThrow('WrappedController.get')
})

test('a message that is no HTTP request is an error, except on a public handler', async () => {
  @Controller()
  class MessageController {
    @Get()
    get() {
      return 'passed'
    }

    @Get('public')
    @Public()
    public() {
      return 'passed'
    }
  }
  const app = await create('express', moduleOf(validator, MessageController))
  await app.init()
  const controller = app.get(MessageController)
  const byMessage = (name: 'get' | 'public') =>
    app
      .get(ExternalContextCreator)
      .create(controller, controller[name], name, undefined, undefined, undefined, undefined, undefined, 'rpc')()
  await expect(byMessage('get')).rejects.toThrow(/over HTTP/)
  expect(await byMessage('public')).toBe('passed')
})

test('a public and protected route is a TypeError', () => {
  const method = { value: () => 'passed' }
  Protect(scopes('one'))({}, 'get', method)
  expect(() => Public()({}, 'get', method)).toThrow(/only one of/)
})
