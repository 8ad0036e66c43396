import { Controller, Get, Module, Param, Post } from '@nestjs/common'
import { type AccessToken, Auth, OptionalAuth, Protect, Public, Scopes } from '@tollgate/nestjs'
import { TenantScopes } from './decorators.js'
import { OrdersGateway } from './orders.gateway.js'
import { ownAccount } from './policies.js'
import { PricesController } from './prices.controller.js'
import { protection } from './tollgate.js'

@Controller('orders')
class OrdersController {
  @Get()
  @Scopes('orders:read')
  list(@Auth() token: AccessToken) {
    return { for: token.subject }
  }

  @Post()
  @TenantScopes('orders:write')
  create(@Auth() token: AccessToken) {
    return { by: token.clientId }
  }
}

/** Each route needs the scopes of its class and its own. */
@Controller('reports')
@Scopes('reports:read')
class ReportsController {
  @Get()
  list() {
    return []
  }

  @Get('salaries')
  @Scopes('salaries:read')
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
  catalogue(@Auth.optional() token: AccessToken | undefined) {
    return { prices: token === undefined ? 'list' : `for ${token.subject}` }
  }

  // Without a decorator a route needs a valid access token.
  @Get('account')
  account(@Auth() token: AccessToken) {
    return { of: token.subject }
  }

  @Get('accounts/:id')
  @Protect(ownAccount)
  accountOf(@Param('id') id: string) {
    return { of: id }
  }
}

@Module({
  imports: [protection],
  controllers: [OrdersController, ReportsController, ShopController, PricesController],
  providers: [OrdersGateway],
})
export class AppModule {}
