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
import {
  createRequestAuth,
  type ErrorResponse,
  nodeHeaders,
  type RequestAuth,
  toFrameworkError,
  writeErrorResponse,
} from '@tollgate/core/adapter'
import { acceptedTokens } from './decorators.ts'
import { Policies } from './policies.ts'

export { Auth, AuthIfAny, OptionalAuth, Protect, Public } from './decorators.ts'

/** The app closes a validator that it creates from options. It does not close a given `validator`. */
export type TollgateOptions = ValidatorOptions | { readonly validator: Validator }

/** Injects the validator, for `ready()` and `health()`: `@Inject(VALIDATOR) validator: Validator`. */
export const VALIDATOR = Symbol('tollgate:validator')

/** The members of a request of Express or Fastify. Fastify has `rawHeaders` in `raw`. */
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

const REQUEST_AUTH = Symbol('tollgate:request-auth')

/** Authenticates and authorizes every request to a route, by the decorators of the route and its class. */
@Injectable()
export class ProtectGuard implements CanActivate {
  readonly #requestAuth: RequestAuth<NestRequest>
  readonly #policies: Policies

  constructor(@Inject(REQUEST_AUTH) requestAuth: RequestAuth<NestRequest>, @Inject(Policies) policies: Policies) {
    this.#requestAuth = requestAuth
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
    const credentials = access === 'optional' ? 'optional' : 'required'
    try {
      acceptedTokens.set(request, await this.#requestAuth.authenticate(request, guard, credentials))
      return true
    } catch (error) {
      throw toFrameworkError(error)
    }
  }
}

/** Responds to refusals and outages. Nest responds to all other errors. */
@Catch(Refusal, Unavailable)
class RefusalFilter implements ExceptionFilter<ErrorResponse> {
  readonly #adapterHost: HttpAdapterHost

  constructor(@Inject(HttpAdapterHost) adapterHost: HttpAdapterHost) {
    this.#adapterHost = adapterHost
  }

  /** Preserves other headers, such as those of CORS. Sends text, because response schemas of the app do not apply. */
  catch(error: ErrorResponse, host: ArgumentsHost): void {
    const { httpAdapter } = this.#adapterHost
    const response: unknown = host.switchToHttp().getResponse()
    if (httpAdapter.isHeadersSent(response)) {
      httpAdapter.end(response)
      return
    }
    writeErrorResponse(error, {
      set: (name, value) => httpAdapter.setHeader(response, name, value),
      append: (name, value) => httpAdapter.appendHeader(response, name, value),
      end: (status, body) => httpAdapter.reply(response, body, status),
    })
  }
}

function hasValidator(options: TollgateOptions): options is { readonly validator: Validator } {
  return Object.hasOwn(options, 'validator')
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<TollgateOptions>()
  .setClassMethodName('forRoot')
  .build()

/**
 * Protects the routes of all controllers. Import `TollgateModule.forRoot(options)` once, in the root module, or
 * `forRootAsync({ inject, useFactory })`. Does not protect middleware, static files and apps that `app.use` mounts,
 * because no guard of Nest sees these requests.
 */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    {
      provide: VALIDATOR,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: (options: TollgateOptions) => (hasValidator(options) ? options.validator : createValidator(options)),
    },
    {
      provide: REQUEST_AUTH,
      inject: [VALIDATOR],
      useFactory: (validator: Validator) => createRequestAuth({ validator, preflights: 'authenticate' }, toHttpRequest),
    },
    {
      provide: Policies,
      inject: [VALIDATOR, DiscoveryService],
      useFactory: (validator: Validator, discovery: DiscoveryService) => new Policies(validator, discovery),
    },
    { provide: APP_GUARD, useClass: ProtectGuard },
    { provide: APP_FILTER, useClass: RefusalFilter },
  ],
  exports: [VALIDATOR, REQUEST_AUTH, Policies],
})
export class TollgateModule extends ConfigurableModuleClass implements OnApplicationShutdown {
  readonly #options: TollgateOptions
  readonly #validator: Validator

  constructor(@Inject(MODULE_OPTIONS_TOKEN) options: TollgateOptions, @Inject(VALIDATOR) validator: Validator) {
    super()
    this.#options = options
    this.#validator = validator
  }

  /** Nest calls this after the last request, so that requests in progress are still validated. */
  async onApplicationShutdown(): Promise<void> {
    if (!hasValidator(this.#options)) {
      await this.#validator.close()
    }
  }
}
