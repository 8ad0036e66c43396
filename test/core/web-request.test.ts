import { createValidator, type Refusal, scopes, Unavailable, type Validator } from '@tollgate/core'
import { expect, test } from 'vitest'
import { audience, openIssuer, T0 } from '../harness/reference.ts'

const url = 'https://api.example/items?x=1'

async function open(formBody: 'ignored' | 'accepted' = 'ignored') {
  const issuer = await openIssuer()
  const validator = createValidator({ ...issuer.validatorOptions, formBody })
  return { issuer, validator, token: await issuer.accessToken({ scope: 'read' }) }
}

function bearing(token: string, init: RequestInit = {}): Request {
  return new Request(url, { ...init, headers: { Authorization: `Bearer ${token}` } })
}

async function refusalOf(validator: Validator, request: Request): Promise<[status: number, reason: string]> {
  const refusal = await validator.authenticate(request).catch((error: unknown) => error as Refusal)
  return 'reason' in refusal ? [refusal.status, refusal.reason] : [200, '']
}

test('a web Request is authenticated without an adapter', async () => {
  const { validator, token } = await open()
  expect((await validator.authenticate(bearing(token), scopes('read'))).subject).toBe('alice')
  expect(await validator.authenticateOptional(new Request(url))).toBeUndefined()
  expect(await refusalOf(validator, new Request(url))).toEqual([401, 'no-credentials'])
})

test('several Authorization lines that a Request has joined are refused', async () => {
  const { validator, token } = await open()
  for (const lines of [
    [`Bearer ${token}`, `Bearer ${token}`],
    [`Bearer ${token}`, 'Basic eHg='],
    ['Basic eHg=', `Bearer ${token}`],
    ['Basic eHg=', `bearer ${token}`],
    ['Digest username="x", realm="y"', `Bearer ${token}`],
  ]) {
    const request = new Request(url)
    lines.forEach((line) => request.headers.append('Authorization', line))
    expect((await refusalOf(validator, request))[0], lines.join(' | ')).toBe(400)
  }
  const twice = bearing(token)
  twice.headers.append('Authorization', 'Bearer another')
  expect(await refusalOf(validator, twice)).toEqual([400, 'repeated-credentials'])
  const digest = new Request(url, { headers: { Authorization: 'Digest username="bearer", realm="y"' } })
  expect(await refusalOf(validator, digest)).toEqual([401, 'no-credentials'])
})

test('authenticateOptional runs the guards when the request has credentials', async () => {
  const { issuer, validator, token } = await open()
  expect(await validator.authenticateOptional(new Request(url), scopes('read'))).toBeUndefined()
  expect((await validator.authenticateOptional(bearing(token), scopes('read')))?.subject).toBe('alice')
  const refused = validator.authenticateOptional(bearing(token), scopes('write'))
  await expect(refused).rejects.toMatchObject({ reason: 'missing-scope', status: 403 })
  expect(validator.respond(await refused.catch((error: unknown) => error)).headers.get('www-authenticate')).toContain(
    'scope="write"',
  )
  const expired = bearing(await issuer.wrongToken('expired'))
  await expect(validator.authenticateOptional(expired, scopes('read'))).rejects.toMatchObject({ reason: 'expired' })
})

test('an object that is no web Request is a TypeError', async () => {
  const { validator } = await open()
  const node = { method: 'GET', url, headers: { authorization: 'Bearer x' } } as unknown as Request
  await expect(validator.authenticate(node)).rejects.toThrow(TypeError)
})

test('respond makes the Response of a refusal', async () => {
  const { validator, token } = await open()
  const response = await validator.authenticate(bearing(token), scopes('write')).catch(validator.respond)
  expect(response).toBeInstanceOf(Response)
  expect(response).toMatchObject({ status: 403 })
  const { headers } = response as Response
  expect(headers.get('www-authenticate')).toBe(
    'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="write"',
  )
  expect([headers.get('cache-control'), headers.get('content-type')]).toEqual(['no-store', 'application/json'])
  expect(await (response as Response).json()).toEqual({
    error: 'insufficient_scope',
    error_description: 'The access token lacks a required scope',
  })
  const bare = validator.respond(await validator.authenticate(new Request(url)).catch((error: unknown) => error))
  expect([bare.status, await bare.text()]).toEqual([401, '{}'])
})

