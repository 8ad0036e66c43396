// Starts Redis, an authorization server, and four processes of one API behind one port. Then it signs a person out at
// one of them. Run it with `npx -y pnpm@12 --filter fleet start`.
import { setTimeout as sleep } from 'node:timers/promises'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { type Fleet, startFleet } from './fleet.ts'
import { startRedis } from './redis-server.ts'

const count = 4
const redis = await startRedis()
const issuer = await createMockIssuer()
const fleet = await startFleet(count, {
  issuer: issuer.url,
  audience: issuer.validatorOptions.audience,
  introspection: issuer.client,
  redis: redis.url,
  secrets: ['a secret of the whole fleet, in this example only'],
})
try {
  await showIntrospection(fleet)
  await showRevocation(fleet)
} finally {
  await fleet.stop()
  await issuer.close()
  await redis.stop()
}

/** One process introspects a token, and the others use its result. */
async function showIntrospection({ send }: Fleet): Promise<void> {
  const token = await issuer.opaqueToken()
  const responses = await Promise.all(Array.from({ length: 100 }, () => send('GET', '/orders', token)))
  const accepted = responses.filter(({ status }) => status === 200)
  const processes = new Set(responses.map(({ from }) => from))
  const calls = issuer.requests.filter(({ path }) => path.includes('introspect'))
  console.log('A new opaque token in 100 requests at once')
  console.log(`  ${accepted.length} accepted by ${processes.size} processes, with ${calls.length} introspection`)
}

/** Alice signs out at one process. Her JWT is valid for four more minutes, and every process refuses it. */
async function showRevocation({ send }: Fleet): Promise<void> {
  const alice = await issuer.accessToken({ sub: 'alice' })
  const bob = await issuer.accessToken({ sub: 'bob' })
  console.log('\nAlice signs out, and her JWT is refused')
  const signedOut = await send('POST', '/sign-out', alice)
  const at = performance.now()
  console.log(`  ${signedOut.from} revoked her tokens`)
  const refused = new Map<string, number>()
  while (refused.size < count && performance.now() - at < 5000) {
    const { from, status } = await send('GET', '/orders', alice)
    if (status === 401 && !refused.has(from)) {
      refused.set(from, performance.now() - at)
    }
  }
  for (const [from, milliseconds] of refused) {
    console.log(`  ${from} refuses it, ${milliseconds.toFixed(0)} ms after that`)
  }
  console.log(`  Bob: ${(await send('GET', '/orders', bob)).status}`)
  await sleep(1000) // tokens of the same second count as older
  const again = await issuer.accessToken({ sub: 'alice' })
  console.log(`  Alice, after she signed in again: ${(await send('GET', '/orders', again)).status}`)
}
