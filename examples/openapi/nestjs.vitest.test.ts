import { createMockIssuer } from '@tollgate/mock-issuer'
import { expect, onTestFinished, test } from 'vitest'
import { createApp, createDocument } from './nestjs.js'

test('the document names the scopes of the decorators', async () => {
  const issuer = await createMockIssuer()
  const app = await createApp(issuer.validatorOptions)
  onTestFinished(async () => {
    await app.close()
    await issuer.close()
  })
  await app.listen(0, '127.0.0.1')
  const { paths, components } = createDocument(app)
  expect(paths['/orders']?.get?.security).toEqual([{ bearer: ['orders:read'] }])
  expect(paths['/orders']?.post?.security).toEqual([{ bearer: ['orders:read', 'orders:write'] }])
  expect(paths['/orders/catalogue']?.get?.security).toEqual([])
  expect(Object.keys(components?.securitySchemes ?? {})).toEqual(['bearer'])

  const send = async (token?: string): Promise<number> => {
    const headers = new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` })
    return (await fetch(`${await app.getUrl()}/orders`, { method: 'POST', headers })).status
  }
  const accepted = await issuer.accessToken({ scope: 'orders:read orders:write' })
  expect([await send(), await send(await issuer.accessToken({ scope: 'orders:read' })), await send(accepted)]).toEqual([
    401, 403, 201,
  ])
})
