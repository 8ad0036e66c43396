import { Controller, Get, Inject, Injectable, Module } from '@nestjs/common'
import { EventPattern, MessagePattern, Transport } from '@nestjs/microservices'
import { Test } from '@nestjs/testing'
import { active, createValidator, scopes, type Validator } from '@tollgate/core'
import {
  createProtect,
  OptionalAuth,
  Protect,
  Public,
  Scopes,
  TOLLGATE_OPTIONS,
  TollgateGuard,
  TollgateModule,
  type TollgateOptions,
  VALIDATOR,
} from '@tollgate/nestjs'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { createApp, createBare, failureOf, invalidOption, serve } from './app.ts'

const issuer = await createMockIssuer()
afterAll(() => issuer.close())
const { validatorOptions: options } = issuer

async function failureWith(...controllers: readonly (new () => object)[]): Promise<unknown> {
  return failureOf(createApp(options, { controllers }))
}

/** A decorator that replaces the function of a method and copies no metadata. */
function Wrapped(_target: object, _name: string, method: TypedPropertyDescriptor<() => string>): void {
  const wrapped = method.value
  method.value = function wrapper(this: object) {
    return wrapped?.call(this) ?? ''
  }
}

@Controller()
class AccountController {
  @Get('account')
  account() {
    return 'account'
  }
}

describe('an application does not start', () => {
  test.each<[string, unknown]>([
    ['without options', undefined],
    ['without an issuer', { audience: 'https://api.example' }],
    ['with an unknown option', { ...options, audienc: 'https://api.example' }],
    ['with an unknown value of handshakeAuth', { ...options, handshakeAuth: 'maybe' }],
    ['with a validator beside other options', { validator: createValidator(options), audience: 'https://api.example' }],
  ])('%s', async (_title, invalid) => {
    expect(await failureOf(createApp(invalid as TollgateOptions))).toMatchObject(invalidOption)
    expect(() => createProtect(invalid as TollgateOptions)).toThrow(TypeError)
  })

  test('with a guard that no issuer supports', async () => {
    @Controller()
    class ActiveController {
      @Get()
      @Protect(active({ within: '1m' }))
      get() {
        return 'passed'
      }
    }
    expect(await failureWith(ActiveController)).toMatchObject(invalidOption)
  })

  test('with a value that is no guard', async () => {
    @Controller()
    @Protect('orders:read' as never)
    class MistakenController extends AccountController {}
    expect(await failureWith(MistakenController)).toMatchObject(invalidOption)
  })

  test('with two TollgateModules', async () => {
    const imports = [TollgateModule.forRoot({ ...options })]
    expect(await failureOf(createApp(options, { imports }))).toMatchObject(invalidOption)
  })

  test('with TollgateModule without forRoot', async () => {
    const failure = await failureOf(createBare({ imports: [TollgateModule] }))
    expect(String(failure)).toContain('TOLLGATE_OPTIONS')
  })

  test.each([Protect(), Scopes('a'), OptionalAuth(), Public()])(
    'with a decorator and without TollgateModule',
    async (decorator) => {
      @Controller()
      @decorator
      class DecoratedController extends AccountController {}
      const failure = await failureOf(createBare({ controllers: [DecoratedController] }))
      expect(String(failure)).toContain('TollgateModule.forRoot')
    },
  )

  test('when another decorator has removed a rule', async () => {
    @Controller()
    class WrappedController {
      @Get()
      @Wrapped
      @Protect(scopes('one'))
      get() {
        return 'passed'
      }
    }
    expect(await failureWith(WrappedController)).toMatchObject(invalidOption)
  })

  test('when a class decorator has wrapped the class and hides its rule', async () => {
    const Proxied = (type: typeof AccountController) => new Proxy(type, {})

    @Controller()
    class Plain extends AccountController {}
    const Hidden = Proxied(Plain)
    Scopes('one')(Hidden)
    expect(await failureWith(Hidden)).toMatchObject(invalidOption)
  })

  test('when a subclass overrides a decorated method without its rule', async () => {
    class Base {
      @Get()
      @Scopes('one')
      get() {
        return 'base'
      }
    }

    @Controller()
    class Overriding extends Base {
      @Get()
      override get() {
        return 'overriding'
      }
    }
    expect(await failureWith(Overriding)).toMatchObject(invalidOption)
  })

  test.each([Public(), OptionalAuth()])(
    'when a protected subclass inherits a method that is public or optional',
    async (exception) => {
      class Base {
        @Get()
        @exception
        get() {
          return 'base'
        }
      }

      @Controller()
      @Scopes('admin')
      class AdminController extends Base {}
      expect(await failureWith(AdminController)).toMatchObject(invalidOption)

      @Controller('undecorated')
      class Undecorated extends Base {}
      const app = await createApp(options, { controllers: [Undecorated] })
      expect((await (await serve(app))('/undecorated')).status).toBe(200)
    },
  )

  test('when a method of a service has a rule, because Nest runs no guard for it', async () => {
    @Injectable()
    class OrdersService {
      @Scopes('admin')
      purge() {
        return 'purged'
      }
    }
    @Injectable()
    @Protect()
    class ReportsService {}
    @Injectable()
    @Public()
    class AboutService {}
    expect(await failureOf(createApp(options, { providers: [OrdersService] }))).toMatchObject(invalidOption)
    expect(await failureOf(createApp(options, { providers: [ReportsService] }))).toMatchObject(invalidOption)
    await createApp(options, { providers: [AboutService], controllers: [AccountController] })
  })

  test('when a method of a controller has a rule and no route', async () => {
    @Controller()
    class PurgeController extends AccountController {
      @Scopes('admin')
      purge() {
        return 'purged'
      }
    }
    expect(await failureWith(PurgeController)).toMatchObject(invalidOption)
  })

  test.each([MessagePattern('sum'), EventPattern('added')])(
    'with a handler of messages that is not public',
    async (pattern) => {
      @Controller()
      class MessageController {
        @pattern
        sum(_data: unknown) {
          return 3
        }
      }
      expect(await failureWith(MessageController)).toMatchObject(invalidOption)

      @Controller()
      class PublicController {
        @pattern
        @Public()
        sum(_data: unknown) {
          return 3
        }
      }
      const app = await createApp(options, { controllers: [PublicController] })
      app.connectMicroservice({ transport: Transport.TCP, options: { port: 0 } })
      await expect(app.init()).resolves.toBe(app)
    },
  )
})

