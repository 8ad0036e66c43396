import type { IncomingHttpHeaders } from 'node:http'
import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  ConfigurableModuleBuilder,
  type ExceptionFilter,
  type ExecutionContext,
  Global,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common'
import { APP_FILTER, APP_GUARD, DiscoveryModule, DiscoveryService, HttpAdapterHost } from '@nestjs/core'
import {
  createValidator,
  type HttpRequest,
  Refusal,
  Unavailable,
  type Validator,
  type ValidatorOptions,
} from '@tollgate/core'
import { type Answer, createRequestAuth, toFrameworkError, type RequestAuth, nodeHeaders, writeErrorResponse } from '@tollgate/core/adapter'
import { admitted } from './decorators.ts'
import { Policies } from './policies.ts'

export { Auth, AuthIfAny, OptionalAuth, Protect, Public } from './decorators.ts'

/** A validator of yours stays yours to close; one that is made of options is closed with the app. */
export type TollgateOptions = ValidatorOptions | { readonly validator: Validator }

/** What judges the tokens: `@Inject(VALIDATOR) validator: Validator`, for `ready()` and `health()`. */
export const VALIDATOR = Symbol('tollgate:validator')

/** What we use of a request of Express; and of one of Fastify, which keeps its raw lines one floor below. */
interface NestRequest {
  readonly method: string
  readonly originalUrl: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders?: readonly string[]
  readonly raw?: { readonly rawHeaders?: readonly string[] }
  readonly body?: unknown
}

function toHttpRequest({ method, originalUrl, headers, rawHeaders, raw, body }: NestRequest): HttpRequest {
  const lines = nodeHeaders({ rawHeaders: rawHeaders ?? raw?.rawHeaders, headers })
  return { method, url: originalUrl, headers: lines, form: body }
}

const GATE = Symbol('tollgate:gate')

/** Judges every request to a route of the app, by what the decorators of the route and its class demand. */
@Injectable()
export class ProtectGuard implements CanActivate {
  readonly #gate: RequestAuth<NestRequest>
  readonly #policies: Policies

  constructor(@Inject(GATE) gate: RequestAuth<NestRequest>, @Inject(Policies) policies: Policies) {
    this.#gate = gate
    this.#policies = policies
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { access, guard } = this.#policies.of(context.getClass(), context.getHandler())
    if (access === 'public') {
      return true
    }
    if (context.getType() !== 'http') {
      throw new TypeError(`Expected a request over HTTP, or a handler that is @Public(), got ${context.getType()}`)
    }
    const request = context.switchToHttp().getRequest<NestRequest>()
    const judge = access === 'optional' ? this.#gate.admitOptional : this.#gate.admit
    try {
      admitted.set(request, await judge(request, guard))
      return true
    } catch (error) {
      throw toFrameworkError(error)
    }
  }
}

/** Answers refusals and outages. Whatever else is thrown is left to Nest. */
@Catch(Refusal, Unavailable)
class RefusalFilter implements ExceptionFilter<Answer> {
  readonly #adapterHost: HttpAdapterHost

  constructor(@Inject(HttpAdapterHost) adapterHost: HttpAdapterHost) {
    this.#adapterHost = adapterHost
  }

  /** Other headers are left in place: those of CORS, and challenges that the app has set. As text, for a response schema of the app is not for it. */
  catch(answer: Answer, host: ArgumentsHost): void {
    const { httpAdapter } = this.#adapterHost
    const response: unknown = host.switchToHttp().getResponse()
    if (httpAdapter.isHeadersSent(response)) {
      httpAdapter.end(response)
      return
    }
    writeErrorResponse(answer, {
      set: (name, value) => httpAdapter.setHeader(response, name, value),
      append: (name, value) => httpAdapter.appendHeader(response, name, value),
      end: (status, body) => httpAdapter.reply(response, body, status),
    })
  }
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<TollgateOptions>()
  .setClassMethodName('forRoot')
  .build()

/**
 * `TollgateModule.forRoot(options)`, or `forRootAsync({ inject, useFactory })`, once, in the root module: it protects the routes of all controllers.
 * What is no controller, such as a middleware, static files or what is mounted by `app.use`, no guard of Nest ever sees.
 */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    {
      provide: VALIDATOR,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: (options: TollgateOptions) => ('validator' in options ? options.validator : createValidator(options)),
    },
    {
      provide: GATE,
      inject: [VALIDATOR],
      useFactory: (validator: Validator) => createRequestAuth({ validator, toHttpRequest, preflights: 'authenticate' }),
    },
    {
      provide: Policies,
      inject: [VALIDATOR, DiscoveryService],
      useFactory: (validator: Validator, discovery: DiscoveryService) => new Policies(validator, discovery),
    },
    { provide: APP_GUARD, useClass: ProtectGuard },
    { provide: APP_FILTER, useClass: RefusalFilter },
  ],
  exports: [VALIDATOR, GATE, Policies],
})
export class TollgateModule extends ConfigurableModuleClass implements OnApplicationShutdown {
  readonly #options: TollgateOptions
  readonly #validator: Validator

  constructor(@Inject(MODULE_OPTIONS_TOKEN) options: TollgateOptions, @Inject(VALIDATOR) validator: Validator) {
    super()
    this.#options = options
    this.#validator = validator
  }

  /** `app.close()` comes here after the last request: those that are under way are still judged. */
  async onApplicationShutdown(): Promise<void> {
    if (!('validator' in this.#options)) {
      await this.#validator.close()
    }
  }
}
