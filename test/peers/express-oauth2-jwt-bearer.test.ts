/**
 * The behaviours that express-oauth2-jwt-bearer's own tests demand of its Express middleware (commit 8701dab5), carried over
 * to this API. Where the RFCs or our table say otherwise, the row says what we answer, and why.
 */
import { createServer, type RequestListener } from 'node:http'
import {
  anyScope,
  claims,
  createProtect,
  type Guard,
  scopes,
  trustedIssuer,
  type TrustedIssuerOptions,
} from '@tollgate/express'
import express from 'express'
import { describe, expect, test } from 'vitest'
import { listen } from '../harness/api.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { status } from '../harness/responses.ts'
import { claimsOf, openScriptedIssuer } from '../harness/scripted-issuer.ts'
import { audience, openIssuer, T0 } from '../harness/reference.ts'
import { type Received, send } from '../harness/send.ts'

const { jwk, privateKey } = keyPair('RSA')
const keys = [{ ...jwk, kid: 'k', alg: 'RS256', use: 'sig' }]
const secret = 'a shared secret of thirty-two bytes!'

function app(protect: ReturnType<typeof createProtect>, guards: readonly Guard[] = []): RequestListener {
  const api = express()
  api.use(express.urlencoded({ extended: false }), express.json())
  api.all('/items', protect(...guards), (req, res) => void res.json(protect.auth(req).claims))
  api.all('/optional', protect.optional(), (req, res) => void res.json({ auth: protect.optional.auth(req) ?? null }))
  return api
}

function bearer(token: string): { headers: readonly (readonly [string, string])[] } {
  return { headers: [['Authorization', `Bearer ${token}`]] }
}

function rs256(claimsOfToken: object, header: object = {}): string {
  return jws({ alg: 'RS256', kid: 'k', ...header }, claimsOfToken, privateKey, 'RS256')
}

/** Presents a token to an API that trusts an issuer with these options, at the frozen time T0. */
async function present(
  changes: Record<string, unknown>,
  options: TrustedIssuerOptions = {},
  header: object = {},
): Promise<Received> {
  const issuer = await openScriptedIssuer(keys)
  const protect = createProtect({ issuer: trustedIssuer(issuer.url, options), audience, clock: () => T0 * 1000 })
  return send(await listen(createServer(app(protect))), bearer(rs256({ ...claimsOf(issuer.url), ...changes }, header)))
}

async function presentToGuard(guard: Guard, changes: Record<string, unknown>): Promise<Received> {
  const issuer = await openIssuer()
  const protect = createProtect(issuer.validatorOptions)
  return send(await listen(createServer(app(protect, [guard]))), bearer(await issuer.accessToken(changes)))
}

describe('auth()', () => {
  test('fails without a token, and says Bearer', async () => {
    const issuer = await openIssuer()
    const { status: code, challenges } = await send(
      await listen(createServer(app(createProtect(issuer.validatorOptions)))),
      {},
    )
    expect([code, challenges]).toEqual([401, ['Bearer realm="api"']])
  })

  test('succeeds with a token by discovery, and gives the claims to the handler', async () => {
    const { status: code, body } = await present({})
    expect([code, (JSON.parse(body) as { sub: string }).sub]).toEqual([200, 'alice'])
  })

  test('authRequired: false lets absent credentials through; here, unlike there, an invalid token is refused', async () => {
    const issuer = await openIssuer()
    const origin = await listen(createServer(app(createProtect(issuer.validatorOptions))))
    expect(await send(origin, { path: '/optional' })).toMatchObject({ status: 200, body: '{"auth":null}' })
    expect(await send(origin, { path: '/optional', ...bearer('invalid.jwt') })).toMatchObject({ status: 401 })
  })

  test('takes HS256 with a secret, and refuses the signature of another one', async () => {
    const issuer = trustedIssuer('https://issuer.example', { secret })
    const origin = await listen(createServer(app(createProtect({ issuer, audience, clock: () => T0 * 1000 }))))
    const by = (key: string): string =>
      jws({ alg: 'HS256' }, claimsOf('https://issuer.example'), Buffer.from(key), 'HS256')
    expect((await send(origin, bearer(by(secret)))).status).toBe(200)
    expect((await send(origin, bearer(by(`${secret}?`)))).status).toBe(401)
  })

  test('works when originalUrl is missing', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const api = express()
    api.use((req, _res, next) => {
      Reflect.deleteProperty(req, 'originalUrl')
      next()
    }, protect())
    api.get('/items', (_req, res) => void res.send('ok'))
    expect((await send(await listen(createServer(api)), bearer(await issuer.accessToken()))).status).toBe(200)
  })

  test('a Host that is malformed concerns nobody here: no URL is built from it', async () => {
    const issuer = await openIssuer()
    const origin = await listen(createServer(app(createProtect(issuer.validatorOptions))))
    const { headers } = bearer(await issuer.accessToken())
    expect((await send(origin, { headers: [...headers, ['X-Forwarded-Host', 'localhost/path?#']] })).status).toBe(200)
  })
})

