// A client calls an API with a token that is bound to its key. Then a thief tries to use the token.
import { createClient } from './client.ts'
import { start } from './start.ts'

const { issuer, audience, orders, stop } = await start()
const owner = await createClient(issuer, audience, print)
const thief = await createClient(issuer, audience, print)

console.log('The owner of the token calls the API, which demands a nonce:')
console.log(`  ${await (await owner.call(orders)).text()}`)
console.log('The owner calls again, with the same nonce and a new proof:')
await owner.call(orders)
console.log('A thief sends the token with a proof by another key:')
// The client throws for a refusal.
await thief.call(orders, owner.token).catch(() => undefined)
console.log('A thief sends the token without a proof:')
print(await fetch(orders, { headers: { Authorization: `Bearer ${owner.token}` } }))
await stop()

/** Prints the status, and each challenge with its error. */
function print({ status, headers }: Response): void {
  const challenges = (headers.get('www-authenticate') ?? '').split(/, (?=\w+ realm=)/)
  const errors = challenges.map((text) => text.replace(/^(\w+).*?(error="\w+").*|^(\w+).*/, '$1$3 $2').trim())
  console.log(`  ${[status, errors.join(', ')].join(' ').trim()}`)
}
