import {
  type DynamicModule,
  type FactoryProvider,
  Global,
  Inject,
  Module,
  type ModuleMetadata,
  type NestModule,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common'
import { APP_GUARD, HttpAdapterHost, ModulesContainer } from '@nestjs/core'
import type { RawClaims, Validator } from '@tollgate/core'
import { expectOptions, invalidOption } from '@tollgate/core/adapter'
import { type Class, isClass, methodsOf, ruleOf } from './access-rule.ts'
import { createCallAuth } from './call-auth.ts'
import { type Connections, createConnections } from './connections.ts'
import { createMetadataMiddleware } from './metadata.ts'
import { expectTollgateOptions, hasValidator, type TollgateOptions, type TollgateSettings } from './options.ts'
import { createPolicies } from './policies.ts'
import { expectFieldGuards, expectRules, isGateway, isMessageHandler } from './start-up-checks.ts'
import { REGISTRATION, type Registration, TollgateGuard } from './tollgate-guard.ts'
import { listenToConnections, recordUpgradeRequests } from './upgrade-requests.ts'

/** Injects the options, and replaces them in a test: `overrideProvider(TOLLGATE_OPTIONS).useValue(…)`. */
export const TOLLGATE_OPTIONS: unique symbol = Symbol('TOLLGATE_OPTIONS')

/** Injects the validator, for `ready()` and `health()`: `@Inject(VALIDATOR) validator: Validator`. */
export const VALIDATOR: unique symbol = Symbol('VALIDATOR')

/** Injects the leases of the clients of gateways: `@Inject(LEASES) leases: Leases`. */
export const LEASES: unique symbol = Symbol('LEASES')

const SETTINGS: unique symbol = Symbol('the checked options of TollgateModule')

/** The options of `forRootAsync`. */
export interface TollgateAsyncOptions<Claims = RawClaims> {
  /** The modules with the providers to inject, such as `ConfigModule`. */
  readonly imports?: ModuleMetadata['imports']
  /** The parameters of `useFactory`. Default: none. */
  readonly inject?: FactoryProvider['inject']
  readonly useFactory: (...injected: never[]) => TollgateOptions<Claims> | Promise<TollgateOptions<Claims>>
}

/**
 * Protects all controllers, resolvers and gateways of the application. Import it once, in the root module. Every route
 * then needs a valid access token, unless it is `@Public()` or `@OptionalAuth()`.
 *
 * It validates tokens as `createValidator` says. Refusals are exceptions of Nest, with the challenge of RFC 6750 §3. It
 * does NOT protect middleware, static files and apps that `app.use` mounts, nor `handleConnection` and broadcasts of
 * gateways, because Nest runs no guard for these.
 *
 * The application does not start with invalid options, and where a decorator would have no effect.
 */
export class TollgateModule implements NestModule, OnModuleInit, OnApplicationShutdown {
  readonly #options: TollgateOptions
  readonly #settings: TollgateSettings
  readonly #modules: ModulesContainer
  readonly #connections: Connections<RawClaims>
  readonly #host: HttpAdapterHost

  constructor(
    options: TollgateOptions,
    settings: TollgateSettings,
    modules: ModulesContainer,
    connections: Connections<RawClaims>,
    host: HttpAdapterHost,
  ) {
    this.#options = options
    this.#settings = settings
    this.#modules = modules
    this.#connections = connections
    this.#host = host
  }

  /**
   * Registers the module with these options.
   *
   * The application rejects with a `TypeError` with `code: 'ERR_INVALID_OPTION'` for invalid options.
   */
  static forRoot<Claims = RawClaims>(options: TollgateOptions<Claims>): DynamicModule {
    return { module: TollgateModule, providers: [{ provide: TOLLGATE_OPTIONS, useValue: options }] }
  }

  /** Registers the module with options of a factory, such as one that reads `ConfigService`. */
  static forRootAsync<Claims = RawClaims>(options: TollgateAsyncOptions<Claims>): DynamicModule {
    const names = ['imports', 'inject', 'useFactory']
    const { imports = [], inject = [], useFactory } = expectOptions(options, 'the options of forRootAsync', names)
    if (typeof useFactory !== 'function') {
      throw invalidOption('Expected `useFactory` of forRootAsync to be a function that returns the options')
    }
    const provider = { provide: TOLLGATE_OPTIONS, inject, useFactory: useFactory as FactoryProvider['useFactory'] }
    return { module: TollgateModule, imports, providers: [provider] }
  }

  /** Serves the metadata. A middleware of `consumer` would be below a global prefix. */
  configure(): void {
    const { respondWithMetadata } = this.#settings
    if (respondWithMetadata !== undefined) {
      this.#host.httpAdapter.use(createMetadataMiddleware(respondWithMetadata))
    }
  }

  /** The options of GraphQL are known only now. */
  onModuleInit(): void {
    const isGuarded = graphqlOptionsOf(this.#modules).map((options) => guardsFields(options))
    if (isGuarded.length === 0 || isGuarded.includes(false)) {
      classesOf(this.#modules).forEach(expectFieldGuards)
    }
    for (const gateway of guardedGatewaysOf(this.#modules)) {
      // A proof of the handshake is good for a minute. The first message reports an error.
      listenToConnections(gateway, (client) => this.#connections.begin(client))
    }
  }

  /** Nest calls this after the last request, so that requests in progress are still validated. */
  async onApplicationShutdown(): Promise<void> {
    if (!hasValidator(this.#options)) {
      await this.#settings.validator.close()
    }
  }
}

/** Checks all classes before the first call, and creates their policies. An invalid guard throws here. */
function register(
  settings: TollgateSettings,
  modules: ModulesContainer,
  connections: Connections<RawClaims>,
): Registration {
  if ([...modules.values()].filter(({ metatype }) => metatype === TollgateModule).length > 1) {
    throw invalidOption(
      'Expected TollgateModule once: import it in the root module, and use guards such as audience(…) for parts of the application',
    )
  }
  const policies = createPolicies(settings.validator)
  for (const type of classesOf(modules)) {
    expectRules(type, TollgateGuard)
    const guarded = methodsOf(type).filter(({ handler }) => ruleOf(type, handler).guards.length > 0)
    guarded.forEach(({ handler }) => policies(type, handler))
    if (isGateway(type)) {
      recordUpgradeRequests(type.prototype as object)
    }
  }
  return { authenticate: createCallAuth(settings, connections), policies, validator: settings.validator }
}

/** The classes that Nest instantiates: controllers, and providers such as resolvers and gateways. */
function classesOf(modules: ModulesContainer): readonly Class[] {
  const wrappers = [...modules.values()].flatMap(({ controllers, providers }) => [
    ...controllers.values(),
    ...providers.values(),
  ])
  const classes = wrappers.filter(({ isNotMetatype }) => !isNotMetatype).map(({ metatype }) => metatype as unknown)
  return [...new Set(classes.filter(isClass))]
}

/** The gateways with a handler that reads credentials. */
function guardedGatewaysOf(modules: ModulesContainer): readonly object[] {
  const instances = [...modules.values()].flatMap(({ providers }) =>
    [...providers.values()].map(({ instance }): unknown => instance),
  )
  return instances
    .filter((instance) => typeof instance === 'object' && instance !== null)
    .filter(({ constructor: type }) => {
      const accesses =
        isClass(type) && isGateway(type)
          ? methodsOf(type)
              .filter(isMessageHandler)
              .map(({ handler }) => ruleOf(type, handler).access)
          : []
      return accesses.some((access) => access !== 'public')
    })
}

function graphqlOptionsOf(modules: ModulesContainer): readonly unknown[] {
  const found = [...modules.values()].map(({ providers }) => providers.get('GqlModuleOptions')?.instance)
  return found.filter((options) => typeof options === 'object' && options !== null)
}

function guardsFields(options: unknown): boolean {
  const { fieldResolverEnhancers = [] } = options as { readonly fieldResolverEnhancers?: readonly unknown[] }
  return fieldResolverEnhancers.includes('guards')
}

const providers: readonly Provider[] = [
  { provide: SETTINGS, inject: [TOLLGATE_OPTIONS], useFactory: expectTollgateOptions },
  { provide: VALIDATOR, inject: [SETTINGS], useFactory: ({ validator }: TollgateSettings): Validator => validator },
  { provide: LEASES, inject: [SETTINGS], useFactory: createConnections },
  { provide: REGISTRATION, inject: [SETTINGS, ModulesContainer, LEASES], useFactory: register },
  TollgateGuard,
  { provide: APP_GUARD, useExisting: TollgateGuard },
]

// The sources have no decorators, because Node runs them as they are.
Global()(TollgateModule)
Module({ providers: [...providers], exports: [VALIDATOR, LEASES, REGISTRATION, TollgateGuard] })(TollgateModule)
for (const [index, token] of [TOLLGATE_OPTIONS, SETTINGS, ModulesContainer, LEASES, HttpAdapterHost].entries()) {
  Inject(token)(TollgateModule, undefined, index)
}
