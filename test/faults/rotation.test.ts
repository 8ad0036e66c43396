/** What becomes of valid tokens while keys come and go under load. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Adapter, adapters } from '../harness/adapters.ts'
import { type Api, openApi } from '../harness/api.ts'
import { openClient, sendSteadily } from '../harness/load.ts'
import { openPublisher, type Publisher } from '../harness/publisher.ts'
import { audience, T0 } from '../harness/reference.ts'
import { createSigner, type Signer } from '../harness/signer.ts'
import { verifies } from '../harness/verifies.ts'

const second = 1000
const fresh = 60 * second
const cooldown = 30 * second
/** Of documents that are fresh for a minute: 80 % of that, less 5 %. */
const soonestRefresh = 0.76 * fresh
/** How long the story lasts by the clock, which runs so much faster than the machine's. */
const lasting = 600 * second

const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(createSigner) as [Signer, Signer, Signer, Signer, Signer]

/** Whose keys are published, from which part of the story on. */
const stages: readonly { readonly from: number; readonly signers: readonly Signer[] }[] = [
  { from: 0, signers: [a] },
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
/** That which was accepted last comes first, before any of the others has the keys fetched. */
const withdrawn = [d, c, b, a]

interface Scene extends Api {
  readonly publisher: Publisher
  readonly clock: () => number
  readonly sign: (signer: Signer, index: number) => string
}

interface Tale {
  readonly total: number
  readonly perSecond: number
}

interface HitCounter {
  answered: number
  /** Tokens that were refused though their key was published from the request to the answer. */
  readonly refused: string[]
  /** Tokens that were refused because their key was withdrawn while they were on their way. */
  late: number
}

test('of 30,000 requests in 30 s, through four rotations, none is refused whose key is published', async ({
  annotate,
}) => {
  const [express] = adapters as readonly [Adapter]
  const figures = await tell(express, { total: 30_000, perSecond: 1000 })
  const { answered, refused, late, seconds, keys, metadata } = figures
  const asked = `${keys} fetches of keys and ${metadata} of metadata in ${seconds.toFixed()} s by the clock`
  await annotate(
    `${answered} requests under rotation: ${refused.length} wrongly refused, ${late} late; ${asked}`,
    'figures',
  )
  expect(figures).toMatchObject({ answered: 30_000, refused: [] })
}, 120_000)

verifies(
  ['KEY-04', 'KEY-07', 'KEY-12'],
  'while keys come and go, with overlap and without, no token is refused whose key is published',
  async (adapter) => {
    expect(await tell(adapter, { total: 1000, perSecond: 300 })).toMatchObject({ answered: 1000, refused: [] })
  },
  60_000,
)

/** Tells the whole story, and returns what became of the requests. */
async function tell(
  adapter: Adapter,
  tale: Tale,
): Promise<HitCounter & Record<'seconds' | 'keys' | 'metadata', number>> {
  const scene = await openScene(adapter, tale)
  const { publisher, clock } = scene
  const began = clock()
  const tally = await expose(scene, tale)
  const elapsed = clock() - began
  const [keys, metadata] = [publisher.count('/jwks'), publisher.count('/.well-known/oauth-authorization-server')]
  expect(publisher.signers).toEqual([e])
  // At first, and when four fifths of their freshness are over.
  const regular = 1 + Math.floor(elapsed / soonestRefresh)
  expect(metadata).toBeLessThanOrEqual(regular)
  // Besides, the first token under a new key has them fetched at once, and so may one that comes too late.
  expect(keys).toBeLessThanOrEqual(regular + rotations + tally.late)
  await expectWithdrawal(scene)
  return { ...tally, seconds: elapsed / second, keys, metadata }
}

async function openScene(adapter: Adapter, { total, perSecond }: Tale): Promise<Scene> {
  const speed = lasting / ((total / perSecond) * second)
  const startedAt = performance.now()
  const clock = (): number => T0 * second + (performance.now() - startedAt) * speed
  const publisher = await openPublisher({ signers: [a], maxAge: fresh / second, delay: 20 })
  const api = await openApi(adapter, { protection: { issuer: publisher.url, audience, clock } })
  const sign: Scene['sign'] = (signer, index) => signer.sign(publisher.url, { exp: T0 + 86_400, jti: String(index) })
  return { ...api, publisher, clock, sign }
}

/** Sends the requests while the keys go through their stages, each signed with one of those that are published. */
async function expose({ origin, publisher, clock, sign }: Scene, { total, perSecond }: Tale): Promise<HitCounter> {
  const client = openClient(origin, 64)
  const tally: HitCounter = { answered: 0, refused: [], late: 0 }
  const underWay = new Map<Signer, number>()
  const coming = stages.slice(1)
  let restsUntil = 0

  const isPublished = (signer: Signer): boolean => publisher.signers.includes(signer)
  // A late token of a withdrawn key is like a made-up key id: new keys wait for the end of the cooldown, by design.
  const isQuiet = (): boolean =>
    clock() >= restsUntil && [...underWay].every(([signer, count]) => count === 0 || isPublished(signer))

  function goOn(index: number): void {
    const [next] = coming
    if (next !== undefined && index >= next.from * total && isQuiet()) {
      publisher.signers = next.signers
      coming.shift()
    }
  }

  async function send(index: number): Promise<void> {
    goOn(index)
    const signer = publisher.signers[index % publisher.signers.length] as Signer
    underWay.set(signer, (underWay.get(signer) ?? 0) + 1)
    const status = await client.statusOf(sign(signer, index))
    underWay.set(signer, (underWay.get(signer) ?? 0) - 1)
    tally.answered += 1
    if (status !== 200 && isPublished(signer)) {
      tally.refused.push(`request ${index} under ${signer.kid}: ${status}`)
    } else if (status !== 200) {
      tally.late += 1
      restsUntil = clock() + cooldown
    }
  }

  await sendSteadily({ total, perSecond, send })
  return tally
}

/** Within one freshness period after it was withdrawn a key is no longer accepted. */
async function expectWithdrawal({ clock, present, sign }: Scene): Promise<void> {
  const end = clock() + fresh
  while (clock() < end) {
    await sleep(10)
  }
  expect(await present(sign(e, -1))).toBe('OK')
  for (const signer of withdrawn) {
    expect(await present(sign(signer, -1)), signer.kid).toBe('E-TOK')
  }
}
