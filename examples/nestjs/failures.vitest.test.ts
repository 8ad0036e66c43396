import { Controller, Get, HttpException } from '@nestjs/common'
import { type AccessToken, createValidator, defineGuard } from '@tollgate/core'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { afterAll, describe, expect, test } from 'vitest'
import { create, listen, moduleOf, type Platform, platformNames, send } from './serving.ts'
import { Auth, AuthIfAny, OptionalAuth, Protect, Public } from './tollgate.ts'

const issuer = await createMockIssuer()
const validator = createValidator(issuer.validatorOptions)
afterAll(() => Promise.all([issuer.close(), validator.close()]))

async function serve(platform: Platform, controller: new () => object): Promise<string> {
  return listen(await create(platform, moduleOf(validator, controller)))
}

async function bearer(claimsOfToken?: Record<string, unknown>) {
  return { authorization: [`Bearer ${await issuer.accessToken(claimsOfToken)}`] }
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

describe.each(platformNames)('on %s', (platform) => {
  test.each(Object.entries(failures))('a guard that throws %s is a 500', async (_name, thrown) => {
    const { status, challenges, body } = await send(await serve(platform, throwing(thrown)), 'GET /', await bearer())
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
      maybe(@AuthIfAny() token: AccessToken | undefined) {
        return typeof token
      }

      @Get('optional')
      @OptionalAuth()
      optional(@Auth() token: AccessToken) {
        return typeof token
      }
    }
    const origin = await serve(platform, ForgetfulController)
    for (const path of ['public', 'maybe', 'optional']) {
      expect(await send(origin, `GET /${path}`)).toMatchObject({ status: 500, challenges: [] })
    }
    expect(await send(origin, 'GET /optional', await bearer())).toMatchObject({ status: 200 })
  })
})
