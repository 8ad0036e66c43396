/** What reports and responses about a DPoP proof do not contain. */
import { createValidator } from '@tollgate/core'
import { createSenderClient } from '@tollgate/mock-issuer'
import { expect, onTestFinished, test } from 'vitest'
import { apiOrigin } from '../harness/dpop.ts'
import { openIssuer } from '../harness/reference.ts'

const polluted: object = Object.prototype

async function open() {
  const issuer = await openIssuer()
  const client = await createSenderClient({ clock: issuer.clock })
  const token = await issuer.accessToken({ cnf: client.cnf })
  const validator = createValidator({ ...issuer.validatorOptions, origin: apiOrigin, dpop: { mode: 'accepted' } })
  const refusalOf = async (htu: string) => {
    const dpop = await client.proof({ method: 'GET', url: `${apiOrigin}/items`, token, claims: { htu } })
    const headers = Object.entries({ authorization: `DPoP ${token}`, dpop })
    return validator.authenticate({ method: 'GET', url: '/items', headers }).catch((error: unknown) => error)
  }
  return { validator, refusalOf }
}

test('the explanation of a wrong URL does not contain the credentials and the query of that URL', async () => {
  const { validator, refusalOf } = await open()
  const shown: Readonly<Record<string, string>> = {
    'https://alice:secret@api.example/items?secret=1#secret': '"https://…@api.example/items"',
    'https:\\\\alice:secret@api.example\\items': String.raw`"https:\\\\…@api.example\\items"`,
    'alice:secret@api.example/items': '"…@api.example/items"',
    'https://api.example/@alice': '"https://api.example/@alice"',
  }
  for (const [htu, received] of Object.entries(shown)) {
    const { received: given } = validator.explain(await refusalOf(htu)) ?? {}
    expect(given).toBe(received)
  }
})

test('a nonce on Object.prototype is not sent', async () => {
  const { refusalOf } = await open()
  onTestFinished(() => void Reflect.deleteProperty(polluted, 'nonce'))
  Object.defineProperty(polluted, 'nonce', { value: 'polluted', configurable: true })
  const { headers } = (await refusalOf('https://other.example')) as { headers: object }
  expect(headers).not.toHaveProperty('DPoP-Nonce')
})