test('respond makes the Response of an outage, without a challenge', async () => {
  const { issuer } = await open()
  const down = createValidator({ issuer: 'http://127.0.0.1:9', audience, clock: () => T0 * 1000 })
  const token = await issuer.accessToken({ iss: 'http://127.0.0.1:9' })
  const error: unknown = await down.authenticate(bearing(token)).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(Unavailable)
  const { status, headers } = down.respond(error)
  expect([status, headers.get('www-authenticate')]).toEqual([503, null])
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
})

test('respond throws every other error again', async () => {
  const { validator } = await open()
  for (const error of [new Error('mine'), undefined, 'route', { status: 401, headers: {}, body: {} }]) {
    let thrown: unknown = 'nothing'
    try {
      validator.respond(error)
    } catch (caught) {
      thrown = caught
    }
    expect(thrown).toBe(error)
  }
})

test('authorize accepts only token objects of its own validator', async () => {
  const { issuer, validator, token } = await open()
  const other = createValidator({ ...issuer.validatorOptions, audience })
  const request = bearing(token)
  const accessToken = await validator.authenticate(request)
  expect(await validator.authorize(accessToken, request, scopes('read'))).toBe(accessToken)
  for (const foreign of [
    await other.authenticate(request),
    { ...accessToken },
    Object.create(accessToken) as typeof accessToken,
  ]) {
    await expect(validator.authorize(foreign, request, scopes('read'))).rejects.toThrow(TypeError)
  }
  await expect(validator.authorize(undefined, request)).rejects.toMatchObject({ reason: 'no-credentials' })
})

function form(body: string | ReadableStream<Uint8Array>, headers: Record<string, string> = {}): Request {
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' }
  return new Request(url, { method: 'POST', body, headers: { ...type, ...headers }, duplex: 'half' })
}

test('with formBody accepted, a form body is read from a clone of the Request', async () => {
  const { validator, token } = await open('accepted')
  const request = form(`a=1&access_token=${token}`)
  expect((await validator.authenticate(request)).subject).toBe('alice')
  expect(await request.text(), 'the handler can read it').toBe(`a=1&access_token=${token}`)
  expect(await refusalOf(validator, form(`access_token=${token}&access_token=${token}`))).toEqual([
    400,
    'repeated-credentials',
  ])
  const both = form(`access_token=${token}`, { Authorization: `Bearer ${token}` })
  expect(await refusalOf(validator, both)).toEqual([400, 'repeated-credentials'])
  expect(await refusalOf(validator, form(`access_token=${token}&x=%C3%A9`))).toEqual([401, 'no-credentials'])
  expect(await refusalOf(validator, form(`access_token=${token}`, { 'Content-Type': 'text/plain' }))).toEqual([
    401,
    'no-credentials',
  ])
})

test('a form body is ignored by default, and a body that was read can be passed as form', async () => {
  const { validator: ignoring, token: ignored } = await open()
  expect(await refusalOf(ignoring, form(`access_token=${ignored}`))).toEqual([401, 'no-credentials'])

  const { validator, token } = await open('accepted')
  const request = form(`access_token=${token}`)
  const parsed = Object.fromEntries(new URLSearchParams(await request.text()))
  expect(await refusalOf(validator, request)).toEqual([401, 'no-credentials'])
  const { method, headers } = request
  expect((await validator.authenticate({ method, url, headers, form: parsed })).subject).toBe('alice')
})

test('a broken body is a malformed request, and a locked body is ignored', async () => {
  const { validator, token } = await open('accepted')
  const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error('gone')) })
  expect(await refusalOf(validator, form(broken))).toEqual([400, 'malformed-credentials'])
  const locked = form(`access_token=${token}`)
  locked.body?.getReader()
  expect(await refusalOf(validator, locked)).toEqual([401, 'no-credentials'])
})

test('an endless body is read up to the size limit of a form', async () => {
  const { validator, token } = await open('accepted')
  let pulled = 0
  const endless = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(Buffer.from(`access_token=${token}&x=`)),
    pull: (controller) => {
      pulled += 1
      controller.enqueue(Buffer.alloc(16 * 1024, 'x'))
    },
  })
  expect(await refusalOf(validator, form(endless))).toEqual([401, 'no-credentials'])
  expect(pulled).toBeLessThan(10)
})
