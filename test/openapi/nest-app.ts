import { Controller, Delete, Get, Post, Put, UseGuards, VersioningType } from '@nestjs/common'
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger'
import { createValidator, scopes, type ValidatorOptions } from '@tollgate/core'
import { createProtect, OptionalAuth, Protect, Public, Scopes } from '@tollgate/nestjs'
import { openApiSecurity } from '@tollgate/nestjs/openapi'
import { createApp, type Platform } from '../nestjs/app.ts'
import { guards, type OpenApp } from './api.ts'

export async function openNest(platform: Platform, options: ValidatorOptions, version: string): Promise<OpenApp> {
  const validator = createValidator(options)
  const protectAdmin = createProtect({ validator })

  class Base {
    @Get('inherited')
    inherited(): object {
      return {}
    }
  }

  @Controller('read')
  @Scopes('read')
  class ReadController extends Base {}

  @Controller({ path: 'write', version: ['1', '2'] })
  @Scopes('write')
  class WriteController extends Base {
    @Get('public')
    @Public()
    open(): object {
      return {}
    }

    @Get('optional')
    @OptionalAuth(scopes('admin'))
    optional(): object {
      return {}
    }
  }

  @Controller()
  class OrdersController {
    @Get('orders')
    @Protect(...guards['GET /orders'])
    list(): object {
      return {}
    }

    @Post('orders')
    @Protect(...guards['POST /orders'])
    create(): object {
      return {}
    }

    @Get('orders/:id')
    @Protect(...guards['GET /orders/{id}'])
    show(): object {
      return {}
    }

    @Delete('orders/:id')
    @Protect(...guards['DELETE /orders/{id}'])
    remove(): object {
      return {}
    }

    @Put('orders/:id')
    @Protect(...guards['PUT /orders/{id}'])
    replace(): object {
      return {}
    }

    @Post('payments')
    @Protect(...guards['POST /payments'])
    pay(): object {
      return {}
    }

    @Get('me')
    me(): object {
      return {}
    }

    @Get('admin')
    @Public()
    @UseGuards(protectAdmin(scopes('admin')))
    admin(): object {
      return {}
    }
  }

  const app = await createApp(
    { validator },
    { controllers: [OrdersController, ReadController, WriteController], platform },
  )
  app.setGlobalPrefix('api')
  app.enableVersioning({ type: VersioningType.URI })
  await app.listen(0, '127.0.0.1')
  const config = new DocumentBuilder().setTitle('Orders').setVersion('1.0.0').setOpenAPIVersion(version).build()
  const document = openApiSecurity(app).secure(() => SwaggerModule.createDocument(app, config))
  return { origin: await app.getUrl(), document }
}
