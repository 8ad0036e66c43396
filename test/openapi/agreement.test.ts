/** The document and the behaviour agree: a request is accepted exactly when the document says so. */
import { createMockIssuer, createSenderClient } from '@tollgate/mock-issuer'
import { expect, onTestFinished, test } from 'vitest'
import { send } from '../harness/send.ts'
import { frameworks } from './apps.ts'
import { accepts, type Carrier, expectValid, isOpen, operationsOf } from './requirement.ts'

const universe = ['read', 'write', 'admin', 'delete']
const subsets = Array.from({ length: 2 ** universe.length }, (_, bits) =>
  universe.filter((_name, index) => (bits >> index) % 2 === 1),
)

const cases = frameworks.flatMap((framework) =>
  ['3.0.3', '3.1.0'].map((version) => [framework.name, version, framework] as const),
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

    async function isAccepted(operation: string, headers: readonly (readonly [string, string])[]): Promise<boolean> {
      const [method = '', path = ''] = operation.split(' ')
      const { status } = await send(app.origin, { method, path: path.replace('{id}', '7'), headers })
      expect([200, 401, 403]).toContain(status)
      return status === 200
    }

    for (const [name, operation] of operationsOf(document)) {
      const [method = '', path = ''] = name.split(' ')
      const url = `https://api.example${path.replace('{id}', '7')}`
      expect([name, await isAccepted(name, [])]).toEqual([name, isOpen(operation)])
      expect([name, '401' in operation.responses]).toEqual([name, operation.security.length > 0])
      for (const scopes of subsets) {
        const plain = await issuer.accessToken({ scope: scopes.join(' ') })
        const token = await issuer.accessToken({ scope: scopes.join(' '), cnf: client.cnf })
        const { authorization, dpop } = await client.headers({ method, url, token })
        const requests: readonly (readonly [Carrier, readonly (readonly [string, string])[]])[] = [
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