describe('a decorator is a TypeError', () => {
  const method = () => ({ value: () => 'passed' })

  test.each([
    ['@Public and @Scopes', [Public(), Scopes('one')]],
    ['@Protect and @Public', [Protect(), Public()]],
    ['@OptionalAuth and @Public', [OptionalAuth(), Public()]],
    ['@OptionalAuth and @Scopes', [OptionalAuth(), Scopes('one')]],
  ] as const)('when a method or a class has %s', (_title, [one, other]) => {
    const descriptor = method()
    one({}, 'get', descriptor)
    expect(() => other({}, 'get', descriptor)).toThrow(expect.objectContaining(invalidOption))
    class Both {}
    one(Both)
    expect(() => other(Both)).toThrow(expect.objectContaining(invalidOption))
  })

  test('on a property, an accessor and a static method, which Nest does not guard', () => {
    class Some {}
    expect(() => Protect()(Some.prototype, 'get', undefined as never)).toThrow(expect.objectContaining(invalidOption))
    const accessor = { get: () => 'passed' }
    expect(() => Protect()(Some.prototype, 'get', accessor)).toThrow(expect.objectContaining(invalidOption))
    expect(() => Protect()(Some, 'get', method())).toThrow(expect.objectContaining(invalidOption))
  })

  test('for a scope that is none', () => {
    expect(() => Scopes()).toThrow(expect.objectContaining(invalidOption))
    expect(() => Scopes('a b')).toThrow(expect.objectContaining(invalidOption))
  })
})

