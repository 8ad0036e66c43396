/** Forms that carry the token, with `formBody: 'accepted'`. Hono parses bodies when a handler reads them. */
import { createProtect } from '@tollgate/hono'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { validator } from 'hono/validator'
import { expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { bearer, form, serve } from './serving.ts'

const chained: MiddlewareHandler = (_c, next) => next()

/** Ways to read a form. Each returns the value of its parameter `of`. */
const readers: readonly (readonly [string, (c: Context) => Promise<unknown>])[] = [
  ['c.req.parseBody()', async (c) => (await c.req.parseBody())['of']],
  ['c.req.text()', async (c) => new URLSearchParams(await c.req.text()).get('of')],
  ['c.req.formData()', async (c) => (await c.req.formData()).get('of')],
  [
    'c.req.arrayBuffer()',
    async (c) => new URLSearchParams(Buffer.from(await c.req.arrayBuffer()).toString()).get('of'),
  ],
  ['c.req.blob()', async (c) => new URLSearchParams(await (await c.req.blob()).text()).get('of')],
]

/** The same by the web request itself. Hono does not cache that body. */
const rawReaders: typeof readers = [
  ['c.req.raw.text()', async (c) => new URLSearchParams(await c.req.raw.text()).get('of')],
  ['c.req.raw.formData()', async (c) => (await c.req.raw.formData()).get('of')],
]

async function openForms(front: MiddlewareHandler = chained, read: (c: Context) => Promise<unknown> = async () => '7') {
  const issuer = await openIssuer()
  const protect = createProtect({ ...issuer.validatorOptions, formBody: 'accepted' })
  const app = new Hono().use(front)
  app.post('/', protect(), async (c) => c.text(`${protect.auth(c).subject} ${String(await read(c))}`))
  app.post('/twice', protect.optional(), protect(), async (c) =>
    c.text(`${protect.auth(c).subject} ${String(await read(c))}`),
  )
  const { send } = await serve(app)
  return { token: await issuer.accessToken(), send }
}

test.each([...readers, ...rawReaders])('a handler reads the form again, by %s', async (_name, read) => {
  const { token, send } = await openForms(chained, read)
  for (const path of ['/', '/twice']) {
    expect(await send(path, form(`of=7&access_token=${token}`))).toMatchObject({ status: 200, body: 'alice 7' })
    // A body without `Content-Length`.
    const { method, headers } = form('')
    const chunks = ['of=7&access', `_token=${token}`]
    expect(await send(path, { method: method ?? '', headers: headers ?? [], chunks })).toMatchObject({
      body: 'alice 7',
    })
    expect((await send(path, form('of=7'))).challenges).toEqual(['Bearer realm="api"'])
  }
})

test.each(readers)('a form that a middleware in front has read counts, by %s', async (_name, read) => {
  const front: MiddlewareHandler = async (c, next) => {
    expect(await read(c)).toBe('7')
    await next()
  }
  for (const [, readAgain] of readers.slice(0, 2)) {
    const { token, send } = await openForms(front, _name === 'c.req.formData()' ? undefined : readAgain)
    for (const path of ['/', '/twice']) {
      expect(await send(path, form(`of=7&access_token=${token}`))).toMatchObject({ status: 200, body: 'alice 7' })
      expect((await send(path, form(`of=7&access_token=${token}&access_token=x`))).status).toBe(400)
      expect((await send(path, form(`of=7&note=%C3%A9&access_token=${token}`))).status).toBe(401)
      expect((await send(path, form(`of=7&note=${'x'.repeat(70_000)}&access_token=${token}`))).status).toBe(401)
    }
  }
})

test.each(rawReaders)('a form that a middleware in front has read by %s is no credentials', async (_name, read) => {
  const front: MiddlewareHandler = async (c, next) => {
    await read(c)
    await next()
  }
  const { token, send } = await openForms(front)
  expect((await send('/', form(`of=7&access_token=${token}`))).challenges).toEqual(['Bearer realm="api"'])
  expect(
    await send('/', { ...form('of=7'), headers: [...(form('').headers ?? []), ...bearer(token).headers] }),
  ).toMatchObject({ body: 'alice 7' })
})

test('a validator and a body limit in front work', async () => {
  const validated = await openForms(
    validator('form', (value) => value),
    async (c) => (await c.req.parseBody())['of'],
  )
  expect(await validated.send('/', form(`of=7&access_token=${validated.token}`))).toMatchObject({ body: 'alice 7' })
  // Over a Node server, bodyLimit needs the globals of @hono/node-server.
  const issuer = await openIssuer()
  const protect = createProtect({ ...issuer.validatorOptions, formBody: 'accepted' })
  const app = new Hono().use(bodyLimit({ maxSize: 10_000 }))
  app.post('/', protect(), async (c) => c.text(`${protect.auth(c).subject} ${String((await c.req.parseBody())['of'])}`))
  const post = (text: string) => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const init = { method: 'POST', headers, body: new Blob([text]).stream(), duplex: 'half' as const }
    return app.request('/', init)
  }
  expect(await (await post(`of=7&access_token=${await issuer.accessToken()}`)).text()).toBe('alice 7')
  expect((await post(`of=${'x'.repeat(20_000)}&access_token=t`)).status).toBe(413)
})

test('a body of another type is not read', async () => {
  const { token, send } = await openForms(chained, async (c) => JSON.stringify(await c.req.json()))
  const json = form(JSON.stringify({ access_token: token }), 'application/json')
  expect((await send('/', json)).challenges).toEqual(['Bearer realm="api"'])
  const headers = [...(json.headers ?? []), ...bearer(token).headers]
  expect((await send('/', { ...json, headers })).body).toBe(`alice {"access_token":"${token}"}`)
})

test("with formBody: 'ignored' a form is not credentials, and stays unread", async () => {
  const issuer = await openIssuer()
  const protect = createProtect(issuer.validatorOptions)
  const app = new Hono().post('/', protect(), async (c) => c.text(String((await c.req.parseBody())['of'])))
  const { send } = await serve(app)
  const token = await issuer.accessToken()
  const sent = form(`of=7&access_token=${token}`)
  expect((await send('/', sent)).status).toBe(401)
  expect((await send('/', { ...sent, headers: [...(sent.headers ?? []), ...bearer(token).headers] })).body).toBe('7')
})
