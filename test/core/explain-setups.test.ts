/** What `explain` says about requests and set-ups that are not about the claims of a token. */
import {
  active,
  clientSecretBasic,
  cookie,
  createValidator,
  header,
  trustedIssuer,
  type ValidatorOptions,
} from '@tollgate/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { T0 as now } from '../harness/constants.ts'
import { encode, jws, keyPair } from '../harness/jws.ts'
import { type Handler, hang, json, status, text } from '../harness/responses.ts'
import { openScriptedValidator } from '../harness/scripted-validator.ts'

const audience = 'https://api.example'
type Headers = Readonly<Record<string, string>>

const origin = 'https://app.example'
const ofPage = cookie('a', { origins: origin })

type Sources = Pick<ValidatorOptions, 'credentials' | 'formBody'>

async function lineFor(headers: Headers, options?: Sources): Promise<string | undefined> {
  const validator = createValidator({ issuer: 'https://as.example', audience, ...options })
  const method = headers['upgrade'] === undefined ? 'POST' : 'GET'
  const request = { method, url: '/', headers: Object.entries(headers) }
  return validator.explain(await validator.authenticate(request).catch((thrown: unknown) => thrown))?.line
}

const jwtInJwt = `${encode({ alg: 'RS256' })}.${encode('eyJhbGciOiJSUzI1NiJ9.e30.AA')}.AAAA`

describe('credentials', () => {
  test.each<readonly [name: string, headers: Headers, cause: RegExp]>([
    ['an empty line', { authorization: '' }, /`Authorization` is empty/],
    ['no space behind Bearer', { authorization: 'BearereyJhbGciOiJSUzI1NiJ9.e30.AA' }, /no space follows `Bearer`/],
    ['a promise', { authorization: 'Bearer [object Promise]' }, /object or a promise.*`await` is missing/],
    ['the whole token response', { authorization: 'Bearer {"access_token":"a"}' }, /JSON document/],
    ['a placeholder of printf', { authorization: 'Bearer %s' }, /placeholder/],
    ['three dots', { authorization: 'Bearer eyJhbGciOi...' }, /abbreviated with dots/],
    ['one part', { authorization: 'Bearer eyJhbGciOiJSUzI1NiJ9' }, /one part of a JWT only/],
    ['an API key of Supabase', { authorization: 'Bearer sb_publishable_a' }, /API key of Supabase/],
    ['a token of GitHub', { authorization: 'Bearer ghp_abc' }, /Google or GitHub/],
    [
      'an opaque token of Hydra',
      { authorization: 'Bearer ory_at_a.b' },
      /opaque token of Ory.*strategies\.access_token/,
    ],
    ['a colon behind Bearer', { authorization: 'Bearer:eyJh.e30.AA' }, /a colon follows `Bearer`/],
    ['an encoded space', { authorization: 'Bearer%20eyJh.e30.AA' }, /something else than a space/],
    ['a name in front', { authorization: 'Bearer access_token=eyJh.e30.AA' }, /a name and `=` are in front/],
    ['its own name', { authorization: 'Authorization: Bearer abc' }, /name `Authorization` is in the value/],
    ['undefined alone', { authorization: 'undefined' }, /JavaScript value, such as `undefined`/],
    ['a sealed session', { authorization: 'Bearer Fe26.2*1*a*b**c' }, /sealed session of iron-session/],
    ['a function', { authorization: 'Bearer async () => token' }, /source of a JavaScript function/],
    ['a typographic quote', { authorization: 'Bearer \u201Cabc\u201D' }, /not ASCII.*typographic quote/],
    ['an example', { authorization: 'Bearer YOUR_ACCESS_TOKEN' }, /placeholder of an example/],
    ['a key of Stripe', { authorization: 'Bearer sk_live_a' }, /API key of another service/],
    ['a JWT in base64', { authorization: `Bearer ${btoa('eyJhbGciOiJSUzI1NiJ9.e30.AA')}` }, /encoded it once more/],
    ['a JWT in a JWT', { authorization: `Bearer ${jwtInJwt}` }, /JWT inside a JWT/],
    ['a session of Flask', { authorization: 'Bearer eyJ1IjoxfQ.ZabcQw.abcDEF' }, /no `alg`.*session cookie/],
    [
      'a payload that is cut off',
      { authorization: 'Bearer eyJhbGciOiJSUzI1NiJ9.eyJpc3M.AAAA' },
      /the payload.*damaged/,
    ],
    ['an API key', { apikey: 'a' }, /it has `apikey`/],
    ['a PASETO', { authorization: 'Bearer v4.public.a.b' }, /PASETO/],
    ['a header that a proxy renamed', { 'x-forwarded-authorization': 'Bearer a' }, /pass `Authorization` on/],
    ['a cookie behind a proxy', { cookie: '_ga=1', forwarded: 'for=a' }, /proxy in between removes the header.*cookie/],
    ['a WebSocket', { upgrade: 'websocket' }, /WebSocket.*browsers cannot send `Authorization`.*cookie.*first message/],
    ['an EventSource', { accept: 'text/event-stream' }, /EventSource.*cannot send/],
  ])('of %s', async (_name, headers, cause) => {
    expect(await lineFor(headers)).toMatch(cause)
  })

  test.each<readonly [name: string, headers: Headers, options: Sources, cause: RegExp]>([
    [
      'Bearer in a header of its own',
      { 'x-token': 'Bearer a' },
      { credentials: header('x-token') },
      /has the word `Bearer` in front/,
    ],
    ['another cookie', { cookie: 'b=1' }, { credentials: cookie('a') }, /none of them is the cookie `a`.*`__Host-`/],
    ['no cookie', {}, { credentials: cookie('a') }, /no cookies.*credentials: 'include'/],
    [
      'a cookie in several parts',
      { cookie: 'a.0=1; a.1=2' },
      { credentials: cookie('a') },
      /split into several cookies/,
    ],
    ['a session of Supabase', { cookie: 'a=base64-e30', origin }, { credentials: ofPage }, /whole session in a cookie/],
    ['a page without an origin', { cookie: 'a=1', origin: 'null' }, { credentials: cookie('a') }, /page has no origin/],
    ['a signed cookie', { cookie: 'a=s%3Aabc.def' }, { credentials: cookie('a') }, /signed or encoded/],
    ['two cookies of one name', { cookie: 'a=1; a=2' }, { credentials: cookie('a') }, /several cookies of one name/],
    [
      'a cookie from a client that is no browser',
      { cookie: 'a=1' },
      { credentials: cookie('a') },
      /no browser must send/,
    ],
    [
      'a form without a token',
      { 'content-type': 'application/x-www-form-urlencoded' },
      { formBody: 'accepted' },
      /no `access_token`/,
    ],
  ])('of %s', async (_name, headers, options, cause) => {
    expect(await lineFor(headers, options)).toMatch(cause)
  })
})

