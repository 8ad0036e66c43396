import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  HttpException,
  UnauthorizedException,
} from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { type AccessToken, defineGuard, isRefusal, isUnavailable } from '@tollgate/core'
import { Auth, OptionalAuth, Protect, Public } from '@tollgate/nestjs'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { afterAll, describe, expect, test } from 'vitest'
import { createApp, platforms, serve } from './app.ts'

const issuer = await createMockIssuer()
afterAll(() => issuer.close())

@Controller()
class AccountController {
  @Get('account')
  account(@Auth() token: AccessToken) {
    return { of: token.subject }
  }
}

/** An exception filter of the application. */
class RecordingFilter implements ExceptionFilter {
  readonly #host: HttpAdapterHost
  readonly #seen: unknown[]

  constructor(host: HttpAdapterHost, seen: unknown[]) {
    this.#host = host
    this.#seen = seen
  }

  catch(error: unknown, host: ArgumentsHost): void {
    this.#seen.push(error)
    const status = error instanceof HttpException ? error.getStatus() : 500
    this.#host.httpAdapter.reply(host.switchToHttp().getResponse(), 'mine', status)
  }
}

function throwing(thrown: unknown): new () => object {
  const guard = defineGuard({
    check: () => {
      throw thrown
    },
  })

  @Controller()
  @Protect(guard)
  class FailingController {
    @Get()
    get() {
      return 'passed'
    }
  }
  return FailingController
}

const failures: Readonly<Record<string, unknown>> = {
  'an error': new Error('database is down'),
  'an error with a status': Object.assign(new Error('no'), { status: 401, statusCode: 401, expose: true }),
  'an HttpException of 200': new HttpException('passed', 200),
  'an HttpException of 401': new HttpException('no', 401),
  'an object with a status': { statusCode: 404, message: 'not here' },
  nothing: undefined,
}

describe.each(platforms)('on %s', (platform) => {
  test.each(Object.entries(failures))('a guard that throws %s is a 500', async (_name, thrown) => {
    const request = await serve(await createApp(issuer.validatorOptions, { controllers: [throwing(thrown)], platform }))
    const { status, challenges, body } = await request('/', { token: await issuer.accessToken() })
    expect({ status, challenges }).toEqual({ status: 500, challenges: [] })
    expect(body).toBe('{"statusCode":500,"message":"Internal server error"}')
  })

  test('@Auth() on a route without a token is a 500', async () => {
    @Controller()
    class ForgetfulController {
      @Get('public')
      @Public()
      public(@Auth() token: AccessToken) {
        return typeof token
      }

      @Get('maybe')
      @Public()
      maybe(@Auth.optional() token: AccessToken | undefined) {
        return typeof token
      }

      @Get('optional')
      @OptionalAuth()
      optional(@Auth() token: AccessToken) {
        return typeof token
      }
    }
    const app = await createApp(issuer.validatorOptions, { controllers: [ForgetfulController], platform })
    const request = await serve(app)
    for (const path of ['/public', '/maybe', '/optional']) {
      expect(await request(path), path).toMatchObject({ status: 500, challenges: [] })
    }
    expect((await request('/optional', { token: await issuer.accessToken() })).status).toBe(200)
  })

  test('exception filters of the application see an exception of Nest, and the refusal as its cause', async () => {
    const seen: unknown[] = []

    @Catch(UnauthorizedException)
    class OwnFilter extends RecordingFilter {}
    const app = await createApp(issuer.validatorOptions, { controllers: [AccountController], platform })
    const request = await serve(app.useGlobalFilters(new OwnFilter(app.get(HttpAdapterHost), seen)))
    const refused = await request('/account', { token: await issuer.wrongToken('expired') })
    expect(refused).toMatchObject({ status: 401, body: 'mine', challenges: [expect.stringContaining('invalid_token')] })
    expect(refused.headers['cache-control']).toBe('no-store')
    const [{ cause } = new Error('no exception')] = seen as readonly Error[]
    expect(isRefusal(cause)).toBe(true)
    expect(cause).toMatchObject({ reason: 'expired' })
  })

  test('a valid token is 503 while the issuer is down, and the client learns no address', async () => {
    const down = await createMockIssuer()
    const token = await down.accessToken()
    await down.close()
    const app = await createApp(down.validatorOptions, { controllers: [AccountController], platform })
    const received = await (await serve(app))('/account', { token })
    expect(received).toMatchObject({ status: 503, challenges: [] })
    expect(Number(received.headers['retry-after'])).toBeGreaterThan(0)
    expect(JSON.parse(received.body)).toMatchObject({ error: 'temporarily_unavailable' })
    expect(received.body).not.toContain('127.0.0.1')
  })

  test("with errors: 'throw' a filter sees the outage itself", async () => {
    const down = await createMockIssuer()
    const token = await down.accessToken()
    await down.close()
    const seen: unknown[] = []

    @Catch()
    class OwnFilter extends RecordingFilter {}
    const options = { ...down.validatorOptions, errors: 'throw' } as const
    const app = await createApp(options, { controllers: [AccountController], platform })
    const request = await serve(app.useGlobalFilters(new OwnFilter(app.get(HttpAdapterHost), seen)))
    const received = await request('/account', { token })
    expect(Number(received.headers['retry-after'])).toBeGreaterThan(0)
    expect(isUnavailable(seen[0])).toBe(true)
  })

  test('an unknown route is 404 without a challenge', async () => {
    const request = await serve(await createApp(issuer.validatorOptions, { platform }))
    expect(await request('/nowhere')).toMatchObject({ status: 404, challenges: [] })
  })
})
