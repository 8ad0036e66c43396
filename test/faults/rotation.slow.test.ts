/** Valid tokens under load, while keys come and go. Real time is the subject: the load is steady, and the issuer is slow. */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Adapter, adapters } from '../harness/adapters.ts'
import { type Api, openApi } from '../harness/api.ts'
import { audience, T0 } from '../harness/constants.ts'
import { openClient, sendSteadily } from '../harness/load.ts'
import { type Handler, json, withEtag } from '../harness/responses.ts'
import { openScriptedIssuer, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { createSigner, type Signer } from '../harness/signer.ts'

/** Milliseconds of the clock of the API, which runs faster than real time. */
const second = 1000
const fresh = 60 * second
const cooldown = 30 * second
const duration = 600 * second
/** A refresh is due at 80 % of the freshness, less 5 %. */
const minRefresh = 0.76 * fresh

const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(createSigner) as [Signer, Signer, Signer, Signer, Signer]

/** The published keys, each from a part of the requests on. */
const stages: readonly { readonly from: number; readonly signers: readonly Signer[] }[] = [
  { from: 0.1, signers: [a, b] },
  { from: 0.2, signers: [b] },
  { from: 0.3, signers: [b, c] },
  { from: 0.4, signers: [c] },
  // Without overlap.
  { from: 0.5, signers: [d] },
  { from: 0.65, signers: [d, e] },
  { from: 0.8, signers: [e] },
]
const rotations = 4

interface Scene extends Api {
  readonly issuer: ScriptedIssuer
  readonly clock: () => number
  readonly sign: (signer: Signer, index: number) => string
  signers: readonly Signer[]
}

interface Counts {
  responses: number
  /** Requests that were refused although their key was published from the request to the response. */
  readonly refused: string[]
  /** Requests that were refused because their key was withdrawn meanwhile. */
  late: number
}

test('of 30,000 requests through four rotations, none is refused under a published key', async ({ annotate }) => {
  const scene = await openScene(30_000, 500)
  const { issuer, clock } = scene
  const began = clock()
  const { responses, refused, late } = await sendAll(scene, 30_000, 500)
  const elapsed = clock() - began
  const [keys, metadata] = [issuer.count('/jwks'), issuer.count('/.well-known/oauth-authorization-server')]
  const calls = `${keys} calls for keys and ${metadata} for metadata in ${(elapsed / second).toFixed()} s of the clock`
  await annotate(`${responses} requests under rotation: ${refused.length} refused, ${late} late; ${calls}`, 'figures')
  expect({ responses, refused }).toEqual({ responses: 30_000, refused: [] })
  expect(scene.signers).toEqual([e])
  const regular = 1 + Math.floor(elapsed / minRefresh)
  expect(metadata).toBeLessThanOrEqual(regular)
  // The first token under a new key, and a late one, cause a call each.
  expect(keys).toBeLessThanOrEqual(regular + rotations + late)
  await expectWithdrawal(scene)
})

async function openScene(total: number, perSecond: number): Promise<Scene> {
  const speed = duration / ((total / perSecond) * second)
  const startedAt = performance.now()
  const clock = (): number => T0 * second + (performance.now() - startedAt) * speed
  const issuer = await openScriptedIssuer()
  const { url, routes } = issuer
  routes['/.well-known/oauth-authorization-server'] = published(() => ({ issuer: url, jwks_uri: `${url}/jwks` }))
  routes['/jwks'] = published(() => ({ keys: scene.signers.map(({ jwk }) => jwk) }))
  const [adapter] = adapters as readonly [Adapter]
  const api = await openApi(adapter, { protection: { issuer: url, audience, clock } })
  const sign: Scene['sign'] = (signer, index) => signer.sign(url, { exp: T0 + 86_400, jti: String(index) })
  const scene: Scene = { ...api, issuer, clock, sign, signers: [a] }
  return scene
}

/** The document at the time of the request, which arrives 20 ms later. */
function published(document: () => object): Handler {
  return (request, response) => {
    const current = document()
    const etag = `"${createHash('sha256').update(JSON.stringify(current)).digest('base64url')}"`
    const respond = withEtag(etag, json(current, { 'cache-control': `max-age=${fresh / second}` }))
    setTimeout(() => respond(request, response), 20)
  }
}

/** Sends the requests while the keys go through their stages. The key of each token is published when the request is sent. */
async function sendAll(scene: Scene, total: number, perSecond: number): Promise<Counts> {
  const { clock, origin, sign } = scene
  const client = openClient(origin, 64)
  const counts: Counts = { responses: 0, refused: [], late: 0 }
  const underWay = new Map<Signer, number>()
  const coming = [...stages]
  let waitsUntil = 0

  const isPublished = (signer: Signer): boolean => scene.signers.includes(signer)
  // A late token under a withdrawn key is like a made-up key id: a new key waits for the end of the cooldown.
  const isQuiet = (): boolean =>
    clock() >= waitsUntil && [...underWay].every(([signer, count]) => count === 0 || isPublished(signer))

  function rotate(index: number): void {
    const [next] = coming
    if (next !== undefined && index >= next.from * total && isQuiet()) {
      scene.signers = next.signers
      coming.shift()
    }
  }

  async function send(index: number): Promise<void> {
    rotate(index)
    const signer = scene.signers[index % scene.signers.length] as Signer
    underWay.set(signer, (underWay.get(signer) ?? 0) + 1)
    const status = await client.statusOf(sign(signer, index))
    underWay.set(signer, (underWay.get(signer) ?? 0) - 1)
    counts.responses += 1
    if (status !== 200 && isPublished(signer)) {
      counts.refused.push(`request ${index} under ${signer.kid}: ${status}`)
    } else if (status !== 200) {
      counts.late += 1
      waitsUntil = clock() + cooldown
    }
  }

  await sendSteadily({ total, perSecond, send })
  return counts
}

/** A withdrawn key is refused one freshness period after its withdrawal at the latest. */
async function expectWithdrawal({ clock, present, sign }: Scene): Promise<void> {
  const end = clock() + fresh
  while (clock() < end) {
    await sleep(10)
  }
  expect(await present(sign(e, -1))).toBe('OK')
  for (const signer of [d, c, b, a]) {
    expect(await present(sign(signer, -1)), signer.kid).toBe('E-TOK')
  }
}
