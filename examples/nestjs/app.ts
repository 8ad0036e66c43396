import { Controller, type DynamicModule, Get, Module, Post } from '@nestjs/common'
import { type AccessToken, claims, scopes } from '@tollgate/core'
import { Auth, AuthIfAny, OptionalAuth, Protect, Public, TollgateModule, type TollgateOptions } from './tollgate.ts'

const sameTenant = claims(({ tenant }) => tenant === 'acme', 'wrong-tenant')

@Controller('orders')
class OrdersController {
  @Get()
  @Protect(scopes('orders:read'))
  list(@Auth() token: AccessToken) {
    return { for: token.subject }
  }

  @Post()
  @Protect(scopes('orders:write'), sameTenant)
  create(@Auth() token: AccessToken) {
    return { by: token.clientId }
  }
}

/** Each route needs the scopes of its class and its own. */
@Controller('reports')
@Protect(scopes('reports:read'))
class ReportsController {
  @Get()
  list() {
    return []
  }

  @Get('salaries')
  @Protect(scopes('salaries:read'))
  salaries() {
    return []
  }

  @Get('catalogue')
  @Public()
  catalogue() {
    return ['salaries']
  }
}

@Controller()
class ShopController {
  @Get('health')
  @Public()
  health() {
    return { status: 'ok' }
  }

  // A token is optional here. An invalid token is refused.
  @Get('catalogue')
  @OptionalAuth()
  catalogue(@AuthIfAny() token: AccessToken | undefined) {
    return { prices: token === undefined ? 'list' : `for ${token.subject}` }
  }

  // Without a decorator a route needs a valid access token.
  @Get('account')
  account(@Auth() token: AccessToken) {
    return { of: token.subject }
  }
}

@Module({ controllers: [OrdersController, ReportsController, ShopController] })
// oxlint-disable-next-line typescript/no-extraneous-class -- a module of Nest is a class
export class AppModule {
  static trusting(options: TollgateOptions): DynamicModule {
    return { module: AppModule, imports: [TollgateModule.forRoot(options)] }
  }
}
