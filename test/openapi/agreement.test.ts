/** The document and the behaviour agree: a request is accepted exactly when the document says so. */
import { createMockIssuer, createSenderClient } from '@tollgate/mock-issuer'
import { expect, onTestFinished, test } from 'vitest'
import { send } from '../harness/send.ts'
import { frameworks } from './apps.ts'
import { accepts, type Carrier, expectValid, isOpen, operationsOf } from './requirement.ts'

type Headers = readonly (readonly [string, string])[]

const bodyOf = (method: string, headers: Headers): { headers: Headers; body?: string } =>
  method === 'GET' ? { headers } : { headers: [...headers, ['Content-Type', 'application/json']], body: '{}' }

const universe = ['read', 'write', 'admin']
const subsets = Array.from({ length: 2 ** universe.length }, (_, bits) =>
  universe.filter((_name, index) => (bits >> index) % 2 === 1),
)

/** The versions differ in the core only, and in the plugins of Fastify and Nest. */
const cases = frameworks.flatMap((framework) =>
  (framework.name === 'Express 4' || framework.name.startsWith('Nest on F') ? ['3.1.0'] : ['3.0.3', '3.1.0']).map(
    (version) => [framework.name, version, framework] as const,
  ),
)

test.each(cases)(
  '%s accepts what the document of OpenAPI %s says, and nothing else',
  async (_name, version, { open }) => {
    const issuer = await createMockIssuer()
    onTestFinished(() => issuer.close())
    const options = { ...issuer.validatorOptions, origin: 'https://api.example', dpop: { mode: 'accepted' } } as const
    const app = await open(options, version)
    const document = await expectValid(app.document)
    const client = await createSenderClient({ clock: issuer.clock })

    const audiences = [options.audience, 'https://other.example']
    const tokens = await Promise.all(
      subsets.map(async (scopes) => ({
        scopes,
        plain: await issuer.accessToken({ aud: audiences, scope: scopes.join(' ') }),
        token: await issuer.accessToken({ aud: audiences, scope: scopes.join(' '), cnf: client.cnf }),
      })),
    )

    async function isAccepted(operation: string, headers: Headers): Promise<boolean> {
      const [method = '', path = ''] = operation.split(' ')
      const { status } = await send(app.origin, {
        method,
        path: path.replaceAll(/\{\w+\}/g, '7'),
        ...bodyOf(method, headers),
      })
      expect([operation, [200, 201, 401, 403].includes(status) ? 0 : status]).toEqual([operation, 0])
      return status < 300
    }

    for (const [name, operation] of operationsOf(document)) {
      const [method = '', path = ''] = name.split(' ')
      const url = `https://api.example${path.replaceAll(/\{\w+\}/g, '7')}`
      expect([name, await isAccepted(name, [])]).toEqual([name, isOpen(operation)])
      expect([name, '401' in operation.responses]).toEqual([name, operation.security.length > 0])
      for (const { scopes, plain, token } of tokens) {
        const { authorization, dpop } = await client.headers({ method, url, token })
        const requests: readonly (readonly [Carrier, Headers])[] = [
          ['bearer', [['Authorization', `Bearer ${plain}`]]],
          [
            'DPoP',
            [
              ['Authorization', authorization],
              ['DPoP', dpop],
            ],
          ],
        ]
        for (const [carrier, headers] of requests) {
          const expected = accepts(document, operation, carrier, scopes)
          expect([name, carrier, scopes, await isAccepted(name, headers)]).toEqual([name, carrier, scopes, expected])
        }
      }
    }
  },
)
