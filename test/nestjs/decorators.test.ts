import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  Req,
  Scope,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common'
import { type AccessToken, claims, createValidator, scopes } from '@tollgate/core'
import { Auth, createProtect, OptionalAuth, Protect, Public, Scopes, TollgateGuard, tokenOf } from '@tollgate/nestjs'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { afterAll, describe, expect, test } from 'vitest'
import { createApp, platforms, serve } from './app.ts'

const issuer = await createMockIssuer()
afterAll(() => issuer.close())

const challengeOf = (scope: string): string => `Bearer realm="api", scope="${scope}"`

@Controller('reports')
@Scopes('reports:read')
class ReportsController {
  @Get()
  list(@Auth() token: AccessToken) {
    return { for: token.subject }
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

  @Get('preview')
  @OptionalAuth()
  preview(@Auth.optional() token: AccessToken | undefined) {
    return { for: token?.subject ?? 'nobody' }
  }
}

@Controller()
@Public()
class ShopController {
  @Get('health')
  health() {
    return { status: 'ok' }
  }

  @Get('acme')
  @Protect(scopes('one'), claims(({ tenant }) => tenant === 'acme', 'wrong-tenant'))
  @Scopes('two')
  acme() {
    return { status: 'ok' }
  }
}

@Controller()
class PlainController {
  @Get('account')
  account(@Auth() token: AccessToken) {
    return { of: token.subject }
  }
}

describe.each(platforms)('on %s', (platform) => {
  async function open() {
    const controllers = [ReportsController, ShopController, PlainController]
    return serve(await createApp(issuer.validatorOptions, { controllers, platform }))
  }

  test('a route without a decorator needs a valid token', async () => {
    const request = await open()
    expect(await request('/account')).toMatchObject({ status: 401, challenges: ['Bearer realm="api"'], body: '{}' })
    const token = await issuer.accessToken({ sub: 'bob' })
    expect(await request('/account', { token })).toMatchObject({ status: 200, body: '{"of":"bob"}' })
    expect(await request('/account', { token: await issuer.wrongToken('expired') })).toMatchObject({ status: 401 })
  })

  test('the scopes of class and method are one challenge, and all of them are needed', async () => {
    const request = await open()
    const both = 'reports:read salaries:read'
    expect((await request('/reports/salaries')).challenges).toEqual([challengeOf(both)])
    for (const [scope, status] of [
      ['reports:read', 403],
      ['salaries:read', 403],
      [both, 200],
    ] as const) {
      const token = await issuer.accessToken({ scope })
      expect(await request('/reports/salaries', { token }), scope).toMatchObject({ status })
    }
  })

  test('several decorators on one method add up, also in a public class', async () => {
    const request = await open()
    expect((await request('/health', { token: 'invalid' })).status).toBe(200)
    expect((await request('/acme')).challenges).toEqual([challengeOf('one two')])
    for (const [claimsOfToken, status] of [
      [{ scope: 'one two' }, 403],
      [{ scope: 'one', tenant: 'acme' }, 403],
      [{ scope: 'one two', tenant: 'acme' }, 200],
    ] as const) {
      expect((await request('/acme', { token: await issuer.accessToken(claimsOfToken) })).status).toBe(status)
    }
  })

  test('a public method of a protected class needs no token, and reads none', async () => {
    const request = await open()
    expect((await request('/reports/catalogue')).status).toBe(200)
    expect((await request('/reports/catalogue', { token: 'invalid' })).status).toBe(200)
  })

  test('an optional method accepts no credentials, refuses bad ones, and has the guards of its class', async () => {
    const request = await open()
    expect(await request('/reports/preview')).toMatchObject({ status: 200, body: '{"for":"nobody"}' })
    expect((await request('/reports/preview', { token: await issuer.wrongToken('tampered') })).status).toBe(401)
    expect((await request('/reports/preview', { token: await issuer.accessToken() })).status).toBe(403)
    const token = await issuer.accessToken({ sub: 'alice', scope: 'reports:read' })
    expect(await request('/reports/preview', { token })).toMatchObject({ body: '{"for":"alice"}' })
  })

  test('a request-scoped controller with a second TollgateGuard validates the token once', async () => {
    @Controller({ path: 'scoped', scope: Scope.REQUEST })
    @UseGuards(TollgateGuard)
    @Scopes('one')
    class ScopedController {
      @Get()
      @Scopes('two')
      get(@Auth() token: AccessToken) {
        return { for: token.subject }
      }
    }
    const validator = createValidator(issuer.validatorOptions)
    let count = 0
    const counting: typeof validator = {
      ...validator,
      authenticateOptional: (http, ...guards) => {
        count += 1
        return validator.authenticateOptional(http, ...guards)
      },
    }
    const app = await createApp({ validator: counting }, { controllers: [ScopedController], platform })
    const request = await serve(app)
    const token = await issuer.accessToken({ scope: 'one two' })
    expect(await request('/scoped', { token })).toMatchObject({ status: 200, body: '{"for":"alice"}' })
    expect(count).toBe(1)
    expect((await request('/scoped', { token: await issuer.accessToken({ scope: 'one' }) })).status).toBe(403)
  })

  test('an interceptor reads the token of a call', async () => {
    const subjects: unknown[] = []

    @Controller()
    @UseInterceptors({
      intercept: (context: ExecutionContext, next: CallHandler) => {
        subjects.push(tokenOf(context).subject)
        return next.handle()
      },
    })
    class AuditedController {
      @Get('audited')
      audited() {
        return {}
      }
    }
    const request = await serve(
      await createApp(issuer.validatorOptions, { controllers: [AuditedController], platform }),
    )
    expect((await request('/audited', { token: await issuer.accessToken({ sub: 'eve' }) })).status).toBe(200)
    expect(subjects).toEqual(['eve'])
  })

  test.each([
    [{}, 'auth'],
    [{ decorate: 'token' }, 'token'],
  ] as const)('with %o the request has the token as `%s`', async (options, name) => {
    @Controller()
    class RequestController {
      @Get('request')
      request(@Req() request: Record<string, AccessToken>) {
        return { for: request[name]?.subject }
      }
    }
    const all = { ...issuer.validatorOptions, ...options }
    const request = await serve(await createApp(all, { controllers: [RequestController], platform }))
    const token = await issuer.accessToken({ sub: 'bob' })
    expect(await request('/request', { token })).toMatchObject({ status: 200, body: '{"for":"bob"}' })
  })

  test('a call of the guards of createProtect in a handler is a failure, because it protects nothing', async () => {
    const protectAdmin = createProtect(issuer.validatorOptions)

    @Controller()
    class MistakenController {
      @Get('mistaken')
      @Public()
      mistaken() {
        protectAdmin(scopes('admin'))
        return 'passed'
      }
    }
    const app = await createApp(issuer.validatorOptions, { controllers: [MistakenController], platform })
    expect((await (await serve(app))('/mistaken')).status).toBe(500)
    await protectAdmin.validator.close()
  })

  test('a part of the application can trust another audience', async () => {
    const protectAdmin = createProtect({
      ...issuer.validatorOptions,
      audience: 'https://admin.example',
      realm: 'admin',
    })

    @Controller('admin')
    class AdminController {
      @Get()
      @Public()
      @UseGuards(protectAdmin(scopes('admin')))
      get(@Auth() token: AccessToken) {
        return { for: token.subject }
      }

      @Get('maybe')
      @Public()
      @UseGuards(protectAdmin.optional())
      maybe(@Auth.optional() token: AccessToken | undefined) {
        return { for: token?.subject ?? 'nobody' }
      }
    }
    const request = await serve(await createApp(issuer.validatorOptions, { controllers: [AdminController], platform }))
    expect((await request('/admin')).challenges).toEqual(['Bearer realm="admin", scope="admin"'])
    expect((await request('/admin', { token: await issuer.accessToken({ scope: 'admin' }) })).status).toBe(401)
    const token = await issuer.accessToken({ scope: 'admin', aud: 'https://admin.example' })
    expect(await request('/admin', { token })).toMatchObject({ status: 200, body: '{"for":"alice"}' })
    expect(await request('/admin/maybe')).toMatchObject({ status: 200, body: '{"for":"nobody"}' })
    expect((await request('/admin/maybe', { token: 'invalid' })).status).toBe(401)
    await protectAdmin.validator.close()
  })
})