describe('an introspection that', () => {
  const response = { active: true, client_id: 'c', token_type: 'Bearer', exp: now + 60 }
  test.each<readonly [name: string, respond: Handler, cause: RegExp]>([
    ['responds with 403', status(403), /may not introspect, or a firewall/],
    ['responds with 404', status(404), /no endpoint at this URL/],
    ['responds with 400', status(400), /token and the UserInfo endpoints are others/],
    ['responds with 405', status(405), /takes no POST/],
    ['responds with 429', status(429), /limits the number of calls.*cacheFor/],
    ['redirects to a login', status(302, { location: 'https://login.example/x' }), /no endpoint for machines/],
    ['responds with HTML', text('<html>'), /not JSON.*login page.*response: 'jwt'/],
    ['hangs', hang, /introspection: \{ timeout \}/],
    ['is the UserInfo endpoint', json({ sub: 'x' }), /no valid `active`.*UserInfo/],
    ['names no audience', json(response), /has no `aud`.*when the client requests/],
    ['names another issuer', json({ ...response, iss: 'https://b.example' }), /response names another issuer/],
  ])('%s', async (_name, respond, cause) => {
    const timeout = respond === hang ? '200ms' : '3s'
    const { validator, issuer, authenticate } = await openScriptedValidator({ introspection: { timeout } })
    issuer.routes['/introspect'] = respond
    const error = await authenticate('opaque').catch((thrown: unknown) => thrown)
    expect(validator.explain(error)?.line).toMatch(cause)
  })

  test.each<readonly [name: string, claims: object, cause: RegExp]>([
    ['calls an expired JWT inactive', { exp: now - 600 }, /not active: it expired 10 min ago/],
    ['calls the JWT of another issuer inactive', { iss: 'https://b.example' }, /names another issuer.*b\.example/],
  ])('%s', async (_name, claims, cause) => {
    const { validator, issuer, authenticate } = await openScriptedValidator({ issuer: { formats: 'opaque' } })
    issuer.introspect = () => ({ active: false })
    const error = await authenticate(`${encode({ alg: 'ES256' })}.${encode(claims)}.AAAA`).catch(
      (thrown: unknown) => thrown,
    )
    expect(validator.explain(error)?.line).toMatch(cause)
  })

  test('calls the JWT of a realm inactive is called at another host', async () => {
    const { issuer } = await openScriptedValidator()
    issuer.introspect = () => ({ active: false })
    const realm = 'https://sso.example/realms/a'
    const introspection = { client: clientSecretBasic('id', 'secret'), endpoint: `${issuer.url}/introspect` }
    const validator = createValidator({
      issuer: trustedIssuer(realm, { formats: 'opaque', introspection }),
      audience,
    })
    onTestFinished(() => validator.close())
    const error: unknown = await validator
      .validate(`${encode({ alg: 'ES256' })}.${encode({ iss: realm })}.AAAA`)
      .catch((thrown: unknown) => thrown)
    expect(validator.explain(error)?.line).toMatch(/not active.*Keycloak calls a token inactive if.*another host/)
  })

  test('calls the text undefined inactive', async () => {
    const { validator, issuer, authenticate } = await openScriptedValidator()
    issuer.introspect = () => ({ active: false })
    const error = await authenticate('undefined').catch((thrown: unknown) => thrown)
    expect(validator.explain(error)?.line).toMatch(/^401 inactive: the token is the text `undefined`/)
  })

  test('the guard active needs responds with 403', async () => {
    const { validator, issuer, authenticate } = await openScriptedValidator()
    const { privateKey, jwk } = keyPair('P-256')
    issuer.keys = [{ ...jwk, kid: '1' }]
    issuer.routes['/introspect'] = status(403)
    const token = jws(
      { alg: 'ES256', kid: '1' },
      { iss: issuer.url, aud: audience, exp: now + 60 },
      privateKey,
      'ES256',
    )
    const error = await authenticate(token, active({ within: '1m' })).catch((thrown: unknown) => thrown)
    expect(validator.explain(error)).toMatchObject({ step: 'introspection' })
    expect(validator.explain(error)?.line).toMatch(/may not introspect/)
  })

  test('the metadata does not announce', async () => {
    const { validator, issuer, authenticate } = await openScriptedValidator()
    issuer.routes['/.well-known/oauth-authorization-server'] = json({
      issuer: issuer.url,
      jwks_uri: `${issuer.url}/jwks`,
    })
    const error = await authenticate('opaque').catch((thrown: unknown) => thrown)
    expect(validator.explain(error)?.line).toMatch(/announces no introspection.*introspection: \{ endpoint \}/)
  })
})