describe('the token of a request', () => {
  const cases = [
    ['in the header', { header: 'Bearer' }, 200],
    ['in the header, scheme in lower case', { header: 'bearer' }, 200],
    ['in the body', { form: 'token' }, 200],
    ['in the body, empty: malformed, and there invalid_token', { form: '' }, 400],
    ['in the query: ignored, and there accepted (OAuth 2.1)', { query: true }, 401],
    ['in header and query: the header counts, and there 400 (OAuth 2.1)', { header: 'Bearer', query: true }, 200],
    ['in header and body', { header: 'Bearer', form: 'token' }, 400],
    ['in query and body: the body counts, and there 400', { query: true, form: 'token' }, 200],
    ['in a JSON body: no credentials, and there 400', { json: true }, 401],
    ['in the header beside a JSON body', { header: 'Bearer', json: true }, 200],
    ['under an unknown scheme: no credentials, and there 400 without a code', { header: 'MAC' }, 401],
    ['under an unknown scheme and in the query', { header: 'mac', query: true }, 401],
  ] as const

  test.each(cases)(
    '%s',
    async (_where, { header, form, query, json: inJson }: Record<string, string | boolean | undefined>, expected) => {
      const issuer = await openIssuer()
      const token = await issuer.accessToken()
      const origin = await listen(
        createServer(app(createProtect({ ...issuer.validatorOptions, formBody: 'accepted' }))),
      )
      const urlEncoded = ['Content-Type', 'application/x-www-form-urlencoded; charset=UTF-8'] as const
      const received = await send(origin, {
        method: 'POST',
        path: query === undefined ? '/items' : `/items?access_token=${token}`,
        headers: [
          ...(header === undefined ? [] : [['Authorization', `${String(header)} ${token}`] as const]),
          ...(form === undefined ? [] : [urlEncoded]),
          ...(inJson === undefined ? [] : [['Content-Type', 'application/json'] as const]),
        ],
        ...(form === undefined ? {} : { body: `access_token=${form === 'token' ? token : ''}` }),
        ...(inJson === undefined ? {} : { body: JSON.stringify({ access_token: token }) }),
      })
      expect(received.status).toBe(expected)
    },
  )

  test.each([
    ['Bearer ', 400],
    ['Bearer a b', 400],
    ['badtoken', 401],
  ])('Authorization: %s', async (value, expected) => {
    const issuer = await openIssuer()
    const origin = await listen(createServer(app(createProtect(issuer.validatorOptions))))
    expect((await send(origin, { headers: [['Authorization', value]] })).status).toBe(expected)
  })
})

describe('the claims of a token', () => {
  test.each([
    ['iss of somebody else', { iss: 'https://other.example' }, 401],
    ['aud of somebody else', { aud: 'https://other.example' }, 401],
    ['aud array without ours', { aud: ['a', 'b'] }, 401],
    ['aud array with ours', { aud: ['a', audience] }, 200],
    ['aud a number', { aud: 7 }, 401],
    ['expired ten seconds ago', { exp: T0 - 10 }, 401],
    ['expired within the tolerance of five seconds', { exp: T0 - 4 }, 200],
    ['exp a text', { exp: 'foo' }, 401],
    ['nbf in the future', { nbf: T0 + 10 }, 401],
    ['nbf within the tolerance', { nbf: T0 + 4 }, 200],
    ['nbf false', { nbf: false }, 401],
    ['iat a text', { iat: 'foo' }, 401],
    ['iat in the future, without a limit', { iat: T0 + 1_000_000 }, 200],
    ['iat missing', { iat: undefined }, 200],
    ['sub a number', { sub: 7 }, 401],
    ['client_id an array', { client_id: ['x'] }, 401],
    ['jti a boolean', { jti: true }, 401],
  ])('%s', async (_what, changes, expected) => {
    expect((await present(changes)).status).toBe(expected)
  })

  test.each([
    ['at+jwt', {}, 'at+jwt', 200],
    ['AT+JWT', {}, 'AT+JWT', 200],
    ['application/at+jwt', {}, 'application/at+jwt', 200],
    ['JWT', {}, 'JWT', 401],
    ['a number', {}, 7, 401],
    ['no sub', { sub: undefined }, 'at+jwt', 401],
    ['no client_id', { client_id: undefined }, 'at+jwt', 401],
    ['no jti', { jti: undefined }, 'at+jwt', 401],
    ['no iat', { iat: undefined }, 'at+jwt', 401],
  ])("strict, which is profile: 'rfc9068': %s", async (_what, changes, typ, expected) => {
    expect((await present(changes, { profile: 'rfc9068' }, { typ })).status).toBe(expected)
  })

  test('an algorithm that is not among those configured', async () => {
    expect((await present({}, { algorithms: ['RS256'] })).status).toBe(200)
    expect((await present({}, { algorithms: ['ES256'] })).status).toBe(401)
  })

  test.each([
    [{ secret, algorithms: ['none'] }],
    [{ secret, algorithms: ['RS256'] }],
    [{ algorithms: ['none'] }],
    [{ algorithms: ['HS256'] }],
    [{ keys: { keys }, secret }],
    [{ keys: { keys: [{ kty: 'oct', k: 'AA' }] } }],
  ])('a configuration that throws: %o', (options) => {
    expect(() => trustedIssuer('https://issuer.example', options)).toThrow(TypeError)
  })

  test('with keys given there is no discovery', async () => {
    const issuer = await openScriptedIssuer(keys)
    for (const options of [{ keys: `${issuer.url}/jwks` }, { keys: { keys } }]) {
      const protect = createProtect({ issuer: trustedIssuer('issuer', options), audience, clock: () => T0 * 1000 })
      expect((await send(await listen(createServer(app(protect))), bearer(rs256(claimsOf('issuer'))))).status).toBe(200)
    }
    expect(issuer.paths).toEqual(['/jwks'])
  })
})

