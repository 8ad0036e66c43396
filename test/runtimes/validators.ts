/** Validates tokens in the runtime that runs this file, and prints the outcome of each. */
import { subscribe as subscribeTo } from 'node:diagnostics_channel'
import { clientSecretBasic, createValidator, trustedIssuer } from '@tollgate/core'

/** The argument of this file, as JSON. */
export interface Tokens {
  readonly issuer: string
  readonly audience: string
  readonly client: { readonly id: string; readonly secret: string }
  readonly tokens: Readonly<Record<string, string>>
}

const { issuer, audience, client, tokens } = JSON.parse(process.argv[2] ?? '') as Tokens
const introspection = { client: clientSecretBasic(client.id, client.secret) }
const trusted = trustedIssuer(issuer, { introspection })
const validator = createValidator({ issuer: trusted, audience })
const messages = new Set<string>()
for (const name of ['tollgate:refusal', 'tollgate:fetch', 'tracing:tollgate.fetch:asyncEnd']) {
  subscribeTo(name, () => messages.add(name))
}

const outcomes: Record<string, string> = {}
for (const [name, token] of Object.entries(tokens)) {
  const results: string[] = []
  // The first time from the issuer, the third time from the cache.
  for (let round = 0; round < 3; round += 1) {
    const result = validator.validate(token).then(
      ({ subject }) => `accepted ${subject}`,
      (error: unknown) => (error as { readonly reason?: string }).reason ?? String(error),
    )
    results.push(await result)
  }
  outcomes[name] = [...new Set(results)].join()
}
outcomes['hits'] = String(validator.health().caches.jwt.hits > 0)
outcomes['messages'] = String(messages.size)
await validator.close()
outcomes['closed'] = await validator.validate('x').then(String, (error: unknown) => (error as Error).name)
// The process ends by itself, because nothing is open.
console.log(JSON.stringify(outcomes))
