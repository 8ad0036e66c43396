/** One process of a fleet: an API on a port of its own, which the test controls by messages. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { clientSecretBasic, createValidator, Refusal, trustedIssuer, type Validator } from '@tollgate/core'
import { nodeRedis, redisReplayStore, redisRevocations, redisTokenCache } from '@tollgate/redis'
import { createClient } from 'redis'
import type { Call, FleetSettings, Reply } from './fleet-processes.ts'

const settings = JSON.parse(process.env['FLEET_PROCESS'] ?? '') as FleetSettings & { readonly name: string }
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
const redis = createClient({ url: settings.redis })
redis.on('error', () => undefined)
await redis.connect()
const validator = openValidator()
await validator.ready({ within: '30s' })
const server = createServer((request, response) => void respond(request, response))
await once(server.listen(0, '127.0.0.1'), 'listening')
process.on('message', (call: Call) => void reply(call))
process.once('disconnect', () => process.exit())
process.send?.({ port: (server.address() as AddressInfo).port })

function openValidator(): Validator {
  const { issuer, audience, secrets, client, name, revocations } = settings
  const commands = nodeRedis(redis)
  return createValidator({
    audience,
    issuer: trustedIssuer(issuer, {
      introspection: {
        client: clientSecretBasic(client.id, client.secret),
        // The issuer of the test sees which process sends it.
        parameters: () => ({ headers: { 'x-process': name } }),
      },
    }),
    cache: redisTokenCache(commands, { secrets }),
    revocations: redisRevocations(commands, { secrets, ...revocations }),
    dpop: { mode: 'accepted', nonces: 'required', secrets, replay: redisReplayStore(commands) },
  })
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const { responseHeaders } = await validator.authenticate(request)
    response.writeHead(200, responseHeaders).end('ok')
  } catch (error) {
    const { status, headers } = validator.respond(error)
    const reason = error instanceof Refusal ? { 'x-reason': error.reason } : {}
    response.writeHead(status, { ...Object.fromEntries(headers), ...reason }).end()
  }
}

const operations: Readonly<Record<Call['operation'], (argument: never) => unknown>> = {
  revoke: (revocation: Parameters<Validator['revoke']>[0]) => validator.revoke(revocation),
  evict: (token: string) => validator.evict(token),
  health: () => validator.health().revocations,
  delay: () => {
    const milliseconds = delay.percentile(99) / 1e6
    delay.reset()
    return milliseconds
  },
}

async function reply({ id, operation, argument }: Call): Promise<void> {
  const message = await Promise.resolve()
    .then(() => operations[operation](argument as never))
    .then(
      (result): Reply => ({ id, result }),
      (error: unknown): Reply => ({ id, error: error instanceof Error ? error.message : String(error) }),
    )
  process.send?.(message)
}
