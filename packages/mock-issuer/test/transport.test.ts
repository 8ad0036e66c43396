import { request } from 'undici'
import { expect, test } from 'vitest'
import { ask, open, runToItsEnd, transports } from './harness.ts'

test('without a port every other host is refused, and the refusal names it', async () => {
  const issuer = await open({ port: 'none' })
  const { dispatcher } = issuer.validatorOptions
  for (const origin of [
    'https://elsewhere.example',
    'http://issuer.example',
    'https://issuer.example:8443',
    'http://127.0.0.1:1',
  ]) {
    await expect(request(`${origin}/jwks`, dispatcher === undefined ? {} : { dispatcher })).rejects.toThrow(
      `does not go to ${origin}`,
    )
  }
  expect(issuer.requests).toEqual([])
})

test.each(transports)('many requests at once are answered, with port %s', async (port) => {
  const issuer = await open({ port })
  const answers = await Promise.all(Array.from({ length: 50 }, () => ask(issuer, '/jwks')))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  expect(issuer.requests).toHaveLength(50)
})

test('an issuer without a port that nobody closes does not keep the process alive', async () => {
  const script = `const issuer = await createMockIssuer({ port: 'none' })
    const { dispatcher } = issuer.validatorOptions
    const { body } = await request(issuer.url + '/jwks', { dispatcher })
    await body.text()
    issuer.misbehave('jwks', 'hang')
    request(issuer.url + '/jwks', { dispatcher }).catch(() => undefined)
    issuer.misbehave('metadata', { delay: '1h' })
    request(issuer.url + '/.well-known/openid-configuration', { dispatcher }).catch(() => undefined)
    console.log('done')`
  expect(await runToItsEnd(script)).toBe('done\n')
})

test('an issuer with a port keeps nothing open after its close', async () => {
  const script = `const issuer = await createMockIssuer()
    issuer.misbehave('jwks', 'hang')
    const hanging = request(issuer.url + '/jwks').catch(() => 'cut off')
    issuer.misbehave('metadata', { delay: '1h' })
    const delayed = request(issuer.url + '/.well-known/openid-configuration').catch(() => 'cut off')
    setTimeout(50).then(() => issuer.close())
    console.log(await hanging, await delayed)`
  expect(await runToItsEnd(script)).toBe('cut off cut off\n')
})
