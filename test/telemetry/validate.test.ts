import { expect, test } from 'vitest'
import { scopes } from '@tollgate/core'
import { messagesOf, openSetup } from './setup.ts'

const channels = [
  'tollgate:verdict',
  'tollgate:refusal',
  'tollgate:unavailable',
  'tollgate:failure',
  'tracing:tollgate.authenticate:asyncEnd',
] as const

test('validate publishes the outcomes that authenticate publishes', async () => {
  const { issuer, validator } = await openSetup()
  const tokens = [
    await issuer.accessToken({ scope: 'read' }),
    await issuer.opaqueToken({ scope: 'read' }),
    await issuer.accessToken(),
    await issuer.wrongToken('expired'),
    'made-up',
    'é',
  ]
  const published = channels.map((channel) => messagesOf(channel))
  const counts = (): readonly number[] => published.map((messages) => messages.length)
  for (const token of tokens) {
    const headers = [['Authorization', `Bearer ${token}`]] as const
    await validator.authenticate({ method: 'GET', url: '/', headers }, scopes('read')).catch(() => undefined)
  }
  const of = (from: readonly number[]): unknown => published.map((messages, at) => messages.slice(from[at]))
  const first = of(counts().map(() => 0))
  const start = counts()
  for (const token of tokens) {
    await validator.validate(token, scopes('read')).catch(() => undefined)
  }
  expect(of(start)).toEqual(first)
  expect(start).toEqual([3, 4, 0, 0, 6])
})

test('validate publishes absent credentials, outages and failures', async () => {
  const { issuer, validator } = await openSetup()
  const [, refusals, outages, failures, ends] = channels.map((channel) => messagesOf(channel))
  await expect(validator.validate(undefined)).rejects.toThrow()
  issuer.misbehave('introspection', { status: 503 })
  await expect(validator.validate('made-up')).rejects.toThrow()
  await expect(validator.validate('made-up', 'read' as never)).rejects.toThrow(TypeError)
  expect(refusals).toMatchObject([{ outcome: 'no_credentials' }])
  expect(outages).toMatchObject([{ outcome: 'unreachable_upstream' }])
  expect(failures).toMatchObject([{ outcome: 'internal_error' }])
  const operation = 'authenticate'
  expect(ends).toMatchObject([
    { operation, outcome: 'no_credentials' },
    { operation, outcome: 'unreachable_upstream' },
    { operation, outcome: 'internal_error' },
  ])
})