describe('metadata or keys', () => {
  const metadata = '/.well-known/oauth-authorization-server'
  test.each<readonly [name: string, path: string, respond: Handler | ((url: string) => Handler), cause: RegExp]>([
    ['that are 404', '/jwks', status(404), /document that does not exist/],
    ['that a proxy refuses', '/jwks', status(407), /proxy in between demands credentials/],
    ['that a firewall refuses', '/jwks', status(403), /firewall, a proxy or a login/],
    [
      'that are a redirect',
      '/jwks',
      status(302, { location: 'https://login.example/?a' }),
      /Redirects are not followed/,
    ],
    ['that are no key set', '/jwks', json({ keys: [] }), /no signing key yet/],
    ['that are HTML', metadata, text('<html>'), /login page or a proxy/],
    ['that redirect to a login', metadata, status(302, { location: 'https://login.example/' }), /login page/],
    ['that are overloaded', metadata, status(503), /tries again by itself/],
  ])('%s', async (_name, path, respond, cause) => {
    const { validator, issuer, authenticate } = await openScriptedValidator()
    issuer.routes[path] = respond as Handler
    const token = `${encode({ alg: 'ES256' })}.${encode({ iss: issuer.url })}.AAAA`
    const error = await authenticate(token).catch((thrown: unknown) => thrown)
    expect(validator.explain(error)?.line).toMatch(cause)
  })

  test('that differ by a trailing slash are written as they are', async () => {
    const { validator, issuer, authenticate } = await openScriptedValidator()
    issuer.routes[metadata] = json({ issuer: `${issuer.url}/`, jwks_uri: `${issuer.url}/jwks` })
    const token = `${encode({ alg: 'ES256' })}.${encode({ iss: issuer.url })}.AAAA`
    const error = await authenticate(token).catch((thrown: unknown) => thrown)
    expect(validator.explain(error)?.fix).toBe(`Write exactly this: \`issuer: '${issuer.url}/'\`.`)
  })

  test('that contain a private key ask for a new one', async () => {
    const { privateKey, jwk } = keyPair('P-256')
    const { validator, issuer, authenticate } = await openScriptedValidator()
    issuer.keys = [
      { ...jwk, kid: '1', d: jwk.x },
      { ...keyPair('P-256').jwk, kid: '2' },
    ]
    const token = jws({ alg: 'ES256', kid: '1' }, { iss: issuer.url }, privateKey, 'ES256')
    const error = await authenticate(token).catch((thrown: unknown) => thrown)
    expect(validator.explain(error)?.line).toMatch(/private or symmetric.*replace it at once/)
  })
})

