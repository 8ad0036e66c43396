/** `Sec-WebSocket-Protocol: bearer, <token>`, without a library: the validator reads the headers of the upgrade. */
import { createValidator, webSocketProtocol, type ValidatorOptions } from '@tollgate/core'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { messagesOn } from '../harness/channel-messages.ts'
import { reasonOf } from '../harness/scripted-validator.ts'

const issuer = await createMockIssuer({ port: 'none' })
afterAll(() => issuer.close())
const token = await issuer.accessToken()

const sources: NonNullable<ValidatorOptions['credentials']> = ['authorization', webSocketProtocol()]

async function reason(
  headers: Readonly<Record<string, string>>,
  credentials: ValidatorOptions['credentials'] = sources,
): Promise<string> {
  const validator = createValidator({ ...issuer.validatorOptions, ...(credentials && { credentials }) })
  onTestFinished(() => validator.close())
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket', ...headers }
  return reasonOf(
    validator.authenticate({
      method: 'GET',
      url: 'https://api.example/live?access_token=t',
      headers: Object.entries(upgrade),
    }),
  )
}

describe('the subprotocols of a WebSocket', () => {
  test('carry the token', async () => {
    expect(await reason({ 'sec-websocket-protocol': `bearer, ${token}` })).toBe('OK')
    expect(await reason({ 'sec-websocket-protocol': `bearer,${token}` })).toBe('OK')
    expect(await reason({ 'sec-websocket-protocol': `bearer, ${token}`, upgrade: 'WebSocket' })).toBe('OK')
    expect(await reason({ 'sec-websocket-protocol': `bearer, ${token}` }, webSocketProtocol())).toBe('OK')
  })

  test('are ignored unless the validator reads them, and in a request that opens no WebSocket', async () => {
    const headers = { 'sec-websocket-protocol': `bearer, ${token}` }
    expect(await reason(headers, 'authorization')).toBe('no-credentials')
    expect(await reason({ ...headers, upgrade: 'h2c' })).toBe('no-credentials')
    expect(await reason({ 'sec-websocket-protocol': 'graphql-transport-ws' })).toBe('no-credentials')
    expect(await reason({})).toBe('no-credentials')
  })

  test.each([
    'bearer',
    'bearer,',
    'bearer, ',
    't, bearer',
    'Bearer, t',
    'bearer, t, chat',
    'chat, bearer, t',
    'bearer, bearer, t',
    'bearer, b=d=e',
  ])('are malformed in another form, such as %j', async (list) => {
    expect(await reason({ 'sec-websocket-protocol': list.replace(' t', ` ${token}`) })).toBe('malformed-credentials')
  })

  test('are limited', async () => {
    expect(await reason({ 'sec-websocket-protocol': `bearer, ${'a'.repeat(20_000)}` })).toBe('token-too-large')
  })

  test('are refused beside `Authorization`, also with the same token', async () => {
    for (const authorization of [`Bearer ${token}`, `Bearer ${await issuer.accessToken()}`]) {
      expect(await reason({ authorization, 'sec-websocket-protocol': `bearer, ${token}` })).toBe('repeated-credentials')
    }
  })

  test('do not show the token in an error', async () => {
    const refusals = messagesOn('tollgate:refusal')
    for (const text of [await issuer.wrongToken('expired'), `${token}!`]) {
      await reason({ 'sec-websocket-protocol': `bearer, ${text}` })
      const error = refusals.at(-1)?.refusal as Error
      expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain(text)
    }
  })
})
