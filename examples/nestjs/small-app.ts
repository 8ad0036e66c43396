import { Controller, Get, Module } from '@nestjs/common'
import { type AccessToken, Auth, Public, Scopes, TollgateModule } from '@tollgate/nestjs'

@Controller('orders')
class OrdersController {
  @Get()
  @Scopes('orders:read') // the token needs this scope
  list(@Auth() token: AccessToken) {
    return { for: token.subject }
  }
}

@Controller('me')
class MeController {
  @Get() // without a decorator, any valid access token is enough
  me(@Auth() token: AccessToken) {
    return { subject: token.subject, client: token.clientId }
  }
}

@Controller('health')
@Public() // no token
class HealthController {
  @Get()
  health() {
    return { status: 'ok' }
  }
}

@Module({
  imports: [
    TollgateModule.forRoot({
      issuer: 'https://login.example.com',
      audience: 'https://api.example.com',
    }),
  ],
  controllers: [OrdersController, MeController, HealthController],
})
export class AppModule {}
