import type { Load } from './http-load.ts'
import type { Run, Running } from './http-running.ts'
import type { World } from './world/world.ts'

/** Warms the servers, and tells how each is loaded in a round. */
export type Mix = (
  world: World,
  servers: readonly Running[],
  length: { readonly rounds: number; readonly seconds: number },
) => Promise<(server: Running, round: number) => Promise<Run>>

/** 1,000 tokens in turn, as a thousand clients send them that have one each. */
export const warm: Mix = async (world, servers, { seconds }) => {
  const tokens = { file: await world.tokensOf('RS256', 'warm', 1000), take: 1000, mix: 'in-turn' } as const
  for (const server of servers) {
    await warmUp(server, tokens, seconds)
  }
  return (server) => server.load({ ...tokens, seconds })
}

/** Each token new. Servers get the same ones in a round, but none gets one twice; except those that look at none. */
export const cold: Mix = async (world, servers, { rounds, seconds }) => {
  const file = await world.tokensOf('RS256', 'cold', newTokens * (rounds + 2))
  const loadAfresh = (server: Running, nth: number): Promise<Run> => {
    const { role } = server.contender
    const mix = role === 'bare' || role === 'idle' ? 'in-turn' : 'once'
    return server.load({ file, skip: newTokens * nth, take: newTokens, mix, seconds: Math.min(seconds, 2) })
  }
  for (const server of servers) {
    await loadAfresh(server, rounds)
    await loadAfresh(server, rounds + 1)
  }
  return loadAfresh
}

/** For one run: what the fastest get through in two seconds. It takes 4 s to mint them, and who is faster ends sooner. */
const newTokens = 25_000

/** 100,000 tokens, of which some come often and most seldom: the nth comes 1 / n times as often as the first. */
export const zipf: Mix = async (world, servers, { seconds }) => {
  const tokens = { file: await world.tokensOf('RS256', 'zipf', 100_000), take: 100_000 }
  for (const server of servers) {
    if (server.contender.role === 'tollgate') {
      await acquaint(server, tokens, seconds)
    }
    await warmUp(server, { ...tokens, mix: 'zipf', seed: 1000 }, seconds)
  }
  return (server, round) => server.load({ ...tokens, mix: 'zipf', seed: round + 1, seconds })
}

/**
 * Ours remembers a token at its second sight. The seldom ones would be seen twice after millions of requests only, and until then each round
 * would be faster than the one before. So all are shown twice first, the seldom ones before the others. Peers remember nothing, or so little
 * that they soon are what they stay.
 */
async function acquaint(server: Running, tokens: Pick<Load, 'file' | 'take'>, seconds: number): Promise<void> {
  for (let left = tokens.take; left > 0;) {
    const { requests } = await server.load({ ...tokens, take: left, connections: few, mix: 'in-twos', seconds })
    left -= block * Math.max(1, Math.floor(requests / (2 * block)))
  }
}

/** So many are shown once, and then again. */
const block = 1000
const few = 2

/**
 * A server is what it stays after some 50,000 requests, when all that is hot is compiled; quick looks are content with less. The first come by
 * few connections: when most of what V8 allocates at first is in use as long as 64 slow requests are, it takes such things for long-lived, and never
 * learns better.
 */
async function warmUp(server: Running, load: Omit<Load, 'seconds'>, seconds: number): Promise<void> {
  await server.load({ ...load, connections: few, seconds: 1 })
  const enough = Math.min(50_000, 12_500 * seconds)
  for (let requests = 0; requests < enough;) {
    requests += (await server.load({ ...load, seconds: 1 })).requests
  }
}
