import { Controller, Get, type INestApplication, Module, Post } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger'
import { Public, Scopes, TollgateModule, type TollgateOptions } from '@tollgate/nestjs'
import { openApiSecurity } from '@tollgate/nestjs/openapi'

@Controller('orders')
@Scopes('orders:read')
class OrdersController {
  @Get()
  list() {
    return []
  }

  @Post()
  @Scopes('orders:write')
  create() {
    return {}
  }

  @Get('catalogue')
  @Public()
  catalogue() {
    return []
  }
}

@Module({ controllers: [OrdersController] })
class OrdersModule {}

export function createDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder().setTitle('Orders').setOpenAPIVersion('3.1.0').build()
  return openApiSecurity(app).secure(() => SwaggerModule.createDocument(app, config))
}

export async function createApp(options: TollgateOptions): Promise<INestApplication> {
  const root = { module: OrdersModule, imports: [TollgateModule.forRoot(options)] }
  const app = await NestFactory.create(root, { logger: false })
  SwaggerModule.setup('docs', app, () => createDocument(app))
  return app
}
