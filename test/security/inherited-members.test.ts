import { cookie, createValidator, header } from '@tollgate/core'
import { expectOptions, nodeHeaders } from '@tollgate/core/adapter'
import { expect, onTestFinished, test } from 'vitest'
import { reasonOf } from '../harness/scripted-validator.ts'
import { openIssuer } from '../harness/reference.ts'

/** Defines members on `Object.prototype`, as another part of an application may do. */
function pollute(members: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(members)) {
    // oxlint-disable-next-line eslint/no-extend-native -- the subject of this file
    Object.defineProperty(Object.prototype, name, { value, configurable: true, enumerable: true, writable: true })
    onTestFinished(() => void Reflect.deleteProperty(Object.prototype, name))
  }
}

test('a request has no inherited credentials', async () => {
  const issuer = await openIssuer()
  const validator = createValidator({ ...issuer.validatorOptions, formBody: 'accepted' })
  const token = await issuer.accessToken()
  pollute({
    authorization: `Bearer ${token}`,
    Authorization: `Bearer ${token}`,
    access_token: token,
    form: { access_token: token },
  })
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  const post = { method: 'POST', url: '/' }
  for (const request of [
    { ...post, headers: nodeHeaders({ headers: { ...type } }) },
    { ...post, headers: Object.entries(type), form: {} },
    { ...post, headers: Object.entries(type) },
    new Request('https://api.example/', { method: 'POST', headers: type, body: 'a=b' }),
  ]) {
    expect(await reasonOf(validator.authenticate(request))).toBe('no-credentials')
  }
  const headers = nodeHeaders({ headers: { authorization: `Bearer ${token}` } })
  expect(await reasonOf(validator.authenticate({ method: 'GET', url: '/', headers }))).toBe('OK')
})

test('no source, and no check of the origin, uses inherited members', async () => {
  const issuer = await openIssuer()
  const credentials = ['authorization', header('x-token'), cookie('session')] as const
  const validator = createValidator({ ...issuer.validatorOptions, credentials })
  const token = await issuer.accessToken()
  const session = `session=${token}`
  pollute({
    'x-token': token,
    cookie: session,
    credentials: 'authorization',
    origins: ['https://evil.example'],
    origin: 'https://evil.example',
    'sec-fetch-site': 'same-origin',
  })
  const post = { method: 'POST', url: '/' }
  for (const headers of [nodeHeaders({ headers: {} }), [], new Headers()]) {
    expect(await reasonOf(validator.authenticate({ ...post, headers }))).toBe('no-credentials')
  }
  const evil = { cookie: session, origin: 'https://evil.example' }
  for (const headers of [nodeHeaders({ headers: { cookie: session } }), nodeHeaders({ headers: evil })]) {
    expect(await reasonOf(validator.authenticate({ ...post, headers }))).toBe('cross-origin')
  }
  expect(cookie('session', {}).origins).toEqual([])
})

test('options have no inherited members', () => {
  pollute({ realm: 'polluted', audience: 'polluted' })
  const options: { audience?: string; realm?: string } = { audience: 'own' }
  const copy = expectOptions(options, 'the options', ['audience', 'realm'])
  expect([copy.audience, copy.realm, Object.isFrozen(copy)]).toEqual(['own', undefined, true])
})

test('an option that is a getter of a class is an error, because it would be lost', () => {
  class Config {
    audience = 'own'
    get realm(): string {
      return 'inherited'
    }
  }
  expect(() => expectOptions(new Config(), 'the options', ['audience', 'realm'])).toThrow(
    expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }),
  )
})
