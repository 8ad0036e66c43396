import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Agent } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { startClient } from '../src/introspection/client-authentication/client-authentication.ts'
import { clientSecretBasic, clientSecretPost } from '../src/introspection/client-authentication/client-secret.ts'
import { createAsk } from '../src/introspection/introspection-request.ts'
import { inlineKeys } from '../src/keys/key-source.ts'

/** An endpoint that keeps what it is sent, and says that every token is active. */
async function openEndpoint(): Promise<{ url: string; forms: URLSearchParams[]; authorizations: string[] }> {
  const forms: URLSearchParams[] = []
  const authorizations: string[] = []
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization ?? '')
    void text(request).then((body) => {
      forms.push(new URLSearchParams(body))
      response.end('{"active":true}')
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/introspect`, forms, authorizations }
}

function asking(url: string, client: ReturnType<typeof clientSecretBasic>): ReturnType<typeof createAsk> {
  return createAsk({
    client: startClient(client),
    endpoint: async () => url,
    answers: { as: 'json' },
    signer: { issuer: 'https://as.example', keys: inlineKeys({ keys: [] }), recipients: [] },
    parameters: undefined,
    timeout: 1000,
    outside: {
      dispatcher: new Agent(),
      network: 'any',
      clock: Date.now,
      label: 'https://as.example',
    },
  })
}

// The header takes fewer characters than these (RFC 6750 §2.1); the question has to carry whatever comes.
const tokens = [
  'a&active=true',
  '%41',
  'a+b',
  'a=b&token=c',
  'a~b/c==',
  '&',
  '%',
  '+',
  '=',
  ' ',
  'ü😀',
  'a\r\nb',
  '"',
  '#?',
]

test.each(tokens)('the token %j arrives whole, as the one parameter `token`', async (token) => {
  const { url, forms } = await openEndpoint()
  const secret = 'p%q+r:s&t=u ü'
  const { answer } = await asking(url, clientSecretPost('urn:a:b', secret))(token)
  expect(answer).toEqual({ active: true, claims: { active: true } })
  expect(forms.map((form) => [...form])).toEqual([
    [
      ['token', token],
      ['token_type_hint', 'access_token'],
      ['client_id', 'urn:a:b'],
      ['client_secret', secret],
    ],
  ])
})

test.each([
  ['urn:a:b', 'p%q+r:s'],
  ['a:b', 'p@ss w%rd+ü'],
  ['ü', ':'],
  ['a', '~*-._'],
])('the id %j and the secret %j arrive whole in a Basic header', async (id, secret) => {
  const { url, authorizations } = await openEndpoint()
  await asking(url, clientSecretBasic(id, secret))('t')
  const pair = Buffer.from(authorizations[0]?.replace('Basic ', '') ?? '', 'base64').toString()
  const decode = (part = ''): string | null => new URLSearchParams(`x=${part}`).get('x')
  expect(pair).toMatch(/^[\x21-\x7E]+$/)
  expect(pair.split(':').map(decode)).toEqual([id, secret])
})
