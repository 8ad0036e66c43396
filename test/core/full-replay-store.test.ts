/** A validator whose store of used proofs is full: no proof gets 401 or 200, and bearer tokens do not need the store. */
import { createValidator, memoryReplayStore, type ReplayStore, type Unavailable } from '@tollgate/core'
import { createSenderClient, type SenderClient } from '@tollgate/mock-issuer'
import { expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'

const url = 'https://api.example/items'
const ttl = 65_000
const maxKeysOfThumbprint = 100_000

/** Fills the room that the store has for one thumbprint. */
async function fill(store: ReplayStore, thumbprint: string, from = 0): Promise<void> {
  for (let index = from; index < maxKeysOfThumbprint; index += 1) {
    if (!(await store.remember(`${thumbprint}.${index}`, ttl))) {
      throw new Error('A new key is known')
    }
  }
}

async function openValidator() {
  const issuer = await openIssuer()
  const { clock } = issuer
  const replay = memoryReplayStore({ clock })
  const validator = createValidator({ ...issuer.validatorOptions, dpop: { mode: 'accepted', replay } })
  const [one, other] = [await createSenderClient({ clock }), await createSenderClient({ clock })]

  /** The headers of a request with a new token and a new proof. */
  async function bound(client: SenderClient): Promise<Readonly<Record<string, string>>> {
    return client.headers({ url, token: await issuer.accessToken({ cnf: client.cnf }) })
  }

  /** The status of the response, the reason, and the code of the error of the store. */
  async function send(headers: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
    try {
      await validator.authenticate({ method: 'GET', url: '/items', headers: Object.entries(headers) })
      return [200]
    } catch (error) {
      const { reason, cause } = error as Partial<Unavailable>
      return [validator.respond(error).status, reason, (cause as { readonly code?: unknown } | undefined)?.code]
    }
  }

  return {
    replay,
    clients: { one, other },
    advance: (time: `${number}s`) => clock.advance(time),
    send,
    bound,
    sendProof: async (client: SenderClient) => send(await bound(client)),
    sendBearer: async () => send({ authorization: `Bearer ${await issuer.accessToken()}` }),
  }
}

test('when one client has used up its room, its proofs get 503, and other clients go on', async () => {
  const { replay, clients, sendProof, sendBearer, advance } = await openValidator()
  expect(await sendProof(clients.one)).toEqual([200])
  await fill(replay, clients.one.thumbprint, 1)
  for (let request = 0; request < 3; request += 1) {
    expect(await sendProof(clients.one)).toEqual([503, 'replay-store', 'full-for-thumbprint'])
    expect(await sendProof(clients.other)).toEqual([200])
    expect(await sendBearer()).toEqual([200])
  }
  advance('66s')
  expect(await sendProof(clients.one)).toEqual([200])
})

test('when the store is full, new proofs get 503, used ones 401, and bearer tokens go on', async () => {
  const { replay, clients, send, bound, sendProof, sendBearer, advance } = await openValidator()
  const { one, other } = clients
  const used = await bound(one)
  expect(await send(used)).toEqual([200])
  for (let client = 0; client < 4; client += 1) {
    await fill(replay, `client-${client}`)
  }
  await fill(replay, one.thumbprint, 1)
  for (let request = 0; request < 3; request += 1) {
    expect([await sendProof(one), await sendProof(other)]).toEqual([
      [503, 'replay-store', 'full'],
      [503, 'replay-store', 'full'],
    ])
    expect(await send(used)).toEqual([401, 'replayed-proof', undefined])
    expect(await sendBearer()).toEqual([200])
  }
  advance('66s')
  // A call removes 1,000 expired keys, and the newest of a second first.
  expect([await sendProof(one), await sendProof(other), await sendBearer()]).toEqual([[200], [200], [200]])
})
