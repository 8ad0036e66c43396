/** The protections of outbound calls, and the validation of tokens, in Node, Bun and Deno: a process for each. */
import { createMockIssuer, wrongTokens } from '@tollgate/mock-issuer'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { audience } from '../harness/reference.ts'
import { runIn, runtimes } from './run.ts'
import { openServers } from './servers.ts'

/** Milliseconds. Enough for a busy machine, because most of the calls end at once. */
const deadline = 3000

const algorithms = ['ES256', 'ES384', 'ES512', 'RS256', 'PS256', 'EdDSA', 'Ed25519'] as const

describe.each(Object.keys(runtimes) as (keyof typeof runtimes)[])('%s', (runtime) => {
  test('every bound of an outbound call works, and the process ends', async () => {
    const { calls, outcomes, connections } = await openServers(deadline)
    expect(await runIn(runtime, 'calls.ts', calls)).toEqual(outcomes)
    await vi.waitUntil(() => connections() === 0, { timeout: 200_000 })
  })

  test('a validator accepts good tokens of every algorithm, refuses wrong ones, and closes', async () => {
    const tokens: Record<string, string> = {}
    const outcomes: Record<string, string> = {}
    const issuer = await createMockIssuer({ audience, algorithms })
    onTestFinished(() => issuer.close())
    for (const algorithm of algorithms) {
      tokens[algorithm] = await issuer.accessToken({}, { algorithm })
      outcomes[algorithm] = 'accepted alice'
    }
    tokens['opaque'] = await issuer.opaqueToken()
    outcomes['opaque'] = 'accepted alice'
    tokens['unknown'] = 'unknown'
    outcomes['unknown'] = 'inactive'
    for (const kind of wrongTokens) {
      tokens[kind] = await issuer.wrongToken(kind)
    }
    const argument = { issuer: issuer.url, audience, client: issuer.client, tokens }
    const reference = (await runIn('Node', 'validators.ts', argument)) as Readonly<Record<string, string>>
    const found = await runIn(runtime, 'validators.ts', argument)
    expect(found).toEqual(reference)
    expect(found).toMatchObject({ ...outcomes, hits: 'true', messages: '3', closed: 'Error', expired: 'expired' })
  })
})