describe('keys', () => {
  test.each<readonly [name: string, named: object, kid: string, given: boolean, cause: RegExp]>([
    ['in an option', { kid: '1' }, '1', true, /does not fit the keys in the option `keys`.*another environment/],
    ['that a token does not name', {}, '1', false, /names no key \(`kid`\).*fits none of the keys/],
    ['of an issuer that has started again', { kid: '1' }, '1', false, /does not fit the key.*another server/],
    ['of an issuer with new names', { kid: '1' }, '2', false, /names no key that the issuer publishes.*new token/],
  ])('%s', async (_name, named, kid, given, cause) => {
    const other = { ...keyPair('P-256').jwk, kid }
    const { validator, issuer, authenticate } = await openScriptedValidator(given ? { issuer: { keys: other } } : {})
    issuer.keys = [other]
    const token = jws({ alg: 'ES256', ...named }, { iss: issuer.url }, keyPair('P-256').privateKey, 'ES256')
    const error = await authenticate(token).catch((thrown: unknown) => thrown)
    expect(validator.explain(error)?.line).toMatch(cause)
  })
})

describe('the argument of validate()', () => {
  test.each<readonly [name: string, argument: unknown, cause: RegExp]>([
    ['that is a promise', Promise.resolve('a'), /got a promise, and no string.*`await`/],
    ['that is a token response', { access_token: 'a' }, /got an object, and no string.*\.access_token/],
    ['with Bearer in front', 'Bearer sentinel', /the string has the word `Bearer`/],
    ['in quotes', '"sentinel"', /the token is in quotes/],
  ])('%s', async (_name, argument, cause) => {
    const validator = createValidator({ issuer: 'https://as.example', audience })
    const error: unknown = await validator.validate(argument as string).catch((thrown: unknown) => thrown)
    expect(validator.explain(error)?.line).toMatch(cause)
    expect(validator.explain(error)?.line).not.toMatch(/sentinel/)
  })
})

describe('a secret', () => {
  const secret = Buffer.alloc(64, 7)
  test.each<readonly [name: string, alg: string, cause: RegExp]>([
    ['in base64', 'HS256', /does not fit the shared secret.*Buffer\.from\(text, 'base64'\)/],
    ['with another algorithm', 'HS512', /algorithm that is not accepted.*got `alg` HS512.*`algorithms`/],
  ])('%s', async (_name, alg, cause) => {
    const issuer = trustedIssuer('https://as.example', { secret: secret.toString('base64') })
    const validator = createValidator({ issuer, audience })
    const token = jws({ alg }, { iss: issuer.url }, secret, alg)
    const line = validator.explain(await validator.validate(token).catch((thrown: unknown) => thrown))?.line
    expect(line).toMatch(cause)
    expect(line).not.toContain(secret.toString('base64'))
  })
})

test('an own token without `iss` is corrected where it is signed', async () => {
  const secret = Buffer.alloc(32, 7)
  const validator = createValidator({ issuer: trustedIssuer('https://as.example', { secret }), audience })
  const error: unknown = await validator
    .validate(jws({ alg: 'HS256' }, { sub: '1' }, secret, 'HS256'))
    .catch((thrown: unknown) => thrown)
  expect(validator.explain(error)?.line).toMatch(/has no `iss`.*jwt\.sign\(/)
})

describe('a time', () => {
  test.each<readonly [name: string, claims: object, cause: RegExp]>([
    ['that is a duration', { exp: 3600 }, /`exp` is a duration.*Add the current time/],
    ['before `iat`', { iat: now, exp: now - 300 }, /expired 5 min ago.*new token.*before its `iat`/],
    [
      'of another time zone',
      { iat: now + 7200, nbf: now + 7200, exp: now + 9000 },
      /2 h behind.*local time in place of UTC/,
    ],
  ])('%s', async (_name, claims, cause) => {
    const { privateKey, jwk } = keyPair('P-256')
    const issuer = trustedIssuer('https://as.example', { keys: { ...jwk, kid: '1' } })
    const validator = createValidator({ issuer, audience, clock: () => now * 1000 })
    const token = jws({ alg: 'ES256', kid: '1' }, { iss: issuer.url, aud: audience, ...claims }, privateKey, 'ES256')
    expect(validator.explain(await validator.validate(token).catch((thrown: unknown) => thrown))?.line).toMatch(cause)
  })
})