describe('inheritance', () => {
  test('a subclass has the guards of its base class, and not its exception', async () => {
    @Scopes('base')
    class Base {
      @Get('shared')
      shared() {
        return 'shared'
      }
    }

    @Public()
    class PublicBase extends Base {}

    @Controller('extended')
    @Scopes('extended')
    class ExtendedController extends Base {}

    @Controller('closed')
    class ClosedController extends PublicBase {}
    const request = await serve(await createApp(options, { controllers: [ExtendedController, ClosedController] }))
    expect((await request('/extended/shared')).challenges).toEqual(['Bearer realm="api", scope="base extended"'])
    expect((await request('/closed/shared')).status).toBe(401)
  })

  test('a method that the constructor replaces is a failure, because its decorators are lost', async () => {
    @Controller()
    class BindingController {
      constructor() {
        this.get = this.get.bind(this)
      }

      @Get()
      @Scopes('one')
      get() {
        return 'passed'
      }
    }
    const request = await serve(await createApp(options, { controllers: [BindingController] }))
    expect(await request('/', { token: await issuer.accessToken() })).toMatchObject({ status: 500, challenges: [] })
  })
})

describe('the module', () => {
  test('takes its options from a factory, and closes its own validator', async () => {
    @Module({ providers: [{ provide: 'AUDIENCE', useValue: options.audience }], exports: ['AUDIENCE'] })
    class ConfigModule {}
    const module = TollgateModule.forRootAsync({
      imports: [ConfigModule],
      inject: ['AUDIENCE'],
      useFactory: async (audience: string) => ({ ...options, audience }),
    })
    const app = await createBare({ controllers: [AccountController], imports: [module] })
    const request = await serve(app)
    expect((await request('/account')).status).toBe(401)
    expect((await request('/account', { token: await issuer.accessToken() })).status).toBe(200)
    const validator = app.get<Validator>(VALIDATOR)
    await app.close()
    await expect(validator.ready()).rejects.toThrow(/closed/)
  })

  test('forRootAsync without a factory, or with an unknown option, is a TypeError', () => {
    expect(() => TollgateModule.forRootAsync({} as never)).toThrow(expect.objectContaining(invalidOption))
    const misspelt = { useFactory: () => options, injects: [] }
    expect(() => TollgateModule.forRootAsync(misspelt)).toThrow(expect.objectContaining(invalidOption))
  })

  test('does not close a validator that it was given', async () => {
    const validator = createValidator(options)
    onTestFinished(() => validator.close())
    const app = await createApp({ validator }, { controllers: [AccountController] })
    await app.init()
    await app.close()
    await expect(validator.ready()).resolves.toBeUndefined()
  })

  test('a provider injects the validator', async () => {
    @Injectable()
    class HealthService {
      readonly validator: Validator
      constructor(@Inject(VALIDATOR) validator: Validator) {
        this.validator = validator
      }
    }
    const app = await createApp(options, { providers: [HealthService] })
    await expect(app.get(HealthService).validator.ready()).resolves.toBeUndefined()
  })

  test('a test replaces the options by those of a mock issuer', async () => {
    @Module({
      imports: [TollgateModule.forRoot({ issuer: 'https://login.example', audience: 'https://api.example' })],
      controllers: [AccountController],
    })
    class AppModule {}
    const builder = Test.createTestingModule({ imports: [AppModule] }).overrideProvider(TOLLGATE_OPTIONS)
    const app = (await builder.useValue(options).compile()).createNestApplication({ logger: false })
    onTestFinished(() => app.close())
    const request = await serve(app)
    expect((await request('/account')).status).toBe(401)
    expect((await request('/account', { token: await issuer.accessToken() })).status).toBe(200)
  })

  test('a test of a controller alone replaces the guard', async () => {
    @Controller()
    @Scopes('one')
    class GuardedController extends AccountController {}
    const builder = Test.createTestingModule({ controllers: [GuardedController] }).overrideGuard(TollgateGuard)
    const app = (await builder.useValue({ canActivate: () => true }).compile()).createNestApplication({ logger: false })
    onTestFinished(() => app.close())
    expect((await (await serve(app))('/account')).status).toBe(200)
  })
})