describe('discovery', () => {
  test('is done once, for three requests in turn or at once, and not before the first', async () => {
    const issuer = await openScriptedIssuer(keys)
    const protect = createProtect({ issuer: issuer.url, audience, clock: () => T0 * 1000 })
    const origin = await listen(createServer(app(protect)))
    expect(issuer.paths).toEqual([])
    const token = bearer(rs256(claimsOf(issuer.url)))
    await Promise.all([send(origin, token), send(origin, token), send(origin, token)])
    await send(origin, token)
    expect(issuer.paths).toHaveLength(2)
  })

  test('a failure is 503, and there invalid_token; it is not remembered', async () => {
    const issuer = await openScriptedIssuer(keys)
    let now = T0
    const protect = createProtect({ issuer: issuer.url, audience, clock: () => now * 1000 })
    const origin = await listen(createServer(app(protect)))
    const token = bearer(rs256(claimsOf(issuer.url)))
    const metadata = issuer.routes['/.well-known/oauth-authorization-server'] ?? status(404)
    issuer.routes['/.well-known/oauth-authorization-server'] = status(500)
    expect(await send(origin, token)).toMatchObject({ status: 503, challenges: [] })
    issuer.routes['/.well-known/oauth-authorization-server'] = metadata
    now += 2
    expect((await send(origin, token)).status).toBe(200)
  })

  test('keys and metadata are fetched again when they are old', async () => {
    const issuer = await openScriptedIssuer(keys)
    let now = T0
    const protect = createProtect({ issuer: issuer.url, audience, clock: () => now * 1000 })
    const origin = await listen(createServer(app(protect)))
    const token = bearer(rs256({ ...claimsOf(issuer.url), exp: T0 + 10_000 }))
    await send(origin, token)
    now += 7 * 60
    await send(origin, token)
    expect(issuer.count('/jwks')).toBe(1)
    now += 4 * 60
    await send(origin, token)
    expect(issuer.count('/jwks')).toBe(2)
    expect(issuer.count('/.well-known/oauth-authorization-server')).toBe(2)
  })
})

describe('claims and scopes; here a refusal is 403, and there 401 for claims', () => {
  test.each([
    ['claimEquals, equal', claims(({ foo }) => foo === 'bar', 'foo'), { foo: 'bar' }, 200],
    ['claimEquals, missing', claims(({ foo }) => foo === 'bar', 'foo'), {}, 403],
    ['claimEquals, another', claims(({ foo }) => foo === 'bar', 'foo'), { foo: ['bar'] }, 403],
    ['claimCheck that answers later', claims(async ({ foo }) => foo === 'bar', 'foo'), { foo: 'qux' }, 403],
    ['requiredScopes, all there', scopes('foo', 'bar'), { scope: 'bar foo qux' }, 200],
    ['requiredScopes, one lacking', scopes('foo', 'bar'), { scope: 'foo' }, 403],
    ['requiredScopes, no scope at all', scopes('foo'), {}, 403],
    ['requiredScopes, a number', scopes('foo'), { scope: 7 }, 403],
    ['scopeIncludesAny, one there', anyScope('foo', 'bar'), { scope: 'bar' }, 200],
    ['scopeIncludesAny, none', anyScope('foo', 'bar'), { scope: 'qux' }, 403],
  ] as const)('%s', async (_what, guard, changes, expected) => {
    expect((await presentToGuard(guard, changes)).status).toBe(expected)
  })

  test('the challenge of a missing scope names all, for any-of too', async () => {
    for (const guard of [scopes('foo', 'bar'), anyScope('foo', 'bar')]) {
      expect((await presentToGuard(guard, { scope: 'qux' })).challenges).toEqual([
        'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="foo bar"',
      ])
    }
  })

  test('a scope array grants nothing (RFC 9068 §2.2.3), and there it does', async () => {
    expect((await presentToGuard(scopes('foo'), { scope: ['foo'] })).status).toBe(403)
  })
})
